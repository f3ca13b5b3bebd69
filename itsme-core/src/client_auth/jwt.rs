use std::sync::Arc;

use serde::Serialize;

use super::parties::Parties;
use crate::{
    error::{Error, MetadataError},
    flow::{
        key_operation::{Ask, KeyUsed},
        machine::{Context, Event, Machine, Next},
    },
    ground::{check::Subject, wiped::Wiped},
    jose::{
        self, ContentEncryption, KeyEncryption, OwnKey, PublicKey, Signer, UnsignedJws, hmac_sha256,
    },
    provider::{Provider, published_keys::EncryptionKey},
    settings::protection::JwtProtection,
};

/// Creates a JWT that the client sends. The JWT is signed and, if it is to be nested, then encrypted to the OP.
pub(crate) struct MakeJwt {
    state: State,
    seal: Option<Seal>,
}

enum State {
    Unsigned(Arc<OwnKey>, UnsignedJws),
    Asked,
    Signed(Wiped<Vec<u8>>),
}

/// How a JWS is encrypted.
pub(crate) struct Seal {
    pub(crate) to: Arc<PublicKey>,
    /// The algorithm to use if the key does not name one.
    pub(crate) default: KeyEncryption,
    pub(crate) enc: ContentEncryption,
}

impl Parties {
    /// Prepares a JWT. A nested JWT is encrypted with the algorithm that the OP's key names, or with the
    /// dialect's default algorithm if the key does not name one.
    pub(crate) fn make_jwt(
        &self,
        protection: JwtProtection,
        typ: &str,
        claims: &impl Serialize,
    ) -> Result<MakeJwt, Error> {
        let seal = match protection {
            JwtProtection::Signed => None,
            JwtProtection::Nested => Some(Seal {
                to: Arc::clone(self.encryption_key()?),
                default: self.client.settings.dialect().habits().key_encryption,
                enc: content_encryption(&self.provider),
            }),
        };
        let credentials = self.client.settings.keyring.current();
        let signer = credentials.signer();
        let jws = UnsignedJws::new(typ, claims, signer).ok_or(Error::Crypto("sign a token"))?;
        Ok(MakeJwt::new(jws, signer, seal))
    }

    /// Returns the OP's key to encrypt to. If there is none, the next flow fetches the OP's keys, since the OP
    /// may have published an encryption key in the meantime.
    pub(crate) fn encryption_key(&self) -> Result<&Arc<PublicKey>, Error> {
        let mut key = EncryptionKey::of(&self.provider.keys);
        key.verify().inspect_err(|_| self.client.provider.cache.suspect())?;
        Ok(key.0.ok_or(MetadataError::NoEncryptionKey)?)
    }
}

/// The `typ` of a plain JWT.
pub(crate) const JWT: &str = "JWT";

impl MakeJwt {
    pub(crate) fn new(jws: UnsignedJws, signer: Signer<'_>, seal: Option<Seal>) -> Self {
        let state = match signer {
            Signer::Rs256(key) => State::Unsigned(Arc::clone(key), jws),
            Signer::Hs256(secret) => {
                let signature = hmac_sha256(secret, &[jws.signing_input()]);
                State::Signed(jws.with_signature(&signature))
            }
        };
        Self { state, seal }
    }

    fn protect(
        jws: Wiped<Vec<u8>>,
        seal: Option<Seal>,
        cx: &mut Context<'_>,
    ) -> Result<String, Error> {
        let Some(Seal { to, default, enc }) = seal else {
            return String::from_utf8(jws.take()).map_err(|_| Error::Crypto("sign a token"));
        };
        let nested = jose::encrypt_jws(&jws, &to, default, enc, |buf| cx.fill(buf))?;
        nested.ok_or(Error::Crypto("encrypt a token"))
    }
}

impl Machine for MakeJwt {
    type Output = String;

    fn step(self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        match (self.state, event) {
            (State::Unsigned(key, jws), _) => {
                Ok(Next::UseKey(Ask::sign(key, jws), Self { state: State::Asked, ..self }))
            }
            (State::Asked, Event::KeyUsed(KeyUsed::Signed(jws))) | (State::Signed(jws), _) => {
                Self::protect(jws, self.seal, cx).map(Next::Done)
            }
            (State::Asked, _) => Ok(Next::GiveUp),
        }
    }
}

/// Chooses A128CBC-HS256, unless the OP's metadata lists A256GCM but not A128CBC-HS256.
fn content_encryption(provider: &Provider) -> ContentEncryption {
    let advertised = &provider.metadata.request_object_encryption_enc_values_supported;
    let reads = |enc: ContentEncryption| advertised.iter().any(|name| name == enc.name());
    if reads(ContentEncryption::A256Gcm) && !reads(ContentEncryption::A128CbcHs256) {
        return ContentEncryption::A256Gcm;
    }
    ContentEncryption::A128CbcHs256
}
