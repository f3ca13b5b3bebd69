use std::sync::Arc;

use crate::{
    dialect::Dialect,
    error::SettingsError,
    ground::{opaque::opaque, secret::Secret},
    jose::{Direct, KeySet, SignatureCheck, Signer},
    settings::private_keys::PrivateKeys,
};

/// How the client authenticates to the OP, as agreed with itsme at onboarding.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credentials {
    /// Key pairs. The client authenticates with `private_key_jwt`, and the OP encrypts tokens to the client's public
    /// key.
    PrivateKeys(PrivateKeys),
    /// A shared secret. The client authenticates with `client_secret_post`, and the OP encrypts tokens with a key
    /// derived from the secret.
    ClientSecret(ClientSecret),
}

impl From<PrivateKeys> for Credentials {
    fn from(keys: PrivateKeys) -> Self {
        Self::PrivateKeys(keys)
    }
}

impl From<ClientSecret> for Credentials {
    fn from(secret: ClientSecret) -> Self {
        Self::ClientSecret(secret)
    }
}

/// A secret that itsme shares with the application (itsme: client secret method).
#[derive(Clone)]
pub struct ClientSecret {
    secret: Arc<Secret>,
    direct: Arc<Direct>,
    hs256: bool,
}

impl ClientSecret {
    /// Creates a secret from the text that itsme assigned. The OP is expected to sign ID tokens with its own keys
    /// (RS256), unless [`hs256`](Self::hs256) is set.
    pub fn new(secret: impl Into<String>) -> Self {
        let secret = Arc::new(Secret::new(secret));
        let direct = Arc::new(Direct::from_secret(secret.expose().as_bytes()));
        Self { secret, direct, hs256: false }
    }

    /// Expects ID tokens to be signed with the secret itself (HS256). Set this if you agreed on HS256 at onboarding.
    #[must_use]
    pub fn hs256(self) -> Self {
        Self { hs256: true, ..self }
    }

    pub(crate) fn direct(&self) -> &Arc<Direct> {
        &self.direct
    }

    pub(crate) fn expose(&self) -> &str {
        self.secret.expose()
    }
}

impl Credentials {
    /// Prepares these credentials to replace `old`, which must be of the same kind. The `hs256` setting of `old` is
    /// kept, since it was agreed at onboarding.
    pub(crate) fn in_place_of(self, old: &Self) -> Result<Self, SettingsError> {
        match (self, old) {
            (Self::PrivateKeys(new), Self::PrivateKeys(_)) => Ok(Self::PrivateKeys(new)),
            (Self::ClientSecret(new), Self::ClientSecret(old)) => {
                Ok(Self::ClientSecret(ClientSecret { hs256: old.hs256, ..new }))
            }
            _ => Err(SettingsError::OtherCredentials),
        }
    }

    /// Whether both credentials consist of the same keys in the same order, or of the same secret.
    pub(crate) fn are_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::PrivateKeys(keys), Self::PrivateKeys(others)) => keys.are_same(others),
            (Self::ClientSecret(secret), Self::ClientSecret(other)) => {
                secret.secret == other.secret
            }
            _ => false,
        }
    }

    pub(crate) fn check(&self, dialect: Dialect) -> Result<(), SettingsError> {
        match self {
            Self::ClientSecret(secret) if secret.expose().is_empty() => {
                Err(SettingsError::EmptyClientSecret)
            }
            Self::ClientSecret(_) if !dialect.habits().has_client_secrets => {
                Err(SettingsError::SecretInV1)
            }
            _ => Ok(()),
        }
    }

    /// Checks that a secret is too long for anyone who has a token to brute-force. RFC 7518 §3.2
    /// requires an HMAC key to be at least as long as the digest.
    pub(crate) fn check_length(&self) -> Result<(), SettingsError> {
        let Self::ClientSecret(secret) = self else { return Ok(()) };
        let needed = if secret.hs256 { 32 } else { 16 };
        let found = secret.expose().len();
        if found < needed {
            return Err(SettingsError::ShortClientSecret { needed, found });
        }
        Ok(())
    }

    /// Whether ID tokens are signed with the client secret.
    pub(crate) fn signs_by_secret(&self) -> bool {
        matches!(self, Self::ClientSecret(secret) if secret.hs256)
    }

    pub(crate) fn signature_check<'a>(&'a self, op_keys: &'a KeySet) -> SignatureCheck<'a> {
        match self {
            Self::ClientSecret(secret) if secret.hs256 => {
                SignatureCheck::Hs256(secret.expose().as_bytes())
            }
            _ => SignatureCheck::Rs256(op_keys),
        }
    }

    pub(crate) fn signer(&self) -> Signer<'_> {
        match self {
            Self::PrivateKeys(keys) => Signer::Rs256(keys.signing_key()),
            Self::ClientSecret(secret) => Signer::Hs256(secret.expose().as_bytes()),
        }
    }
}

opaque!(ClientSecret);
