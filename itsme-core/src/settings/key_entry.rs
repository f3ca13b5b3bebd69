//! One key of a key file: whether it can be used, and for what.

use crate::{
    error::{KeyError, KeysError},
    ground::text::printable,
    jose::{Alg, KeyHome, OwnJwk, OwnKey, PublicJwk, PublicKey, RsaPrivateKey, Usage},
};

/// Where the private half of a key may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    Here,
    Outside,
    Either,
}

/// Each key by itself, named by its place and `kid` if it cannot be used.
pub(super) fn read_all(jwks: &[OwnJwk], held: Held) -> Result<Vec<Read>, KeysError> {
    let mut kids: Vec<&str> = Vec::new();
    let mut all = Vec::new();
    for (place, jwk) in jwks.iter().enumerate() {
        let kid = jwk.kid.as_deref().unwrap_or_default();
        let read = read(jwk, &kids, held).map_err(|error| {
            let mut key = format!("key {}", place + 1);
            if !kid.is_empty() {
                key.push_str(&format!(" (kid `{}`)", printable(kid)));
            }
            KeysError::Key { key, error }
        });
        all.push(read?);
        kids.push(kid);
    }
    Ok(all)
}

/// A key that was checked.
pub(super) struct Read {
    pub(super) usage: Usage,
    pub(super) public: PublicJwk,
    pub(super) key: OwnKey,
}

fn read(jwk: &OwnJwk, earlier: &[&str], held: Held) -> Result<Read, KeyError> {
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
    Ok(Read { usage, public, key })
}
