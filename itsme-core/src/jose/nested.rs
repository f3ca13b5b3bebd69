use zeroize::Zeroizing;

use super::{
    ContentEncryption, Decryption, JoseError, KeyEncryption, Opening, PublicKey, SignatureCheck,
    Verified, jwe, jws,
};
use crate::ground::secret::Secret;

/// The largest token that is looked at, in characters, unless a photo can be in it.
pub const MAX_TOKEN: usize = 64 * 1024;

/// Begins to open a nested JWT (RFC 7519 §5.2).
pub fn open(token: Secret, decryption: Decryption, limit: usize) -> Result<Opening, JoseError> {
    if token.expose().len() > limit {
        return Err(JoseError::TooLarge { limit });
    }
    jwe::open(token, decryption)
}

/// What was in a nested JWT: a JWS, of which nothing is known yet.
pub fn inner(mut plaintext: Zeroizing<Vec<u8>>) -> Result<Zeroizing<String>, JoseError> {
    match String::from_utf8(std::mem::take(&mut *plaintext)) {
        Ok(inner) => Ok(Zeroizing::new(inner)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(JoseError::NotSigned)
        }
    }
}

/// Verifies the JWS that was in a nested JWT.
pub fn verify(inner: &str, check: SignatureCheck<'_>) -> Result<Verified, JoseError> {
    jws::verify(inner, check)
}

/// Encrypts a JWS to `to`. `random` fills a buffer; its error is passed on.
/// `Ok(None)` is a failure of OpenSSL, or a key that cannot encrypt.
pub fn encrypt_jws<E>(
    jws: &str,
    to: &PublicKey,
    default: KeyEncryption,
    enc: ContentEncryption,
    mut random: impl FnMut(&mut [u8]) -> Result<(), E>,
) -> Result<Option<String>, E> {
    let mut content_key = Zeroizing::new([0; ContentEncryption::KEY]);
    let mut iv = [0; 16];
    let iv = &mut iv[..enc.iv()];
    random(&mut *content_key)?;
    random(iv)?;
    Ok(jwe::encrypt(jws.as_bytes(), to, default, enc, &content_key, iv))
}
