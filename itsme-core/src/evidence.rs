use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::{
    claims::{Scope, acr::Acr},
    error::EvidenceError,
    ground::{
        check::{CheckReport, Subject},
        json::Members,
        opaque::opaque,
        time::UnixTime,
        wiped::Wiped,
    },
    jose::{self, KeySet, PublicKey, SignatureCheck, Verified, jws_checks::SignedToken},
    settings::identity::ClientIdentity,
    tokens::{
        archived::ArchivedClaims,
        claims::{TokenClaims, TokenParties},
        requested::Requested,
    },
};

/// Evidence of a login, which you can later use to prove an identification or a confirmation. It consists of the signed
/// tokens as received, the keys that signed them, and a record of the request. It contains personal data, but its
/// `Debug` output shows none.
///
/// [`to_text`](Self::to_text) returns the text to archive. [`from_text`](Self::from_text) verifies that text again,
/// without any network request. This works even long after the OP has removed the keys from its key set, because the
/// text includes them.
///
/// The tokens are protected by the OP's signature, so nobody without the OP's private key can forge them. The record of
/// the *request*, including the digest of a confirmation's text, is not signed by itsme, so it is only as trustworthy
/// as your archive. Anyone who can write to the archive could also insert tokens signed with a key of their own, along
/// with that key. To detect this, store the [thumbprint](Self::signing_key_thumbprint) somewhere else, or compare it
/// with a key set of the OP that was archived on the same day.
pub struct Evidence {
    id_token: Signed,
    userinfo: Option<Signed>,
    client: ClientIdentity,
    requested: Requested,
    /// The text from which the evidence was read, if any.
    archived: Option<Zeroizing<String>>,
}

/// A verified token and the public key that verified it; `None` if the token was signed with a shared secret.
pub(crate) struct Signed {
    pub(crate) jws: Wiped<String>,
    pub(crate) key: Option<Arc<PublicKey>>,
}

/// The text is `itsme-evidence:FORMAT:DIGEST:PAYLOAD`, where DIGEST is the base64url SHA-256 of the
/// payload.
const NAME: &str = "itsme-evidence";
const FORMAT: u32 = 2;

/// The JSON payload. Its text is verified, then parsed, and never reserialized.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    id_token: StoredToken,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    userinfo: Option<StoredToken>,
    client: ClientIdentity,
    requested: Requested,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredToken {
    jws: Zeroizing<String>,
    key: Value,
}

impl Payload {
    fn read(text: &str) -> Result<Self, EvidenceError> {
        serde_json::from_str(payload(text)?).map_err(|_| EvidenceError::Malformed)
    }
}

/// The results of all checks on a token in archived text.
pub(crate) struct ExplainedToken {
    pub(crate) name: &'static str,
    pub(crate) signature: Vec<CheckReport>,
    pub(crate) claims: Vec<CheckReport>,
}

impl StoredToken {
    /// Runs the checks on a token. Also returns the token's `sub`.
    fn explain(
        &self,
        name: &'static str,
        client: &ClientIdentity,
        sub: Option<&str>,
    ) -> Result<(ExplainedToken, Option<String>), EvidenceError> {
        let keys = self.keys()?;
        let mut token = SignedToken::new(&self.jws, SignatureCheck::Rs256(&keys));
        let signature = token.explain();
        let (_, claims) = token.unverified();
        let Some(claims) = claims else {
            let claims = ArchivedClaims::explain_absence();
            return Ok((ExplainedToken { name, signature, claims }, None));
        };
        let parties = TokenParties { client, other_audiences: &[] };
        let claims = TokenClaims::new(&claims);
        let found = claims.subject().ok().map(str::to_owned);
        let claims = ArchivedClaims { claims, parties, sub }.explain();
        Ok((ExplainedToken { name, signature, claims }, found))
    }

    /// The key that signed the token, as a key set.
    fn keys(&self) -> Result<KeySet, EvidenceError> {
        if self.key.is_null() {
            return Err(EvidenceError::SharedSecret);
        }
        let keys = json!({ "keys": [self.key] }).to_string();
        KeySet::parse(keys.as_bytes()).map_err(|_| EvidenceError::Malformed)
    }

    fn of(signed: &Signed) -> Self {
        let key = signed.key.as_ref().map(|key| key.to_jwk()).unwrap_or_default();
        Self { jws: Zeroizing::new(signed.jws.to_string()), key }
    }

    fn verify(self) -> Result<(Members, Signed), EvidenceError> {
        let keys = self.keys()?;
        let verified = jose::verify(&self.jws, SignatureCheck::Rs256(&keys));
        let Verified { claims, key } =
            verified.map_err(|error| EvidenceError::Token(error.into()))?;
        Ok((claims, Signed { jws: Wiped::new(self.jws.to_string()), key }))
    }
}

fn digest(payload: &str) -> String {
    jose::base64url(jose::sha256(&[payload.as_bytes()]))
}

/// Returns the payload of archived text if the text has not changed since it was stored.
fn payload(text: &str) -> Result<&str, EvidenceError> {
    // The first format was a JSON object with `"v":1`.
    let v = |object: Map<String, Value>| object.get("v").and_then(Value::as_u64);
    if serde_json::from_str(text).ok().and_then(v) == Some(1) {
        return Err(EvidenceError::OtherFormat { expected: FORMAT, found: 1 });
    }
    let mut parts = text.splitn(4, ':');
    let mut part = || parts.next().ok_or(EvidenceError::Malformed);
    if part()? != NAME {
        return Err(EvidenceError::Malformed);
    }
    let format = part()?;
    match format.parse() {
        Ok(FORMAT) if format == FORMAT.to_string() => {}
        Err(_) | Ok(FORMAT) => return Err(EvidenceError::Malformed),
        Ok(found) => return Err(EvidenceError::OtherFormat { expected: FORMAT, found }),
    }
    let (stored, payload) = (part()?, part()?);
    if stored != digest(payload) {
        return Err(EvidenceError::Changed);
    }
    Ok(payload)
}

