//! Checks whether the keys in a set can be used, and for which purpose.

use crate::{
    error::{KeyError, KeysError, PassedOver},
    jose::{Alg, KeyHome, OwnJwk, OwnKey, PublicJwk, PublicKey, RsaPrivateKey, Usage},
    settings::key_entry::{Entry, called},
};

/// Where the private halves of the keys may be: in the set, outside this process, or either.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    Here,
    Outside,
    Either,
}

/// The keys in a set: those that passed the checks, and those that are ignored because they have a different purpose.
#[derive(Default)]
pub(super) struct Checked {
    pub(super) keys: Vec<CheckedKey>,
    pub(super) passed_over: Vec<PassedOver>,
}

pub(super) struct CheckedKey {
    pub(super) usage: Usage,
    pub(super) public: PublicJwk,
    pub(super) key: OwnKey,
}

impl Checked {
    /// Checks each key in the set. An error contains the position and the `kid` of the key that failed.
    pub(super) fn new(entries: &[Entry], held: Held) -> Result<Self, KeysError> {
        let mut ours = entries.iter().filter_map(Entry::ours).peekable();
        if held == Held::Here && ours.peek().is_some() && ours.all(OwnJwk::is_public) {
            return Err(KeysError::PublicSet);
        }
        let mut kids: Vec<&str> = Vec::new();
        let mut checked = Self::default();
        for (place, entry) in entries.iter().enumerate() {
            match entry {
                Entry::Other(other) => {
                    let key = called(place, other.kid.as_deref());
                    if held == Held::Outside && other.has_private_part {
                        return Err(KeysError::Key { key, error: KeyError::PrivatePart });
                    }
                    checked.passed_over.push(PassedOver { key, error: other.why.clone() });
                }
                Entry::Ours(jwk) => {
                    let key = check(jwk, &kids, held).map_err(|error| KeysError::Key {
                        key: called(place, jwk.kid.as_deref()),
                        error,
                    })?;
                    checked.keys.push(key);
                    kids.extend(jwk.kid.as_deref());
                }
            }
        }
        Ok(checked)
    }
}

fn check(jwk: &OwnJwk, earlier: &[&str], held: Held) -> Result<CheckedKey, KeyError> {
    let kid = jwk.kid.as_deref().filter(|kid| !kid.is_empty()).ok_or(KeyError::NoKid)?;
    if earlier.contains(&kid) {
        return Err(KeyError::SameKid);
    }
    if jwk.kty.as_deref() != Some("RSA") {
        return Err(KeyError::KeyType);
    }
    let (usage, alg) = match (jwk.usage.as_deref(), jwk.alg.as_deref()) {
        (Some("sig"), None | Some("RS256")) => (Usage::Signature, Some(Alg::Rs256)),
        (Some("sig"), _) => return Err(KeyError::Algorithm("RS256")),
        (Some("enc"), None) => (Usage::Encryption, None),
        (Some("enc"), Some("RSA-OAEP")) => (Usage::Encryption, Some(Alg::RsaOaep)),
        (Some("enc"), Some("RSA-OAEP-256")) => (Usage::Encryption, Some(Alg::RsaOaep256)),
        (Some("enc"), _) => return Err(KeyError::Algorithm("RSA-OAEP or RSA-OAEP-256")),
        _ => return Err(KeyError::Use),
    };
    let is_outside = held != Held::Here && !jwk.has_private_part();
    if held == Held::Outside && !is_outside {
        return Err(KeyError::PrivatePart);
    }
    let home = if is_outside {
        KeyHome::Outside(PublicKey::of_outside_key((usage, alg), kid, jwk)?)
    } else {
        KeyHome::Here(RsaPrivateKey::from_jwk(jwk)?)
    };
    let key = OwnKey { kid: kid.to_owned(), home };
    let public = PublicJwk::new((usage, alg), kid, key.public_numbers());
    Ok(CheckedKey { usage, public, key })
}
