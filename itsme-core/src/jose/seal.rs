use zeroize::Zeroizing;

use super::{
    ContentEncryption, Direct, KeyEncryption, PublicKey, header::OwnHeader, jwe::assemble,
};

/// Who can decrypt the content.
pub(crate) enum SealTo<'a> {
    /// The holder of the private key.
    PublicKey(&'a PublicKey),
    /// Anyone who knows the client secret.
    Direct(&'a Direct),
}

/// Encrypts something that is not a JWT, such as a recording, as a compact JWE whose `typ` names it. `random`
/// fills a buffer, and its error is returned. Returns `Ok(None)` if OpenSSL fails or the key cannot encrypt.
pub(crate) fn seal<E>(
    plaintext: &[u8],
    typ: &str,
    to: &SealTo<'_>,
    mut random: impl FnMut(&mut [u8]) -> Result<(), E>,
) -> Result<Option<String>, E> {
    const ENC: ContentEncryption = ContentEncryption::A256Gcm;
    let mut iv = [0; 12];
    random(&mut iv)?;
    let (enc, cty) = (Some(ENC.name()), None);
    match to {
        SealTo::PublicKey(key) => {
            let mut content_key = Zeroizing::new([0; ContentEncryption::KEY]);
            random(&mut *content_key)?;
            let Some((alg, encrypted_key)) = key.wrap(KeyEncryption::RsaOaep256, &*content_key)
            else {
                return Ok(None);
            };
            let header = OwnHeader { alg: alg.name(), enc, cty, typ, kid: key.kid() };
            Ok(assemble(&header, &encrypted_key, (ENC, &content_key, &iv), plaintext))
        }
        SealTo::Direct(Direct(key)) => {
            let header = OwnHeader { alg: "dir", enc, cty, typ, kid: None };
            Ok(assemble(&header, &[], (ENC, key, &iv), plaintext))
        }
    }
}
