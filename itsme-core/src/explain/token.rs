use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::document::{Document, Explanation};
use crate::{
    ground::{check::Subject, opaque::opaque, secret::Secret, wiped::Wiped},
    jose::{
        self, ContentEncryption, Decryption, JoseError, KeyHome, Opening, SignatureCheck,
        jwe_checks::{Content, SealedToken},
        jws_checks::SignedToken,
    },
};

/// The outer layer of a token, and what was in it.
#[non_exhaustive]
pub struct OpenedToken {
    /// Its checks, of a JWE and of what it decrypts to.
    pub explanation: Explanation,
    /// Its protected header, if it can be read.
    pub header: Option<Map<String, Value>>,
    /// What was in it, if it opened: a JWS, with personal data.
    pub jws: Option<Zeroizing<String>>,
}

/// The inner layer of a token, and what it says.
#[non_exhaustive]
pub struct ReadToken {
    /// Its checks.
    pub explanation: Explanation,
    /// Its protected header, if it can be read.
    pub header: Option<Map<String, Value>>,
    claims: Option<Map<String, Value>>,
}

/// Claims that say nothing of the person.
const OF_THE_TOKEN: [&str; 13] = [
    "iss",
    "aud",
    "azp",
    "exp",
    "iat",
    "nbf",
    "auth_time",
    "acr",
    "amr",
    "at_hash",
    "typ",
    "email_verified",
    "phone_number_verified",
];

impl ReadToken {
    /// The claims, whoever signed them, with `…` in place of all values that may be about the person. None if they
    /// cannot be read.
    pub fn claims(&self) -> Option<Map<String, Value>> {
        let hidden = |(name, value): (&String, &Value)| {
            let is_shown = OF_THE_TOKEN.contains(&name.as_str());
            (name.clone(), if is_shown { value.clone() } else { "…".into() })
        };
        Some(self.claims.as_ref()?.iter().map(hidden).collect())
    }

    /// The claims with all their values: personal data, **whoever signed them**. To look at, and to explain
    /// ([`Explainer::id_token`](super::Explainer::id_token)); never to log anybody in.
    pub fn reveal_claims(&self) -> Option<&Map<String, Value>> {
        self.claims.as_ref()
    }
}

pub(super) fn open(token: &str, decryption: Decryption, limit: usize) -> OpenedToken {
    let mut sealed = SealedToken::new(token, decryption.clone(), limit);
    let mut checks = sealed.explain();
    let header = sealed.header().cloned().map(Map::from);
    let mut content = Content::new(open_here(token, decryption, limit));
    let is_sound = !checks.iter().any(|report| report.is_failed());
    checks.extend(if is_sound { content.explain() } else { Content::explain_absence() });
    let explanation = Explanation::new(Document::Encryption, checks);
    OpenedToken { explanation, header, jws: content.into_jws().map(Into::into) }
}

/// With the keys that are here, each that fits. A login uses a decoy where one does not unwrap, so that its time
/// tells nothing; nobody measures it here.
fn open_here(
    token: &str,
    decryption: Decryption,
    limit: usize,
) -> Result<Wiped<Vec<u8>>, JoseError> {
    let mut jwe = match jose::open(Secret::new(token), decryption, limit)? {
        Opening::Opened(opened) => return opened,
        Opening::Wrapped(jwe) => jwe,
    };
    while let Some((key, encrypted_key)) = jwe.next_key() {
        let KeyHome::Here(key) = &key.home else { continue };
        let Some(unwrapped) = key.decrypt(jwe.algorithm(), &encrypted_key) else { continue };
        let no_decoy = [0; ContentEncryption::KEY];
        if unwrapped.len() == no_decoy.len()
            && let Ok(plaintext) = jwe.open(Some(&unwrapped), &no_decoy)
        {
            return Ok(plaintext);
        }
    }
    Err(jwe.if_none_opens())
}

pub(super) fn read(jws: &str, check: SignatureCheck<'_>) -> ReadToken {
    let mut token = SignedToken::new(jws, check);
    let explanation = Explanation::new(Document::Signature, token.explain());
    let (header, claims) = token.unverified();
    ReadToken { explanation, header: header.map(Map::from), claims: claims.map(Map::from) }
}

opaque!(OpenedToken);
opaque!(ReadToken);
