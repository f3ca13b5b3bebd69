use josekit::jwe::{JweEncrypter as _, JweHeader};
use serde_json::json;
use zeroize::Zeroizing;

use super::{
    ContentEncryption, OwnKey, PublicKey, base64url,
    content::Undecryptable,
    header::{Header, decode_part, malformed, parts},
    sha256,
};
use crate::error::TokenError;

/// How a content key travels under a public key (RFC 7518 §4.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(clippy::exhaustive_enums)]
pub enum KeyEncryption {
    /// `RSA-OAEP`: SHA-1 and MGF1 with SHA-1.
    RsaOaep,
    /// `RSA-OAEP-256`: SHA-256 and MGF1 with SHA-256.
    RsaOaep256,
}

impl KeyEncryption {
    /// By its name in the `alg` header.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::RsaOaep, Self::RsaOaep256].into_iter().find(|alg| alg.name() == name)
    }

    /// Its name in the `alg` header.
    pub fn name(self) -> &'static str {
        match self {
            Self::RsaOaep => "RSA-OAEP",
            Self::RsaOaep256 => "RSA-OAEP-256",
        }
    }
}

/// The content key that a client secret stands for: SHA-256 of its octets (OIDC Core §10.2).
pub struct Direct(Zeroizing<[u8; ContentEncryption::KEY]>);

impl Direct {
    /// From the client secret.
    #[allow(dead_code, reason = "the client secret method will use it; the vectors do")]
    pub fn from_secret(secret: &[u8]) -> Self {
        Self(Zeroizing::new(sha256(&[secret])))
    }
}

/// How tokens are encrypted to us: agreed beforehand, never read from the token.
#[derive(Clone, Copy)]
#[allow(clippy::exhaustive_enums)]
pub enum Decryption<'a> {
    /// RSA-OAEP or RSA-OAEP-256 to one of these, with A128CBC-HS256 or A256GCM.
    PrivateKeys(&'a [OwnKey]),
    /// `dir` with A256GCM.
    #[allow(dead_code, reason = "the client secret method will use it; the vectors do")]
    Direct(&'a Direct),
}

/// Decrypts a compact JWE (RFC 7516 §5.2). Everything that can be wrong with the encrypted parts
/// is one and the same error.
pub(super) fn decrypt(
    jwe: &str,
    decryption: Decryption<'_>,
) -> Result<Zeroizing<Vec<u8>>, TokenError> {
    let [protected, encrypted_key, iv, ciphertext, tag] =
        parts(jwe).map_err(|count| match count {
            3 => TokenError::NotEncrypted,
            _ => malformed("an encrypted token has five parts"),
        })?;
    let header = Header::parse(protected)?;
    let name = header.enc.as_deref().ok_or(malformed("an encrypted token's header has no enc"))?;
    let encryption = ContentEncryption::from_name(name);
    let enc =
        encryption.ok_or_else(|| TokenError::EncryptionAlgorithm { found: name.to_owned() })?;
    let [encrypted_key, iv, ciphertext, tag] = [
        decode_part(encrypted_key)?,
        decode_part(iv)?,
        decode_part(ciphertext)?,
        decode_part(tag)?,
    ];
    let open = |key: &[u8; ContentEncryption::KEY]| {
        enc.decrypt(key, &iv, protected.as_bytes(), &ciphertext, &tag)
    };
    match decryption {
        Decryption::PrivateKeys(keys) => {
            let alg = KeyEncryption::from_name(&header.alg)
                .ok_or(TokenError::EncryptionAlgorithm { found: header.alg })?;
            let fits = |own: &&OwnKey| header.kid.as_ref().is_none_or(|kid| *kid == own.kid);
            let mut candidates = keys.iter().filter(fits).peekable();
            if candidates.peek().is_none() {
                return Err(TokenError::UnknownDecryptionKey { kid: header.kid });
            }
            let attempt = |own: &OwnKey| open(&own.key.content_key(alg, &encrypted_key));
            candidates.find_map(|own| attempt(own).ok())
        }
        Decryption::Direct(key) => {
            if header.alg != "dir" || enc != ContentEncryption::A256Gcm {
                return Err(TokenError::EncryptionAlgorithm { found: header.alg });
            }
            if header.kid.is_some() {
                return Err(TokenError::Header { member: "kid" });
            }
            if encrypted_key.is_empty() { open(&key.0).ok() } else { None }
        }
    }
    .ok_or(Undecryptable)
    .map_err(|Undecryptable| TokenError::Decryption)
}

/// A compact JWE around `plaintext` for the holder of `to`: with the algorithm that the key names,
/// else `default`. `None` is a failure of OpenSSL, or a key that cannot encrypt.
pub fn encrypt(
    plaintext: &[u8],
    to: &PublicKey,
    default: KeyEncryption,
    enc: ContentEncryption,
    content_key: &[u8; ContentEncryption::KEY],
    iv: &[u8],
) -> Option<String> {
    let (alg, encrypter) = to.encrypter(default)?;
    let mut header = json!({ "alg": alg.name(), "enc": enc.name(), "cty": "JWT", "typ": "JWT" });
    if let Some(kid) = to.kid() {
        header["kid"] = kid.into();
    }
    let header = base64url(header.to_string());
    // The headers passed here are not read by RSA-OAEP.
    let (unread, mut unwritten) = (JweHeader::new(), JweHeader::new());
    let encrypted_key = encrypter.encrypt(content_key, &unread, &mut unwritten).ok()??;
    let (ciphertext, tag) = enc.encrypt(content_key, iv, header.as_bytes(), plaintext).ok()?;
    let parts = [base64url(encrypted_key), base64url(iv), base64url(ciphertext), base64url(tag)];
    Some(parts.iter().fold(header, |jwe, part| jwe + "." + part))
}
