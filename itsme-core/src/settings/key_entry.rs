//! One key as read from the file: either a key for itsme, or a key for a different purpose.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::{
    error::{KeyError, KeysError},
    ground::text::{printable, without_secrets},
    jose::OwnJwk,
};

/// A key from the file, in the form in which it is written back.
#[derive(Clone)]
pub(super) enum Entry {
    Ours(OwnJwk),
    Other(OtherKey),
}

/// A key that is not used. It is kept unchanged, because the file may contain the only copy of it.
#[derive(Clone)]
pub(super) struct OtherKey {
    text: Zeroizing<String>,
    pub(super) kid: Option<String>,
    pub(super) why: KeyError,
    pub(super) has_private_part: bool,
}

impl Entry {
    /// Reads the keys in a set from their JSON text.
    pub(super) fn read_all(texts: Vec<Zeroizing<String>>) -> Result<Vec<Self>, KeysError> {
        let read = |(place, text): (usize, Zeroizing<String>)| {
            let refused = |kid: Option<&str>, error| {
                let key = called(place, kid);
                KeysError::Key { key, error }
            };
            let members = Members::of(&text).ok_or_else(|| refused(None, KeyError::Malformed))?;
            let kid = members.text("kid").unwrap_or_default();
            let entry = members.purpose().and_then(|other| match other {
                None => members.ours(&text).map(Self::Ours),
                Some(why) => {
                    let has_private_part = members.has_private_part();
                    let (kid, text) = (kid.clone(), text.clone());
                    Ok(Self::Other(OtherKey { text, kid, why, has_private_part }))
                }
            });
            entry.map_err(|error| refused(kid.as_deref(), error))
        };
        texts.into_iter().enumerate().map(read).collect()
    }

    pub(super) fn ours(&self) -> Option<&OwnJwk> {
        match self {
            Self::Ours(jwk) => Some(jwk),
            Self::Other(_) => None,
        }
    }

    /// Whether this is a key for itsme with the given `use`.
    pub(super) fn is_for(&self, usage: &str) -> bool {
        self.ours().is_some_and(|jwk| jwk.usage.as_deref() == Some(usage))
    }

    /// Whether this is a key for itsme with the given `kid`.
    pub(super) fn is_called(&self, kid: &str) -> bool {
        self.ours().is_some_and(|jwk| jwk.kid.as_deref() == Some(kid))
    }

    /// An upper bound on the number of bytes that the key takes up when it is written.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Ours(_) => 16 * 1024,
            Self::Other(key) => key.text.len() + 16,
        }
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Ours(jwk) => jwk.serialize(to),
            Self::Other(key) => {
                serde_json::from_str::<&RawValue>(&key.text).expect("it was read").serialize(to)
            }
        }
    }
}

/// How errors name the key at the given position.
pub(super) fn called(place: usize, kid: Option<&str>) -> String {
    match kid.filter(|kid| !kid.is_empty()) {
        Some(kid) => format!("key {} (kid `{}`)", place + 1, printable(kid)),
        None => format!("key {}", place + 1),
    }
}

/// The members of a key that are not `null`. Each value is kept as its JSON text.
struct Members<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Members<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let mut members: BTreeMap<_, &RawValue> = serde_json::from_str(text).ok()?;
        members.retain(|_, value| value.get() != "null");
        Some(Self(members))
    }

    fn text(&self, name: &'static str) -> Result<Option<String>, KeyError> {
        let read = |value: &&RawValue| serde_json::from_str(value.get());
        self.0.get(name).map(read).transpose().map_err(|_| KeyError::NotText(name))
    }

    /// Returns the reason if the key has a different purpose. A key for itsme with a misspelled value, or with one of
    /// itsme's `alg`s but the wrong `use`, is not ignored: it is refused later.
    fn purpose(&self) -> Result<Option<KeyError>, KeyError> {
        let foreign = |name, ours: &[&str]| -> Result<Option<String>, KeyError> {
            let found = self.text(name)?;
            let is_ours = |found: &str| ours.iter().any(|own| own.eq_ignore_ascii_case(found));
            let found = found.filter(|found| !found.trim().is_empty() && !is_ours(found.trim()));
            Ok(found.map(|found| without_secrets(printable(&found))))
        };
        if let Some(kty) = foreign("kty", &["RSA"])? {
            return Ok(Some(KeyError::OtherKeyType(kty)));
        }
        if !self.0.contains_key("kty")
            && let Some(crv) = foreign("crv", &[])?
        {
            return Ok(Some(KeyError::OtherCurve(crv)));
        }
        let alg = foreign("alg", &["RS256", "RSA-OAEP", "RSA-OAEP-256"])?;
        Ok(alg.map(KeyError::OtherAlgorithm))
    }

    /// Whether the key has a private part, whatever its type. This includes symmetric keys (`k`) and key types from
    /// newer standards (`priv`).
    fn has_private_part(&self) -> bool {
        let names = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];
        names.iter().any(|name| self.0.contains_key(*name))
    }

    fn ours(&self, text: &str) -> Result<OwnJwk, KeyError> {
        let is_text = |name| self.0.get(name).is_none_or(|value| value.get().starts_with('"'));
        match OwnJwk::MEMBERS.into_iter().find(|name| !is_text(*name)) {
            Some(name) => Err(KeyError::NotText(name)),
            // The only remaining possible error is a repeated member.
            None => serde_json::from_str(text).map_err(|_| KeyError::Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::private_keys::PrivateKeys;

    /// If the buffer had to grow, it would leave an unwiped copy in memory.
    #[test]
    fn an_entry_is_written_within_its_size() {
        let generated = PrivateKeys::generate().expect("keys").to_json();
        let set: serde_json::Value = serde_json::from_str(&generated).expect("JSON");
        let mut texts: Vec<_> =
            set["keys"].as_array().expect("keys").iter().map(ToString::to_string).collect();
        texts.push(r#"{"kty":"EC","kid":"ec"}"#.to_owned());
        let entries =
            Entry::read_all(texts.into_iter().map(Zeroizing::new).collect()).expect("keys");
        assert!(matches!(entries[..], [Entry::Ours(_), Entry::Ours(_), Entry::Other(_)]));
        for entry in entries {
            let written = serde_json::to_string(&entry).expect("JSON");
            assert!(written.len() < entry.size(), "{} bytes, not {}", written.len(), entry.size());
        }
    }
}
