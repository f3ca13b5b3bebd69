use serde::Serialize;

use crate::{
    dialect::Dialect,
    error::{Error, MetadataError},
    jose::{self, ContentEncryption, KeyEncryption, Signer},
    provider::Provider,
    settings::protection::JwtProtection,
};

impl JwtProtection {
    /// Signs, and encrypts if that is the form: with the algorithm that the OP's key names, else
    /// RSA-OAEP-256 (V2) or RSA-OAEP (V1).
    pub(crate) fn make(
        self,
        claims: &impl Serialize,
        signer: Signer<'_>,
        (provider, dialect): (&Provider, Dialect),
        random: impl FnMut(&mut [u8]) -> Result<(), Error>,
    ) -> Result<String, Error> {
        let made = match self {
            Self::Signed => jose::sign(claims, signer),
            Self::Nested => {
                let to = provider.keys.encryption_key().ok_or(MetadataError::NoEncryptionKey)?;
                let default = match dialect {
                    Dialect::V1 => KeyEncryption::RsaOaep,
                    Dialect::V2 => KeyEncryption::RsaOaep256,
                };
                let enc = content_encryption(provider);
                jose::sign_then_encrypt(claims, signer, to, default, enc, random)?
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
