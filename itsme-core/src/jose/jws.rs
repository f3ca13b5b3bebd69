use std::sync::Arc;

use serde::Serialize;

use super::{
    JoseError, KeySet, OwnKey, PublicKey, base64url_append, header::OwnHeader,
    jws_checks::SignedToken,
};
use crate::ground::{check::Subject, json::Members, wiped::Wiped};

/// Who may have signed a token, and how. This is agreed in advance, and never read from the token.
#[derive(Clone, Copy)]
#[allow(clippy::exhaustive_enums)]
pub enum SignatureCheck<'a> {
    /// RS256 by one of the OP's keys.
    Rs256(&'a KeySet),
    /// HS256 keyed with the bytes of the client secret.
    Hs256(&'a [u8]),
}

/// Claims with a valid signature. Their content has not been checked.
#[non_exhaustive]
pub struct Verified {
    /// The claims, with unique names and without those that are `null`.
    pub claims: Members,
    /// The key that signed the claims; `None` for HS256.
    pub key: Option<Arc<PublicKey>>,
}

/// Verifies a compact JWS (RFC 7515 §5.2) and reads its payload as claims.
pub fn verify(jws: &str, check: SignatureCheck<'_>) -> Result<Verified, JoseError> {
    let mut token = SignedToken::new(jws, check);
    token.verify()?;
    let (claims, key) = token.verified().ok_or(JoseError::Signature)?;
    Ok(Verified { claims, key })
}

/// The key that we sign with.
#[derive(Clone, Copy)]
#[allow(clippy::exhaustive_enums)]
pub enum Signer<'a> {
    /// RS256 with our key, whose `kid` is in the header.
    Rs256(&'a Arc<OwnKey>),
    /// HS256 keyed with the bytes of the client secret.
    Hs256(&'a [u8]),
}

/// A compact JWS without its signature.
pub struct UnsignedJws(Wiped<Vec<u8>>);

impl UnsignedJws {
    /// Creates it from the claims and a header with `alg`, `typ` and, for RS256, `kid`. Returns
    /// `None` if they cannot be written as JSON.
    pub fn new(typ: &str, claims: &impl Serialize, signer: Signer<'_>) -> Option<Self> {
        let (alg, kid) = match signer {
            Signer::Rs256(key) => ("RS256", Some(key.kid.as_str())),
            Signer::Hs256(_) => ("HS256", None),
        };
        let header = OwnHeader { alg, enc: None, cty: None, typ, kid };
        let header = serde_json::to_vec(&header).ok()?;
        // Room for the claims of an assertion, allocated once.
        let mut payload = Vec::with_capacity(512);
        serde_json::to_writer(&mut payload, claims).ok()?;
        Some(Self::of_parts(&header, &payload))
    }

    /// Creates it from a given header and payload.
    pub fn of_parts(header: &[u8], payload: &[u8]) -> Self {
        // Includes the dots and the signature of a typical key.
        let length = (header.len() + payload.len() + 256) * 4 / 3 + 8;
        let mut jws = Vec::with_capacity(length);
        base64url_append(header, &mut jws);
        jws.push(b'.');
        base64url_append(payload, &mut jws);
        Self(Wiped::new(jws))
    }

    /// The bytes to sign (RFC 7515 §5.1).
    pub fn signing_input(&self) -> &[u8] {
        &self.0
    }

    /// The JWS with its signature, as text.
    pub fn with_signature(self, signature: &[u8]) -> Wiped<Vec<u8>> {
        let Self(mut jws) = self;
        jws.push(b'.');
        base64url_append(signature, &mut jws);
        jws
    }
}
