use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::{
    claims::{Scope, acr::Acr},
    error::EvidenceError,
    ground::{time::UnixTime, version::Version1},
    jose::{self, KeySet, PublicKey, SignatureCheck, Verified},
    tokens::{claims::TokenClaims, requested::Requested},
};

/// The signed tokens as they came, the keys that signed them and what had been asked: to keep, so that
/// an identification or a confirmation can be shown later. It holds personal data and shows none
/// in `Debug`.
///
/// [`to_text`](Self::to_text) is what to archive, and [`from_text`](Self::from_text) verifies it
/// again without any request, also when the OP has long dropped the keys: they travel along.
///
/// What it proves, and to whom: the OP's signature vouches for the tokens, so nobody without the OP's
/// key can make them up. What was *asked*, and the text of a confirmation with it, is vouched for by
/// the archive alone: itsme does not sign it. And whoever can write to the archive could put in
/// tokens and a key of their own; so archive the [thumbprint](Self::signing_key_thumbprint)
/// somewhere else, or compare it with a key set of the OP that was archived the same day.
pub struct Evidence {
    id_token: Signed,
    userinfo: Option<Signed>,
    issuer: String,
    client_id: String,
    asked: Requested,
}

/// A verified token, and who signed it; nobody in particular if it was a shared secret.
pub(crate) struct Signed {
    pub(crate) jws: Zeroizing<String>,
    pub(crate) key: Option<Arc<PublicKey>>,
}

/// The text, member by member; `digest` is over all the others.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    v: Version1,
    id_token: StoredToken,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    userinfo: Option<StoredToken>,
    issuer: String,
    client_id: String,
    asked: Requested,
    digest: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredToken {
    jws: String,
    key: Value,
}

impl Stored {
    fn digest(&self) -> String {
        let Self { v, id_token, userinfo, issuer, client_id, asked, .. } = self;
        let all = json!([v, id_token, userinfo, issuer, client_id, asked]).to_string();
        jose::base64url(jose::sha256(&[all.as_bytes()]))
    }
}

impl StoredToken {
    fn of(signed: &Signed) -> Self {
        let key = signed.key.as_ref().map(|key| key.to_jwk()).unwrap_or_default();
        Self { jws: signed.jws.to_string(), key }
    }

    fn verify(self) -> Result<(Map<String, Value>, Signed), EvidenceError> {
        if self.key.is_null() {
            return Err(EvidenceError::SharedSecret);
        }
        let keys = json!({ "keys": [self.key] }).to_string();
        let keys = KeySet::parse(keys.as_bytes()).map_err(|_| EvidenceError::Malformed)?;
        let verified = jose::verify(&self.jws, SignatureCheck::Rs256(&keys));
        let Verified { claims, key } = verified.map_err(EvidenceError::Token)?;
        Ok((claims, Signed { jws: Zeroizing::new(self.jws), key }))
    }
}

impl Evidence {
    pub(crate) fn new(
        id_token: Signed,
        (issuer, client_id): (&str, &str),
        asked: Requested,
    ) -> Self {
        let (issuer, client_id) = (issuer.to_owned(), client_id.to_owned());
        Self { id_token, userinfo: None, issuer, client_id, asked }
    }

    pub(crate) fn add_userinfo(&mut self, signed: Signed) {
        self.userinfo = Some(signed);
    }

    /// One line of text to archive: a JSON object with the tokens, the keys and what was asked.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut stored = Stored {
            v: Version1,
            id_token: StoredToken::of(&self.id_token),
            userinfo: self.userinfo.as_ref().map(StoredToken::of),
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            asked: self.asked.clone(),
            digest: String::new(),
        };
        stored.digest = stored.digest();
        Zeroizing::new(json!(stored).to_string())
    }

    /// Verifies an archived text: that no byte was changed, that the keys in it signed the tokens,
    /// and that these are of the issuer, for the client, about one person, the known one if one was
    /// asked. Whether they have expired since does not matter.
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
        let Stored { id_token, userinfo, issuer, client_id, asked, .. } = stored;
        let check = |claims: &Map<String, Value>, sub: Option<&str>| {
            let token = TokenClaims(claims);
            token.check_issuer(&issuer)?;
            token.check_audience(&client_id)?;
            token.subject(sub).map(str::to_owned)
        };
        let (claims, id_token) = id_token.verify()?;
        let sub = check(&claims, asked.sub.as_deref()).map_err(EvidenceError::Token)?;
        let userinfo = match userinfo {
            None => None,
            Some(userinfo) => {
                let (claims, userinfo) = userinfo.verify()?;
                check(&claims, Some(&sub)).map_err(EvidenceError::Token)?;
                Some(userinfo)
            }
        };
        Ok(Self { id_token, userinfo, issuer, client_id, asked })
    }

    /// The ID token, decrypted, as the compact JWS that the OP signed.
    pub fn id_token(&self) -> &str {
        &self.id_token.jws
    }

    /// The claims of the ID token, all of them.
    pub fn claims(&self) -> Map<String, Value> {
        self.id_token.claims()
    }

    /// The claims of the userinfo answer, if there was one.
    pub fn userinfo_claims(&self) -> Option<Map<String, Value>> {
        self.userinfo.as_ref().map(Signed::claims)
    }

    /// The OP's public key that verifies the ID token, as a JWK; none if it was signed with a
    /// shared secret, which proves nothing to others.
    pub fn signing_key(&self) -> Option<Value> {
        self.id_token.key.as_ref().map(|key| key.to_jwk())
    }

    /// The SHA-256 thumbprint of that key, base64url (RFC 7638).
    pub fn signing_key_thumbprint(&self) -> Option<String> {
        self.id_token.key.as_ref().map(|key| key.thumbprint())
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

impl Signed {
    fn claims(&self) -> Map<String, Value> {
        let payload = self.jws.split('.').nth(1).unwrap_or_default();
        let payload = jose::base64url_decode(payload).unwrap_or_default();
        serde_json::from_slice(&payload).unwrap_or_default()
    }
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evidence").finish_non_exhaustive()
    }
}
