//! What is known of the OP, and how it is kept fresh.
//!
//! ```text
//! metadata.rs  the discovery document      fetch.rs      the flow that fetches both
//! cache.rs     one fetch at a time         freshness.rs  how long answers serve
//! unknown_kid.rs  when a token has the keys fetched anew
//! ```

pub(crate) mod cache;
pub(crate) mod fetch;
pub(crate) mod freshness;
pub(crate) mod metadata;
mod unknown_kid;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

use crate::{
    error::Error,
    ground::{time::UnixTime, version::Version1},
    http::{Response, endpoint::Endpoint, response},
    jose::{KeySet, KeySetFault},
    provider::{freshness::Freshness, metadata::Metadata},
};

/// What the client knows of the OP: its metadata and its keys, with their times.
///
/// [`Client::provider`](crate::Client::provider) gives it out and
/// [`Client::import_provider`](crate::Client::import_provider) takes it in, so that a process that
/// lives for one request, or a fleet, need not fetch for each login. It is serde, versioned, and
/// holds nothing secret; whoever can change it decides whose signatures are believed, so keep it
/// where you keep configuration.
#[derive(Clone)]
pub struct Provider {
    pub(crate) metadata: Metadata,
    pub(crate) metadata_freshness: Freshness,
    pub(crate) keys: KeySet,
    pub(crate) keys_freshness: Freshness,
}

/// Reads the OP's keys, and how long they are fresh.
pub(crate) fn read_keys(response: Response, now: UnixTime) -> Result<(KeySet, Freshness), Error> {
    let endpoint = Endpoint::KeySet;
    let freshness = Freshness::of(response.headers(), now);
    let keys =
        KeySet::parse(&response::body(endpoint, response)?).map_err(|fault| match fault {
            KeySetFault::TooLarge => {
                Error::Malformed { endpoint, what: "it is larger than 256 KiB" }
            }
            KeySetFault::Malformed(what) => Error::Malformed { endpoint, what },
        })?;
    if !keys.can_verify() {
        return Err(Error::Malformed { endpoint, what: "it has no usable signing key" });
    }
    Ok((keys, freshness))
}

impl Provider {
    /// Who the OP is.
    pub fn issuer(&self) -> &str {
        &self.metadata.issuer
    }

    pub(crate) fn is_newer_than(&self, other: &Self) -> bool {
        self.keys_freshness.at() > other.keys_freshness.at()
    }

    /// Nothing needs fetching.
    pub(crate) fn is_fresh(&self, now: UnixTime) -> bool {
        self.metadata_freshness.is_fresh(now) && self.keys_freshness.is_fresh(now)
    }

    /// It can serve while the OP is away.
    pub(crate) fn is_usable(&self, now: UnixTime) -> bool {
        self.metadata_freshness.is_usable(now) && self.keys_freshness.is_usable(now)
    }
}

#[derive(Serialize, Deserialize)]
struct Stored<K> {
    v: Version1,
    metadata: Metadata,
    metadata_freshness: Freshness,
    keys: K,
    keys_freshness: Freshness,
}

impl Serialize for Provider {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Stored {
            v: Version1,
            metadata: self.metadata.clone(),
            metadata_freshness: self.metadata_freshness,
            keys: &self.keys,
            keys_freshness: self.keys_freshness,
        }
        .serialize(to)
    }
}

impl<'de> Deserialize<'de> for Provider {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let stored = Stored::<Value>::deserialize(from)?;
        let keys = KeySet::parse(stored.keys.to_string().as_bytes()).map_err(D::Error::custom)?;
        Ok(Self {
            metadata: stored.metadata,
            metadata_freshness: stored.metadata_freshness,
            keys,
            keys_freshness: stored.keys_freshness,
        })
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.metadata.issuer).finish_non_exhaustive()
    }
}
