use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{
    JoseError, KeySet, OwnKey, PublicKey, base64url_append, constant_time_eq,
    header::{Header, OwnHeader, decode_part, malformed, parts},
    hmac_sha256,
};
use crate::ground::{json, text::printable};

/// Who may have signed, and how: agreed beforehand, never read from the token.
#[derive(Clone, Copy)]
#[allow(clippy::exhaustive_enums)]
pub enum SignatureCheck<'a> {
    /// RS256 by one of the OP's keys.
    Rs256(&'a KeySet),
    /// HS256 keyed with the bytes of the client secret.
    Hs256(&'a [u8]),
}

/// Claims whose signature is right. Nothing is said about their content.
#[non_exhaustive]
pub struct Verified {
    /// The claims, with their names unique, and without those that are `null`.
    pub claims: Map<String, Value>,
    /// The key that signed them; none for HS256.
    pub key: Option<Arc<PublicKey>>,
}

/// Verifies a compact JWS (RFC 7515 §5.2) and reads its payload as claims.
pub(super) fn verify(jws: &str, check: SignatureCheck<'_>) -> Result<Verified, JoseError> {
    let [header, payload, signature] = parts(jws).map_err(|_| JoseError::NotSigned)?;
    let message = &jws.as_bytes()[..header.len() + 1 + payload.len()];
    let header = Header::parse(header)?;
    if header.is_of_another_kind() {
        return Err(JoseError::Header { member: "typ" });
    }
    let signature = decode_part(signature)?;
    let expected = match check {
        SignatureCheck::Rs256(_) => "RS256",
        SignatureCheck::Hs256(_) => "HS256",
    };
    if header.alg != expected {
        return Err(JoseError::SignatureAlgorithm { found: printable(&header.alg) });
    }
    let key = match check {
        SignatureCheck::Rs256(keys) => {
            Some(signing_key(keys, header.kid.as_deref(), message, &signature)?)
        }
        SignatureCheck::Hs256(secret) => {
            if !constant_time_eq(&hmac_sha256(secret, &[message]), &signature) {
                return Err(JoseError::Signature);
            }
            None
        }
    };
    let claims = json::object(&decode_part(payload)?).map_err(|error| malformed(error.as_str()))?;
    Ok(Verified { claims: json::without_nulls(claims), key })
}

fn signing_key(
    keys: &KeySet,
    kid: Option<&str>,
    message: &[u8],
    signature: &[u8],
) -> Result<Arc<PublicKey>, JoseError> {
    let mut candidates = keys.verifiers(kid).peekable();
    let is_known = kid.is_some_and(|kid| keys.has_verifier(kid));
    let unknown = || JoseError::UnknownSigningKey {
        kid: kid.map(printable),
        published: keys
            .verifiers(None)
            .filter_map(|key| key.kid())
            .map(printable)
            .take(8)
            .collect(),
    };
    if candidates.peek().is_none() {
        return Err(unknown());
    }
    match candidates.find(|key| key.has_signed(message, signature)) {
        Some(key) => Ok(Arc::clone(key)),
        None if is_known => Err(JoseError::Signature),
        // The key may be one that was published since.
        None => Err(unknown()),
    }
}

/// With what we sign.
#[derive(Clone, Copy)]
#[allow(clippy::exhaustive_enums)]
pub enum Signer<'a> {
    /// RS256 with our key, under its name.
    Rs256(&'a Arc<OwnKey>),
    /// HS256 keyed with the bytes of the client secret.
    Hs256(&'a [u8]),
}

/// A compact JWS but for its signature.
pub struct UnsignedJws(Zeroizing<String>);

impl UnsignedJws {
    /// A header with `alg`, `typ` and, for RS256, `kid`, and the claims. `None`: they are no JSON.
    pub fn new(typ: &str, claims: &impl Serialize, signer: Signer<'_>) -> Option<Self> {
        let (alg, kid) = match signer {
            Signer::Rs256(key) => ("RS256", Some(key.kid.as_str())),
            Signer::Hs256(_) => ("HS256", None),
        };
        let header = OwnHeader { alg, enc: None, cty: None, typ, kid };
        let header = serde_json::to_string(&header).ok()?;
        Some(Self::of_parts(&header, &serde_json::to_string(claims).ok()?))
    }

    /// A header and a payload as they are.
    pub fn of_parts(header: &str, payload: &str) -> Self {
        // Room for the signature as well.
        let mut jws = String::with_capacity(1024 + 2 * payload.len());
        base64url_append(header, &mut jws);
        jws.push('.');
        base64url_append(payload, &mut jws);
        Self(Zeroizing::new(jws))
    }

    /// What is signed (RFC 7515 §5.1).
    pub fn signing_input(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The JWS with its signature.
    pub fn with_signature(self, signature: &[u8]) -> Zeroizing<String> {
        let Self(mut jws) = self;
        jws.push('.');
        base64url_append(signature, &mut jws);
        jws
    }
}
