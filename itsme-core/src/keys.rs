use std::{fmt, sync::Arc};

use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::{
    Response,
    jose::{OwnKey, PrivateJwk, RsaKeyFault, RsaPrivateKey},
};

/// Our own private keys, parsed and checked once (itsme: keys).
///
/// Made from a private JWK set (RFC 7517 §5) with at least one RSA key for `"use": "sig"` and one
/// for `"use": "enc"`, each of 2048 bits or more and with a `kid` of its own. The order matters,
/// so that keys can be rotated without a pause:
///
/// * the first `sig` key signs; all of them are published;
/// * the first `enc` key is published; the later ones only decrypt, for the day or so that the
///   OP goes on encrypting to the key it knows.
///
/// `Clone` is cheap. `Debug` shows the names of the keys and nothing else.
#[derive(Clone)]
pub struct PrivateKeys(Arc<Keys>);

struct Keys {
    signing: Vec<OwnKey>,
    decryption: Vec<OwnKey>,
    published: Value,
}

/// Why a private key file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeysError {
    /// There is no text.
    #[error("the file is empty")]
    Empty,
    /// The text is not JSON, or not a JWK set.
    #[error("the file is not a JWK set, a JSON object with an array `keys`: {0}")]
    NotAKeySet(String),
    /// One key of the set is of no use. It is named, so that it can be mended or taken out.
    #[error("{key}: {fault}")]
    Key {
        /// Its place in the file and its `kid`.
        key: String,
        /// What is wrong with it.
        fault: KeyFault,
    },
    /// There is no key with `"use": "sig"`.
    #[error("there is no key with \"use\":\"sig\"; it signs what is sent to itsme")]
    NoSigningKey,
    /// There is no key with `"use": "enc"`.
    #[error("there is no key with \"use\":\"enc\"; itsme encrypts its answers to it")]
    NoEncryptionKey,
}

