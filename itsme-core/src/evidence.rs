use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::{
    acr::Acr,
    asked::Asked,
    claims::Scope,
    error::EvidenceError,
    jose::{self, KeySet, PublicKey, SignatureCheck, Verified},
    time::UnixTime,
    token_claims::TokenClaims,
    version::Version1,
};

/// The signed ID token as it came, the key that signed it and what had been asked: to keep, so that
/// an identification or a confirmation can be proved later. It holds personal data and shows none
/// in `Debug`.
///
/// [`to_text`](Self::to_text) is what to archive, and [`from_text`](Self::from_text) verifies it
/// again without any request, also when the OP has long dropped the key: the key travels along.
/// Whoever can write to the archive could put in a token and a key of their own, so archive the
/// [thumbprint](Self::signing_key_thumbprint) somewhere else, or compare it with a key set of the
/// OP that was archived the same day.
pub struct Evidence {
    id_token: Zeroizing<String>,
    key: Option<Arc<PublicKey>>,
    issuer: String,
    client_id: String,
    asked: Asked,
}

/// The text, member by member; `digest` is over all the others.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    v: Version1,
    id_token: String,
    key: Value,
    issuer: String,
    client_id: String,
    asked: Asked,
    digest: String,
}

impl Stored {
    /// Of a text without the digest.
    fn digest(&self) -> String {
        let Self { v, id_token, key, issuer, client_id, asked, .. } = self;
        let all = json!([v, id_token, key, issuer, client_id, asked]).to_string();
        jose::base64url(jose::sha256(&[all.as_bytes()]))
    }
}

impl Evidence {
    pub(crate) fn new(
        id_token: Zeroizing<String>,
        key: Option<Arc<PublicKey>>,
        (issuer, client_id): (&str, &str),
        asked: Asked,
    ) -> Self {
        let (issuer, client_id) = (issuer.to_owned(), client_id.to_owned());
        Self { id_token, key, issuer, client_id, asked }
    }

    /// One line of text to archive: a JSON object with the ID token, the key and what was asked.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut stored = Stored {
            v: Version1,
            id_token: self.id_token.to_string(),
            key: self.signing_key().unwrap_or_default(),
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            asked: self.asked.clone(),
            digest: String::new(),
        };
        stored.digest = stored.digest();
        Zeroizing::new(json!(stored).to_string())
    }

    /// Verifies an archived text: that no octet was changed, that the key in it signed the ID token,
    /// and that the token is of the issuer and for the client that the text names. Whether the
    /// token has expired since does not matter.
    ///
    /// # Errors
    /// [`EvidenceError`] says what is wrong.
    pub fn from_text(text: &str) -> Result<Self, EvidenceError> {
        let stored: Stored = serde_json::from_str(text).map_err(|_| EvidenceError::Malformed)?;
        // The text is unchanged if and only if what was read writes the same text again.
        let written = json!(stored).to_string();
        if stored.digest() != stored.digest || written != text {
            return Err(EvidenceError::Changed);
        }
        if stored.key.is_null() {
            return Err(EvidenceError::SharedSecret);
        }
        let keys = json!({ "keys": [stored.key] }).to_string();
        let keys = KeySet::parse(keys.as_bytes()).map_err(|_| EvidenceError::Malformed)?;
        let verified = jose::verify(&stored.id_token, SignatureCheck::Rs256(&keys));
        let Verified { claims, key } = verified.map_err(EvidenceError::Token)?;
        let token = TokenClaims(&claims);
        token.check_issuer(&stored.issuer).map_err(EvidenceError::Token)?;
        token.check_audience(&stored.client_id).map_err(EvidenceError::Token)?;
        let Stored { id_token, issuer, client_id, asked, .. } = stored;
        Ok(Self { id_token: Zeroizing::new(id_token), key, issuer, client_id, asked })
    }

    /// The ID token, decrypted, as the compact JWS that the OP signed.
    pub fn id_token(&self) -> &str {
        &self.id_token
    }

    /// The claims of the ID token, all of them.
    pub fn claims(&self) -> Map<String, Value> {
        let payload = self.id_token.split('.').nth(1).unwrap_or_default();
        let payload = jose::base64url_decode(payload).unwrap_or_default();
        serde_json::from_slice(&payload).unwrap_or_default()
    }

    /// The OP's public key that verifies the ID token, as a JWK; none if it was signed with a
    /// shared secret, which proves nothing to others.
    pub fn signing_key(&self) -> Option<Value> {
        self.key.as_ref().map(|key| key.to_jwk())
    }

    /// The SHA-256 thumbprint of that key, base64url (RFC 7638).
    pub fn signing_key_thumbprint(&self) -> Option<String> {
        self.key.as_ref().map(|key| key.thumbprint())
    }

    /// When the login was begun.
    pub fn asked_at(&self) -> UnixTime {
        self.asked.at
    }

    /// The service that was asked for, by its code.
    pub fn asked_service(&self) -> &str {
        &self.asked.service
    }

    /// The scopes that were asked for.
    pub fn asked_scopes(&self) -> &[Scope] {
        &self.asked.scopes
    }

    /// The authentication level that was asked for.
    pub fn asked_acr(&self) -> Option<Acr> {
        self.asked.acr
    }

    /// The SHA-256, base64url, of the `claims` parameter that was sent, with the text or payment of
    /// a confirmation in it: that of [`Redirect::claims`](crate::Redirect::claims), which the
    /// application archives itself if it must prove what was confirmed. A login state has no room.
    pub fn asked_claims_sha256(&self) -> Option<&str> {
        self.asked.claims_sha256.as_deref()
    }
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evidence").finish_non_exhaustive()
    }
}
