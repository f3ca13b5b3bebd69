use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    ground::{opaque::opaque, wiped::Wiped},
    jose,
};

/// Text that must stay secret, such as an access token, a code verifier or a nonce.
///
/// `Debug` prints `Secret(..)`, memory is wiped on drop, and `==` runs in constant time. It does
/// not support serde; to store it, call [`expose`](Self::expose) explicitly.
#[derive(Clone)]
pub struct Secret(Wiped<String>);

impl Secret {
    /// Takes ownership of the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Wiped::new(text.into()))
    }

    /// The text itself. Keep it out of logs, errors and URLs.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        jose::constant_time_eq(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl Eq for Secret {}

opaque!(Secret);

/// A secret inside one of the few types that are designed to be stored.
#[derive(Clone)]
pub(crate) struct StoredSecret(pub(crate) Secret);

impl Serialize for StoredSecret {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.0.expose())
    }
}

impl<'de> Deserialize<'de> for StoredSecret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(Secret::new(text)))
    }
}
