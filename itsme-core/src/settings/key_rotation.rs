//! The same set with another key, without one, or in another order.

use crate::{
    error::KeysError,
    jose::{OwnJwk, Usage},
    settings::{
        key_entry::{Held, read_all},
        key_file,
        private_keys::PrivateKeys,
    },
};

impl PrivateKeys {
    /// Adds a new encryption key: it is the one that is published, and the old ones go on
    /// decrypting what itsme encrypts to them for the next 24 hours (itsme: keys).
    ///
    /// # Errors
    /// [`KeysError::Generation`]: OpenSSL cannot make keys. [`KeysError::Outside`]: they are not made here.
    pub fn with_new_encryption_key(&self) -> Result<Self, KeysError> {
        self.with_new_key(Usage::Encryption)
    }

    /// Adds a new signing key, published after the old ones, which still sign. Publish it,
    /// and when itsme has had time to fetch it (a day, to be sure), sign with it by
    /// [`signing_with`](Self::signing_with).
    ///
    /// # Errors
    /// [`KeysError::Generation`]: OpenSSL cannot make keys. [`KeysError::Outside`]: they are not made here.
    pub fn with_new_signing_key(&self) -> Result<Self, KeysError> {
        self.with_new_key(Usage::Signature)
    }

    fn with_new_key(&self, usage: Usage) -> Result<Self, KeysError> {
        if !self.jwks().iter().any(OwnJwk::has_private_part) {
            return Err(KeysError::Outside);
        }
        self.with(vec![new_key(usage)?])
    }

    /// Adds keys that an HSM or a KMS holds, by their public JWK set: an encryption key is the one that is
    /// published from now on, and a signing key is published after those that are there, as if they were made
    /// by [`with_new_encryption_key`](Self::with_new_encryption_key) and
    /// [`with_new_signing_key`](Self::with_new_signing_key).
    ///
    /// # Errors
    /// [`KeysError`]: a key cannot be used, or has the name of another.
    pub fn with_external(&self, public_jwks: &str) -> Result<Self, KeysError> {
        let added = key_file::read(public_jwks)?;
        read_all(&added, Held::Outside)?;
        self.with(added)
    }

    fn with(&self, added: Vec<OwnJwk>) -> Result<Self, KeysError> {
        let mut jwks = self.jwks().to_vec();
        let is_encryption = |jwk: &OwnJwk| jwk.usage.as_deref() == Some("enc");
        let (encryption, others): (Vec<_>, Vec<_>) = added.into_iter().partition(is_encryption);
        let first = jwks.iter().position(is_encryption).unwrap_or_default();
        jwks.splice(first..first, encryption);
        jwks.extend(others);
        Self::from_jwks(jwks, Held::Either)
    }

    /// Signs with the key of this name from now on.
    ///
    /// # Errors
    /// [`KeysError::UnknownKey`]: there is no signing key of this name.
    pub fn signing_with(&self, kid: &str) -> Result<Self, KeysError> {
        let mut jwks = self.jwks().to_vec();
        let named =
            |jwk: &OwnJwk| jwk.kid.as_deref() == Some(kid) && jwk.usage.as_deref() == Some("sig");
        let place = jwks.iter().position(named).ok_or(KeysError::UnknownKey)?;
        let key = jwks.remove(place);
        jwks.insert(0, key);
        Self::from_jwks(jwks, Held::Either)
    }

    /// Removes a retired key.
    ///
    /// # Errors
    /// [`KeysError::UnknownKey`], or what the set lacks without it.
    pub fn without(&self, kid: &str) -> Result<Self, KeysError> {
        let (mut jwks, all) = (self.jwks().to_vec(), self.jwks().len());
        jwks.retain(|jwk| jwk.kid.as_deref() != Some(kid));
        if jwks.len() == all {
            return Err(KeysError::UnknownKey);
        }
        Self::from_jwks(jwks, Held::Either)
    }
}

pub(super) fn new_key(usage: Usage) -> Result<OwnJwk, KeysError> {
    let made = match usage {
        Usage::Signature => OwnJwk::generate("sig", "RS256"),
        Usage::Encryption => OwnJwk::generate("enc", "RSA-OAEP-256"),
    };
    made.ok_or(KeysError::Generation)
}
