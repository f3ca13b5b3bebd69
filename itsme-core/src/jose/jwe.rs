use std::{mem, sync::Arc};

use zeroize::Zeroizing;

use super::{
    ContentEncryption, JoseError, OwnKey, PublicKey, base64url_append,
    content::Undecryptable,
    header::OwnHeader,
    jwe_checks::{Decoded, SealedToken},
    sha256,
};
use crate::ground::{check::Subject, secret::Secret, wiped::Wiped};

/// How a content key is encrypted to a public key (RFC 7518 §4.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(clippy::exhaustive_enums)]
pub enum KeyEncryption {
    /// `RSA-OAEP`: SHA-1 and MGF1 with SHA-1.
    RsaOaep,
    /// `RSA-OAEP-256`: SHA-256 and MGF1 with SHA-256.
    RsaOaep256,
}

impl KeyEncryption {
    /// Finds the algorithm by its name in the `alg` header.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::RsaOaep, Self::RsaOaep256].into_iter().find(|alg| alg.name() == name)
    }

    /// The name in the `alg` header.
    pub fn name(self) -> &'static str {
        match self {
            Self::RsaOaep => "RSA-OAEP",
            Self::RsaOaep256 => "RSA-OAEP-256",
        }
    }
}

/// The content key derived from a client secret: the SHA-256 of its bytes (OIDC Core §10.2).
pub struct Direct(pub(super) Zeroizing<[u8; ContentEncryption::KEY]>);

impl Direct {
    /// Derives the content key from the client secret.
    pub fn from_secret(secret: &[u8]) -> Self {
        Self(Zeroizing::new(sha256(&[secret])))
    }
}

/// How tokens are encrypted for us. This is agreed upon in advance and never read from the token. While a key or a
/// secret is being replaced, there are two.
#[derive(Clone)]
#[allow(clippy::exhaustive_enums)]
pub enum Decryption {
    /// With RSA-OAEP or RSA-OAEP-256 to one of these, and A128CBC-HS256 or A256GCM.
    PrivateKeys(Vec<Arc<OwnKey>>),
    /// With `dir` and A256GCM.
    Direct(Vec<Arc<Direct>>),
}

/// A compact JWE (RFC 7516 §5.2), as far as it can be opened without a private key.
pub enum Opening {
    /// The token was opened with the shared secret, or the secret is wrong.
    Opened(Result<Wiped<Vec<u8>>, JoseError>),
    /// A private key must decrypt its content key.
    Wrapped(Box<WrappedJwe>),
}

/// A JWE with an encrypted content key.
pub struct WrappedJwe {
    sealed: SealedContent,
    alg: KeyEncryption,
    encrypted_key: Vec<u8>,
    /// The candidate keys that have not been tried yet. The last one is tried next.
    untried: Vec<Arc<OwnKey>>,
    /// The error if none of them opens it.
    if_none_opens: JoseError,
}

/// The content of a JWE, with its header and how it is encrypted.
struct SealedContent {
    enc: ContentEncryption,
    token: Secret,
    /// The length of the header in the token.
    protected: usize,
    iv: Vec<u8>,
    ciphertext: Vec<u8>,
    tag: Vec<u8>,
}

/// Starts opening a nested JWT (RFC 7519 §5.2). Any fault in the encrypted parts results in the same
/// [`JoseError::Decryption`], whether the padding, the tag or a length is wrong.
pub fn open(jwe: Secret, decryption: Decryption, limit: usize) -> Result<Opening, JoseError> {
    let mut token = SealedToken::new(jwe.expose(), decryption, limit);
    token.verify()?;
    let alg = token.wrapping();
    let SealedToken { enc, decoded, decryption, if_none_opens, .. } = token;
    let (Some(enc), Some(decoded)) = (enc, decoded) else { return Err(JoseError::Decryption) };
    let Decoded { protected, encrypted_key, iv, ciphertext, tag } = decoded;
    let sealed = SealedContent { enc, token: jwe, protected, iv, ciphertext, tag };
    match decryption {
        Decryption::PrivateKeys(mut untried) => {
            let alg = alg.ok_or(JoseError::Decryption)?;
            untried.reverse();
            let jwe = WrappedJwe { sealed, alg, encrypted_key, untried, if_none_opens };
            Ok(Opening::Wrapped(Box::new(jwe)))
        }
        Decryption::Direct(keys) => {
            let opened = keys.iter().find_map(|key| sealed.open(&key.0).ok());
            Ok(Opening::Opened(opened.ok_or(JoseError::Decryption)))
        }
    }
}

impl WrappedJwe {
    /// How the content key is encrypted.
    pub fn algorithm(&self) -> KeyEncryption {
        self.alg
    }