/// What is wrong with one key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyFault {
    /// No `kid`, or an empty one.
    #[error("it has no `kid`")]
    NoKid,
    /// Another key has the same `kid`.
    #[error("an earlier key has the same `kid`")]
    SameKid,
    /// `kty` is not `RSA`.
    #[error("its `kty` must be RSA")]
    KeyType,
    /// `use` is neither `sig` nor `enc`.
    #[error("its `use` must be sig or enc")]
    Use,
    /// `alg` does not go with `use`.
    #[error("its `alg` must be {0}, or left out")]
    Algorithm(&'static str),
    /// The numbers of the key.
    #[error(transparent)]
    Rsa(#[from] RsaKeyFault),
}

#[derive(Deserialize)]
struct KeyFile {
    keys: Vec<PrivateJwk>,
}

impl PrivateKeys {
    /// Reads the text of a private JWK set file.
    ///
    /// This checks every key, which takes some 40 ms a key: do it once, at the start.
    ///
    /// # Errors
    /// [`KeysError`] says which key cannot be used and why; a set with one bad key is refused whole.
    pub fn from_json(text: &str) -> Result<Self, KeysError> {
        if text.trim().is_empty() {
            return Err(KeysError::Empty);
        }
        if text.trim_start().starts_with("-----BEGIN") {
            let why = "it is PEM; convert each key to a JWK with `use` and `kid`";
            return Err(KeysError::NotAKeySet(why.to_owned()));
        }
        let file: KeyFile = serde_json::from_str(text).map_err(|error| not_a_key_set(&error))?;
        let (mut signing, mut decryption, mut published) = (Vec::new(), Vec::new(), Vec::new());
        let mut kids: Vec<String> = Vec::new();
        for (place, jwk) in file.keys.iter().enumerate() {
            let named = |kid: &str| match kid {
                "" => format!("key {}", place + 1),
                kid => format!("key {} (kid {kid:?})", place + 1),
            };
            let kid = jwk.kid.clone().unwrap_or_default();
            let (usage, public, key) =
                read(jwk, &kids).map_err(|fault| KeysError::Key { key: named(&kid), fault })?;
            kids.push(kid.clone());
            if usage == Usage::Signature || decryption.is_empty() {
                published.push(public);
            }
            let role = match usage {
                Usage::Signature => &mut signing,
                Usage::Encryption => &mut decryption,
            };
            role.push(OwnKey { kid, key });
        }
        if signing.is_empty() {
            return Err(KeysError::NoSigningKey);
        }
        if decryption.is_empty() {
            return Err(KeysError::NoEncryptionKey);
        }
        let published = json!({ "keys": published });
        Ok(Self(Arc::new(Keys { signing, decryption, published })))
    }

    /// The public JWK set, as text to print, send to itsme or put on a web server: every signing
    /// key and the first encryption key.
    pub fn public_jwks(&self) -> String {
        format!("{:#}\n", self.0.published)
    }

    /// The response that serves [`public_jwks`](Self::public_jwks) at the address registered with
    /// itsme. It may be cached for an hour; itsme wants 30 minutes at least, and the answer within
    /// a second (itsme: keys).
    pub fn public_jwks_response(&self) -> Response {
        let mut response = Response::new(self.0.published.to_string().into_bytes());
        for (name, value) in [
            (http::header::CONTENT_TYPE, "application/json"),
            (http::header::CACHE_CONTROL, "public, max-age=3600"),
        ] {
            response.headers_mut().insert(name, http::HeaderValue::from_static(value));
        }
        response
    }

    /// The key that signs.
    pub(crate) fn signing_key(&self) -> &OwnKey {
        self.0.signing.first().expect("a set without a signing key is refused")
    }

    /// The keys that decrypt.
    pub(crate) fn decryption_keys(&self) -> &[OwnKey] {
        &self.0.decryption
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Usage {
    Signature,
    Encryption,
}

fn read(jwk: &PrivateJwk, earlier: &[String]) -> Result<(Usage, Value, RsaPrivateKey), KeyFault> {
    let kid = jwk.kid.as_deref().filter(|kid| !kid.is_empty()).ok_or(KeyFault::NoKid)?;
    if earlier.iter().any(|other| other == kid) {
        return Err(KeyFault::SameKid);
    }
    if jwk.kty.as_deref() != Some("RSA") {
        return Err(KeyFault::KeyType);
    }
    let alg = jwk.alg.as_deref();
    let usage = match jwk.usage.as_deref() {
        Some("sig") if matches!(alg, None | Some("RS256")) => Usage::Signature,
        Some("sig") => return Err(KeyFault::Algorithm("RS256")),
        Some("enc") if matches!(alg, None | Some("RSA-OAEP" | "RSA-OAEP-256")) => Usage::Encryption,
        Some("enc") => return Err(KeyFault::Algorithm("RSA-OAEP or RSA-OAEP-256")),
        _ => return Err(KeyFault::Use),
    };
    let key = RsaPrivateKey::from_jwk(jwk)?;
    let mut public = json!({ "kty": "RSA", "use": jwk.usage, "kid": kid });
    if let Some(alg) = alg.or((usage == Usage::Signature).then_some("RS256")) {
        public["alg"] = alg.into();
    }
    public["n"] = key.n().into();
    public["e"] = key.e().into();
    Ok((usage, public, key))
}

/// Says where, and not what: serde_json's own errors can quote a private number.
fn not_a_key_set(error: &serde_json::Error) -> KeysError {
    let kind = match error.classify() {
        serde_json::error::Category::Data => "a member is missing or of the wrong type",
        serde_json::error::Category::Eof => "the text ends too early",
        _ => "a syntax error",
    };
    let (line, column) = (error.line(), error.column());
    KeysError::NotAKeySet(format!("{kind} (line {line}, column {column})"))
}

impl fmt::Debug for PrivateKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids = |keys: &[OwnKey]| keys.iter().map(|key| key.kid.clone()).collect::<Vec<_>>();
        f.debug_struct("PrivateKeys")
            .field("signing", &kids(&self.0.signing))
            .field("decryption", &kids(&self.0.decryption))
            .finish_non_exhaustive()
    }
}
