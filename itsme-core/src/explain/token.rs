use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{
    document::{Document, Explanation},
    explainer::Explainer,
};
use crate::{
    ground::{check::Subject, opaque::opaque, secret::Secret, wiped::Wiped},
    jose::{
        self, ContentEncryption, Decryption, JoseError, KeyHome, Opening, SignatureCheck,
        jwe_checks::{Content, SealedToken},
        jws_checks::SignedToken,
    },
};

/// The outer layer of a token, with its content.
#[non_exhaustive]
pub struct OpenedToken {
    /// The checks on the JWE and on its decrypted content.
    pub explanation: Explanation,
    /// The protected header, if it can be read.
    pub header: Option<Map<String, Value>>,
    /// The content, if the token could be decrypted. It is a JWS that contains personal data.
    pub jws: Option<Zeroizing<String>>,
}

/// The inner layer of a token, with its claims.
#[non_exhaustive]
pub struct ReadToken {
    /// The checks on the JWS.
    pub explanation: Explanation,
    /// The protected header, if it can be read.
    pub header: Option<Map<String, Value>>,
    claims: Option<Map<String, Value>>,
}

/// Claims that reveal nothing about the user.
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
    /// The claims, even if the signature is not valid, with `…` in place of every value that may be about the user.
    /// `None` if the claims cannot be parsed.
    pub fn claims(&self) -> Option<Map<String, Value>> {
        let hidden = |(name, value): (&String, &Value)| {
            let is_shown = OF_THE_TOKEN.contains(&name.as_str());
            (name.clone(), if is_shown { value.clone() } else { "…".into() })
        };
        Some(self.claims.as_ref()?.iter().map(hidden).collect())
    }

    /// The claims with all their values, which are personal data, **even if the signature is not valid**. Use them only
    /// for inspection and for [`Explainer::id_token`](super::Explainer::id_token), never to log a user in.
    pub fn reveal_claims(&self) -> Option<&Map<String, Value>> {
        self.claims.as_ref()
    }
}

impl Explainer<'_> {
    /// Explains both layers of a token as received from the OP, as far as they can be read. Returns the claims if
    /// they can be parsed.
    pub(crate) fn layers(
        &self,
        token: &str,
        explained: &mut Vec<Explanation>,
    ) -> Option<Map<String, Value>> {
        let opened = self.encrypted_token(token);
        explained.push(opened.explanation);
        let read = self.signed_token(&opened.jws?);
        explained.push(read.explanation);
        read.claims
    }
}

/// `unwrapped` has the content encryption keys that external keys decrypted from the token, if they are known.
pub(super) fn open(
    token: &str,
    decryption: Decryption,
    limit: usize,
    unwrapped: Option<&[Zeroizing<Vec<u8>>]>,
) -> OpenedToken {
    let mut sealed = SealedToken::new(token, decryption.clone(), limit);
    let mut checks = sealed.explain();
    let header = sealed.header().cloned().map(Map::from);
    let is_sound = !checks.iter().any(|report| report.is_failed());
    let opened = is_sound.then(|| open_here(token, decryption, limit, unwrapped)).flatten();
    let mut content = opened.map(Content::new);
    checks.extend(content.as_mut().map_or_else(Content::explain_absence, Content::explain));
    let explanation = Explanation::new(Document::Encryption, checks);
    let jws = content.and_then(Content::into_jws).map(Into::into);
    OpenedToken { explanation, header, jws }
}

/// Decrypts a token with the matching local keys. `None` if external keys would be needed. If no key can decrypt the
/// token, a login continues with a decoy key, so that timing reveals nothing; this is not necessary here, because no
/// attacker can measure the time.
fn open_here(
    token: &str,
    decryption: Decryption,
    limit: usize,
    unwrapped: Option<&[Zeroizing<Vec<u8>>]>,
) -> Option<Result<Wiped<Vec<u8>>, JoseError>> {
    let mut jwe = match jose::open(Secret::new(token), decryption, limit) {
        Ok(Opening::Wrapped(jwe)) => jwe,
        Ok(Opening::Opened(opened)) => return Some(opened),
        Err(error) => return Some(Err(error)),
    };
    let no_decoy = [0; ContentEncryption::KEY];
    let mut keys = unwrapped.unwrap_or_default().to_vec();
    let mut are_all_here = true;
    while let Some((key, encrypted_key)) = jwe.next_key() {
        match &key.home {
            KeyHome::Here(key) => keys.extend(key.decrypt(jwe.algorithm(), &encrypted_key)),
            KeyHome::Outside(_) => are_all_here = unwrapped.is_some(),
        }
    }
    let fitting = keys.iter().filter(|key| key.len() == no_decoy.len());
    match fitting.into_iter().find_map(|key| jwe.open(Some(key), &no_decoy).ok()) {
        Some(plaintext) => Some(Ok(plaintext)),
        None => are_all_here.then(|| Err(jwe.if_none_opens())),
    }
}

pub(super) fn read(jws: &str, check: SignatureCheck<'_>) -> ReadToken {
    let mut token = SignedToken::new(jws, check);
    let explanation = Explanation::new(Document::Signature, token.explain());
    let (header, claims) = token.unverified();
    ReadToken { explanation, header: header.map(Map::from), claims: claims.map(Map::from) }
}

opaque!(OpenedToken);
opaque!(ReadToken);
