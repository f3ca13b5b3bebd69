use serde::Serialize;
use zeroize::Zeroizing;

use super::{
    ContentEncryption, Decryption, JoseError, KeyEncryption, PublicKey, SignatureCheck, Signer,
    Verified, jwe, jws,
};

/// The largest token that is looked at, in characters, unless a photo can be in it.
pub const MAX_TOKEN: usize = 64 * 1024;

/// Decrypts a nested JWT (RFC 7519 §5.2) to the JWS inside, of which nothing is known yet.
pub fn open(
    token: &str,
    decryption: Decryption<'_>,
    limit: usize,
) -> Result<Zeroizing<String>, JoseError> {
    if token.len() > limit {
        return Err(JoseError::TooLarge { limit });
    }
    let mut plaintext = jwe::decrypt(token, decryption)?;
    match String::from_utf8(std::mem::take(&mut *plaintext)) {
        Ok(inner) => Ok(Zeroizing::new(inner)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(JoseError::NotSigned)
        }
    }
}

/// Verifies the JWS that [`open`] gave.
pub fn verify(inner: &str, check: SignatureCheck<'_>) -> Result<Verified, JoseError> {
    jws::verify(inner, check)
}

/// Signs claims, then encrypts the JWS to `to`. `random` fills a buffer; its error is passed on.
/// `Ok(None)` is a failure of OpenSSL, or a key that cannot encrypt.
pub fn sign_then_encrypt<E>(
    claims: &impl Serialize,
    signer: Signer<'_>,
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
    let Some(jws) = jws::sign(claims, signer) else { return Ok(None) };
    Ok(jwe::encrypt(jws.as_bytes(), to, default, enc, &content_key, iv))
}