    /// The next key to try, and what it must decrypt. Each key is tried once.
    pub fn next_key(&mut self) -> Option<(Arc<OwnKey>, Vec<u8>)> {
        let key = self.untried.pop()?;
        let last = self.untried.is_empty();
        let encrypted_key =
            if last { mem::take(&mut self.encrypted_key) } else { self.encrypted_key.clone() };
        Some((key, encrypted_key))
    }

    /// The error to report once no key is left.
    pub fn if_none_opens(self) -> JoseError {
        self.if_none_opens
    }

    /// Decrypts the content with the decrypted content key. If there is none, uses `decoy`, which never matches,
    /// because the sender must not learn whether the RSA layer was valid (RFC 7516 §11.5).
    pub fn open(
        &self,
        unwrapped: Option<&[u8]>,
        decoy: &[u8; ContentEncryption::KEY],
    ) -> Result<Wiped<Vec<u8>>, Undecryptable> {
        let mut key = Zeroizing::new(*decoy);
        if let Some(unwrapped) = unwrapped
            && unwrapped.len() == key.len()
        {
            key.copy_from_slice(unwrapped);
        }
        self.sealed.open(&key)
    }
}

impl SealedContent {
    fn open(&self, key: &[u8; ContentEncryption::KEY]) -> Result<Wiped<Vec<u8>>, Undecryptable> {
        let protected = &self.token.expose().as_bytes()[..self.protected];
        self.enc.decrypt(key, &self.iv, protected, &self.ciphertext, &self.tag)
    }
}

/// Creates a compact JWE of `plaintext` for the holder of `to`, with the algorithm in the key's `alg`, or else with
/// `default`. Returns `None` if OpenSSL fails or the key cannot encrypt.
pub fn encrypt(
    plaintext: &[u8],
    to: &PublicKey,
    default: KeyEncryption,
    enc: ContentEncryption,
    content_key: &[u8; ContentEncryption::KEY],
    iv: &[u8],
) -> Option<String> {
    let (alg, encrypted_key) = to.wrap(default, content_key)?;
    let (alg, enc_name, kid) = (alg.name(), Some(enc.name()), to.kid());
    let header = OwnHeader { alg, enc: enc_name, cty: Some("JWT"), typ: "JWT", kid };
    assemble(&header, &encrypted_key, (enc, content_key, iv), plaintext)
}

