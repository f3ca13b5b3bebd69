use zeroize::Zeroizing;

use super::{ContentEncryption, JoseError, KeyEncryption, PublicKey, jwe, jwe_checks::Content};
use crate::ground::{check::Subject, wiped::Wiped};

/// The largest token that is looked at, in characters, unless a photo can be in it.
pub const MAX_TOKEN: usize = 64 * 1024;

/// What was in a nested JWT: a JWS, of which nothing is known yet; or why none of our keys opened it.
pub fn inner(opened: Result<Wiped<Vec<u8>>, JoseError>) -> Result<Wiped<String>, JoseError> {
    let mut content = Content::new(opened);
    content.verify()?;
    content.into_jws().ok_or(JoseError::NotSigned)
}

/// Encrypts a JWS to `to`. `random` fills a buffer; its error is passed on.
/// `Ok(None)` is a failure of OpenSSL, or a key that cannot encrypt.
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
