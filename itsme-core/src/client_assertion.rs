use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    error::{Error, MetadataError},
    jose::{self, ContentEncryption, KeyEncryption, OwnKey},
    provider::Provider,
    time::UnixTime,
};

const LIFETIME: Duration = Duration::from_secs(300);

/// How the client proves who it is: `private_key_jwt` (OIDC Core §9, RFC 7523), in two forms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAssertion {
    /// Signed with our key, then encrypted to the OP's. itsme takes it and once insisted on it.
    #[default]
    SignedThenEncrypted,
    /// Signed with our key only, for OPs that take no encrypted ones.
    Signed,
}

/// The claims of an assertion for `audience` (itsme: token request). The five minutes are for
/// clocks that differ; each attempt has a `jti` of its own.
pub(crate) fn claims(client_id: &str, audience: &str, jti: String, now: UnixTime) -> Value {
    json!({
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": jti,
        "iat": now.as_secs(),
        "exp": now.after(LIFETIME).as_secs(),
    })
}

impl ClientAssertion {
    /// Signs, and encrypts if that is the form.
    pub(crate) fn make(
        self,
        claims: &Value,
        signer: &OwnKey,
        provider: &Provider,
        random: impl FnMut(&mut [u8]) -> Result<(), Error>,
    ) -> Result<String, Error> {
        let made = match self {
            Self::Signed => jose::sign(claims, &signer.key, &signer.kid),
            Self::SignedThenEncrypted => {
                let to = provider.keys.encryption_key().ok_or(MetadataError::NoEncryptionKey)?;
                let enc = content_encryption(provider);
                let default = KeyEncryption::RsaOaep256;
                jose::sign_then_encrypt(claims, signer, to, default, enc, random)?
            }
        };
        made.ok_or(Error::Crypto("sign or encrypt the client assertion"))
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