/// Assembles the five parts of a compact JWE (RFC 7516 §3.1).
pub(super) fn assemble(
    header: &OwnHeader<'_>,
    encrypted_key: &[u8],
    (enc, content_key, iv): (ContentEncryption, &[u8; ContentEncryption::KEY], &[u8]),
    plaintext: &[u8],
) -> Option<String> {
    let header = serde_json::to_vec(header).ok()?;
    // Includes the dots, the IV, the padding and the tag.
    let length = (header.len() + encrypted_key.len() + plaintext.len() + 64) * 4 / 3;
    let mut jwe = Vec::with_capacity(length);
    base64url_append(header, &mut jwe);
    let (ciphertext, tag) = enc.encrypt(content_key, iv, &jwe, plaintext).ok()?;
    for part in [encrypted_key, iv, &ciphertext, &tag] {
        jwe.push(b'.');
        base64url_append(part, &mut jwe);
    }
    String::from_utf8(jwe).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::{
        jose::{KeyHome, KeySet, MAX_TOKEN, base64url},
        settings::private_keys::PrivateKeys,
    };

    const CBC: ContentEncryption = ContentEncryption::A128CbcHs256;
    const GCM: ContentEncryption = ContentEncryption::A256Gcm;

    fn keys() -> (PrivateKeys, KeySet) {
        let vectors = include_str!("../../tests/fixtures/tokens.json");
        let vectors: Value = serde_json::from_str(vectors).expect("JSON");
        let own = PrivateKeys::from_json(&vectors["rp_private_jwks"].to_string()).expect("keys");
        let public = KeySet::parse(own.public_jwks().as_bytes()).expect("keys");
        (own, public)
    }

    /// Decrypts with local keys.
    fn decrypt(jwe: &str, decryption: &Decryption) -> Result<Vec<u8>, JoseError> {
        let mut jwe = match open(Secret::new(jwe), decryption.clone(), MAX_TOKEN)? {
            Opening::Opened(opened) => return opened.map(|plaintext| plaintext.to_vec()),
            Opening::Wrapped(jwe) => jwe,
        };
        let (key, encrypted_key) = jwe.next_key().expect("a key fits");
        let KeyHome::Here(key) = &key.home else { panic!("it is here") };
        let unwrapped = key.decrypt(jwe.algorithm(), &encrypted_key);
        let opened = jwe.open(unwrapped.as_ref().map(|key| key.as_slice()), &[1; 32]);
        opened.map(|plaintext| plaintext.to_vec()).map_err(|_| JoseError::Decryption)
    }

    fn only_key(keys: &PrivateKeys) -> Decryption {
        Decryption::PrivateKeys(keys.decryption_keys()[..1].to_vec())
    }

    /// A JWE with a content key of any length, of which the first 32 bytes are used.
    fn sealed(to: &PublicKey, content_key: &[u8], encrypted_key: Option<&[u8]>) -> String {
        let header = base64url(r#"{"alg":"RSA-OAEP-256","enc":"A128CBC-HS256"}"#);
        let (_, made) = to.wrap(KeyEncryption::RsaOaep256, content_key).expect("encrypts");
        let encrypted_key = encrypted_key.unwrap_or(&made);
        let mut used = [0; 32];
        let length = content_key.len().min(32);
        used[..length].copy_from_slice(&content_key[..length]);
        let sealed = CBC.encrypt(&used, &[9; 16], header.as_bytes(), b"text").expect("encrypts");
        let parts = [encrypted_key, &[9; 16], &sealed.0, &sealed.1].map(base64url);
        format!("{header}.{}", parts.join("."))
    }

    /// Anyone who has our public key can send a content key of any length.
    #[test]
    fn a_content_key_of_another_length_is_refused_without_panic() {
        let (own, public) = keys();
        let to = public.encryption_key().expect("a key");
        let decryption = only_key(&own);
        assert!(decrypt(&sealed(to, &[7; 32], None), &decryption).is_ok());
        for length in [0, 1, 16, 31, 33, 64, 190] {
            let jwe = sealed(to, &vec![7; length], None);
            assert_eq!(decrypt(&jwe, &decryption), Err(JoseError::Decryption), "{length}");
        }
    }

    /// OpenSSL would accept an encrypted key without its leading zero byte.
    #[test]
    fn an_encrypted_key_is_as_long_as_the_modulus() {
        let (own, public) = keys();
        let to = public.encryption_key().expect("a key");
        let decryption = only_key(&own);
        let with_zero = (0..20_000).find_map(|_| {
            let (_, key) = to.wrap(KeyEncryption::RsaOaep256, &[7; 32])?;
            (key[0] == 0).then_some(key)
        });
        let with_zero = with_zero.expect("one in 256 starts with zero");
        assert!(decrypt(&sealed(to, &[7; 32], Some(&with_zero)), &decryption).is_ok());
        for changed in [&with_zero[1..], &[&[0], &with_zero[..]].concat(), &[]] {
            let jwe = sealed(to, &[7; 32], Some(changed));
            assert_eq!(decrypt(&jwe, &decryption), Err(JoseError::Decryption));
        }
    }

    #[test]
    fn direct_tokens_keep_to_what_was_agreed() {
        let direct = Decryption::Direct(vec![Arc::new(Direct::from_secret(b"secret"))]);
        let key = sha256(&[b"secret"]);
        let judge = |header: &str, enc: ContentEncryption, encrypted_key: &str| {
            let header = base64url(header);
            let iv = vec![9; enc.iv()];
            let (text, tag) = enc.encrypt(&key, &iv, header.as_bytes(), b"text").expect("encrypts");
            let [iv, text, tag] = [iv, text, tag.to_vec()].map(base64url);
            let jwe = format!("{header}.{encrypted_key}.{iv}.{text}.{tag}");
            decrypt(&jwe, &direct)
        };
        let found = |found: &str| Err(JoseError::EncryptionAlgorithm { found: found.to_owned() });
        assert_eq!(judge(r#"{"alg":"dir","enc":"A256GCM"}"#, GCM, ""), Ok(b"text".to_vec()));
        let with_cty = r#"{"alg":"dir","enc":"A256GCM","cty":"jwt"}"#;
        assert_eq!(judge(with_cty, GCM, ""), Ok(b"text".to_vec()));
        let cbc = r#"{"alg":"dir","enc":"A128CBC-HS256"}"#;
        assert_eq!(judge(cbc, CBC, ""), found("A128CBC-HS256"));
        let rsa = r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#;
        assert_eq!(judge(rsa, GCM, ""), found("RSA-OAEP"));
        let kid = r#"{"alg":"dir","enc":"A256GCM","kid":"x"}"#;
        assert_eq!(judge(kid, GCM, ""), Ok(b"text".to_vec()));
        let key = r#"{"alg":"dir","enc":"A256GCM"}"#;
        assert_eq!(judge(key, GCM, "AAAA"), Err(JoseError::Decryption));
    }
}
