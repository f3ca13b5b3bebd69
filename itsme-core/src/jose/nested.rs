use zeroize::Zeroizing;

use super::{ContentEncryption, JoseError, KeyEncryption, PublicKey, jwe, jwe_checks::Content};
use crate::ground::{check::Subject, wiped::Wiped};

/// The maximum length of a token in characters, unless it may contain a photo.
pub const MAX_TOKEN: usize = 64 * 1024;

/// The content of a nested JWT: a JWS that is not yet verified, or the reason why none of our keys could open it.
pub fn inner(opened: Result<Wiped<Vec<u8>>, JoseError>) -> Result<Wiped<String>, JoseError> {
    let mut content = Content::new(opened);
    content.verify()?;
    content.into_jws().ok_or(JoseError::NotSigned)
}

/// Encrypts a JWS to `to`. `random` fills a buffer, and its error is returned. Returns `Ok(None)` if
/// OpenSSL fails or the key cannot encrypt.
pub fn encrypt_jws<E>(
    jws: &[u8],
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
    Ok(jwe::encrypt(jws, to, default, enc, &content_key, iv))
}
