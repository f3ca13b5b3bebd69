//! The checks on the OP's key set as a whole.

use std::sync::Arc;

use crate::{
    error::{Error, MetadataError},
    ground::check::{Rule, Ruling, Subject, Told, Verdict, rules},
    http::endpoint::Endpoint,
    jose::{KeySet, PublicKey},
};

/// The OP's signing keys. Every login needs at least one.
pub(crate) struct SigningKeys<'a>(pub(crate) &'a KeySet);

/// The OP's encryption key, which a client needs if it encrypts client assertions or request objects.
pub(crate) struct EncryptionKey<'a>(pub(crate) Option<&'a Arc<PublicKey>>);

impl Subject for SigningKeys<'_> {
    type Error = Error;

    fn rules<'r>() -> &'r [Rule<Self>]
    where
        Self: 'r,
    {
        rules! {
            "signing key", "OIDC Core §10.1", "a key that verifies RS256" =>
                |it| it.check(), |it| it.tell();
        }
    }
}

impl Subject for EncryptionKey<'_> {
    type Error = MetadataError;

    fn rules<'r>() -> &'r [Rule<Self>]
    where
        Self: 'r,
    {
        rules! {
            "encryption key", "itsme: client assertion", "a key for RSA-OAEP or RSA-OAEP-256, if anything is encrypted to the OP" =>
                |it| it.check(), |it| it.tell();
        }
    }
}

impl SigningKeys<'_> {
    fn check(&self) -> Verdict<Error> {
        if !self.0.can_verify() {
            let why = self.0.why_none("usable signing key");
            return Err(Error::malformed(Endpoint::KeySet, why));
        }
        Ok(Ruling::Held)
    }

    fn tell(&self) -> Told {
        Told::found(format!("{} usable signing keys", self.0.verifiers(None).count()))
    }
}

impl<'a> EncryptionKey<'a> {
    pub(crate) fn of(keys: &'a KeySet) -> Self {
        Self(keys.encryption_key())
    }

    fn check(&self) -> Verdict<MetadataError> {
        self.0.map_or(Err(MetadataError::NoEncryptionKey), |_| Ok(Ruling::Held))
    }

    fn tell(&self) -> Told {
        Told::found(if self.0.is_some() { "one" } else { "none" })
    }
}