impl Evidence {
    pub(crate) fn new(
        (id_token, userinfo): (Signed, Option<Signed>),
        client: ClientIdentity,
        requested: Requested,
    ) -> Self {
        Self { id_token, userinfo, client, requested, archived: None }
    }

    /// Returns a single line of text to archive. It contains the tokens, the keys and the record of the request.
    pub fn to_text(&self) -> Zeroizing<String> {
        if let Some(text) = &self.archived {
            return text.clone();
        }
        let payload = Payload {
            id_token: StoredToken::of(&self.id_token),
            userinfo: self.userinfo.as_ref().map(StoredToken::of),
            client: self.client.clone(),
            requested: self.requested.clone(),
        };
        let payload =
            serde_json::to_string(&payload).expect("strings and numbers can be serialized");
        let payload = Zeroizing::new(payload);
        Zeroizing::new(format!("{NAME}:{FORMAT}:{}:{}", digest(&payload), *payload))
    }

    /// Reads and verifies archived text. It verifies that no byte has changed, that the keys in the text signed the
    /// tokens, and that the tokens are from the issuer, for the client, and about the same user (the known user, if
    /// the request had one). Expired tokens are accepted.
    ///
    /// # Errors
    /// The text was not accepted; [`EvidenceError`] contains the reason.
    pub fn from_text(text: &str) -> Result<Self, EvidenceError> {
        let Payload { id_token, userinfo, client, requested } = Payload::read(text)?;
        let check = |claims: &Members, sub: Option<&str>| {
            let parties = TokenParties { client: &client, other_audiences: &[] };
            let claims = TokenClaims::new(claims);
            let checked = ArchivedClaims { claims, parties, sub }.verify();
            let sub = checked.and_then(|()| claims.subject());
            sub.map(str::to_owned).map_err(EvidenceError::Token)
        };
        let (claims, id_token) = id_token.verify()?;
        let sub = check(&claims, requested.sub.as_deref())?;
        let userinfo = match userinfo {
            None => None,
            Some(userinfo) => {
                let (claims, userinfo) = userinfo.verify()?;
                check(&claims, Some(&sub))?;
                Some(userinfo)
            }
        };
        let archived = Some(Zeroizing::new(text.to_owned()));
        Ok(Self { id_token, userinfo, client, requested, archived })
    }

    /// Runs all checks on the tokens in archived text.
    pub(crate) fn explain(text: &str) -> Result<Vec<ExplainedToken>, EvidenceError> {
        let Payload { id_token, userinfo, client, requested } = Payload::read(text)?;
        let (first, sub) = id_token.explain("ID token", &client, requested.sub.as_deref())?;
        let mut tokens = vec![first];
        if let Some(userinfo) = userinfo {
            tokens.push(userinfo.explain("userinfo answer", &client, sub.as_deref())?.0);
        }
        Ok(tokens)
    }

    /// The decrypted ID token: the compact JWS that the OP signed.
    pub fn id_token(&self) -> &str {
        &self.id_token.jws
    }

    /// All claims of the ID token.
    pub fn claims(&self) -> Map<String, Value> {
        self.id_token.claims()
    }

    /// The claims of the userinfo response, if there was one.
    pub fn userinfo_claims(&self) -> Option<Map<String, Value>> {
        self.userinfo.as_ref().map(Signed::claims)
    }

    /// The OP's public key that verifies the ID token, as a JWK. `None` if the ID token was signed with a shared
    /// secret, in which case it proves nothing to anyone else.
    pub fn signing_key(&self) -> Option<Value> {
        self.id_token.key.as_ref().map(|key| key.to_jwk())
    }

    /// The SHA-256 thumbprint of the [signing key](Self::signing_key), as base64url (RFC 7638).
    pub fn signing_key_thumbprint(&self) -> Option<String> {
        self.id_token.key.as_ref().map(|key| key.thumbprint())
    }

    /// The time at which the login was started.
    pub fn asked_at(&self) -> UnixTime {
        self.requested.at
    }

    /// The service code of the request.
    pub fn asked_service(&self) -> &str {
        &self.requested.service
    }

    /// The requested scopes.
    pub fn asked_scopes(&self) -> &[Scope] {
        &self.requested.scopes
    }

    /// The requested authentication level.
    pub fn asked_acr(&self) -> Option<Acr> {
        self.requested.acr
    }

    /// The SHA-256 digest of the `claims` parameter as sent, including the text or payment of a confirmation, as
    /// base64url. To prove what was confirmed, you must archive the parameter itself,
    /// [`Redirect::claims`](crate::Redirect::claims), because it is too large for the login state.
    pub fn asked_claims_sha256(&self) -> Option<&str> {
        self.requested.claims_sha256.as_deref()
    }
}

impl Signed {
    fn claims(&self) -> Map<String, Value> {
        let payload = self.jws.split('.').nth(1).unwrap_or_default();
        let payload = jose::base64url_decode(payload).unwrap_or_default();
        serde_json::from_slice(&payload).unwrap_or_default()
    }
}

opaque!(Evidence);
