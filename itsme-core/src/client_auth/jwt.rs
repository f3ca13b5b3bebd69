use serde::Serialize;

use super::parties::Parties;
use crate::{
    error::{Error, MetadataError},
    flow::machine::Context,
    jose::{self, ContentEncryption},
    provider::Provider,
    settings::protection::JwtProtection,
};

impl Parties {
    /// Signs, and encrypts if it is to be nested: with the algorithm that the OP's key names, else
    /// with the dialect's.
    pub(crate) fn make_jwt(
        &self,
        protection: JwtProtection,
        claims: &impl Serialize,
        cx: &mut Context<'_>,
    ) -> Result<String, Error> {
        let (settings, provider) = (&self.client.settings, &self.provider);
        let signer = settings.credentials.signer();
        let made = match protection {
            JwtProtection::Signed => jose::sign(claims, signer),
            JwtProtection::Nested => {
                let Some(to) = provider.keys.encryption_key() else {
                    self.client.provider.cache.suspect();
                    return Err(MetadataError::NoEncryptionKey.into());
                };
                let alg = settings.dialect().habits().key_encryption;
                let enc = content_encryption(provider);
                jose::sign_then_encrypt(claims, signer, to, alg, enc, |buf| cx.fill(buf))?
            }
        };
        made.ok_or(Error::Crypto("sign or encrypt a token"))
    }
}

/// A128CBC-HS256, unless the OP says that it reads A256GCM and not that.
fn content_encryption(provider: &Provider) -> ContentEncryption {
    let advertised = &provider.metadata.request_object_encryption_enc_values_supported;
    let reads = |enc: ContentEncryption| advertised.iter().any(|name| name == enc.name());
    if reads(ContentEncryption::A256Gcm) && !reads(ContentEncryption::A128CbcHs256) {
        return ContentEncryption::A256Gcm;
    }
    ContentEncryption::A128CbcHs256
}
