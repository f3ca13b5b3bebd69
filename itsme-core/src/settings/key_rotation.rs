//! Derives a set with another key, without one, or in another order. Ignored keys keep their places.

use crate::{
    error::{KeysError, PassedOver},
    jose::{OwnJwk, Usage},
    settings::{
        key_check::{Checked, Held},
        key_entry::Entry,
        key_file,
        private_keys::PrivateKeys,
    },
};

impl PrivateKeys {
    /// Adds a new encryption key, which becomes the published one. The old keys keep decrypting what itsme encrypts
    /// to them for the next 24 hours (itsme: keys).
    ///
    /// # Errors
    /// [`KeysError::Generation`]: OpenSSL cannot generate keys. [`KeysError::Outside`]: all keys are external.
    pub fn with_new_encryption_key(&self) -> Result<Self, KeysError> {
        self.with_new_key(Usage::Encryption)
    }

    /// Adds a new signing key, published after the old ones, which still sign. Publish the set, give itsme time to
    /// fetch it (a day, to be safe), then sign with the new key using [`signing_with`](Self::signing_with).
    ///
    /// # Errors
    /// [`KeysError::Generation`]: OpenSSL cannot generate keys. [`KeysError::Outside`]: all keys are external.
    pub fn with_new_signing_key(&self) -> Result<Self, KeysError> {
        self.with_new_key(Usage::Signature)
    }

    fn with_new_key(&self, usage: Usage) -> Result<Self, KeysError> {
        if !self.entries().iter().filter_map(Entry::ours).any(OwnJwk::has_private_part) {
            return Err(KeysError::Outside);
        }
        self.with(vec![new_key(usage)?])
    }

    /// Adds keys that an HSM or a KMS holds, from their public JWK set. As with
    /// [`with_new_encryption_key`](Self::with_new_encryption_key) and
    /// [`with_new_signing_key`](Self::with_new_signing_key), an encryption key becomes the published one, and a
    /// signing key is published after the existing ones.
    ///
    /// # Errors
    /// [`KeysError`]: a key cannot be used, or has the `kid` of another. None of the added keys may be for something
    /// else.
    pub fn with_external(
        &self,
        public_jwks: &(impl AsRef<[u8]> + ?Sized),
    ) -> Result<Self, KeysError> {
        let added = key_file::read(public_jwks.as_ref())?;
        let passed_over = Checked::new(&added, Held::Outside)?.passed_over;
        if let Some(PassedOver { key, error }) = passed_over.into_iter().next() {
            return Err(KeysError::Key { key, error });
        }
        self.with(added)
    }

    fn with(&self, added: Vec<Entry>) -> Result<Self, KeysError> {
        let mut entries = self.entries().to_vec();
        let is_encryption = |entry: &Entry| entry.is_for("enc");
        let (encryption, others): (Vec<_>, Vec<_>) = added.into_iter().partition(is_encryption);
        let first = entries.iter().position(is_encryption).unwrap_or_default();
        entries.splice(first..first, encryption);
        entries.extend(others);
        Self::from_entries(entries, Held::Either)
    }

    /// Signs with the key of this `kid` from now on.
    ///
    /// # Errors
    /// [`KeysError::UnknownKey`]: no signing key has this `kid`.
    pub fn signing_with(&self, kid: &str) -> Result<Self, KeysError> {
        let mut entries = self.entries().to_vec();
        let named = |entry: &Entry| entry.is_for("sig") && entry.is_called(kid);
        let place = entries.iter().position(named).ok_or(KeysError::UnknownKey)?;
        let key = entries.remove(place);
        entries.insert(0, key);
        Self::from_entries(entries, Held::Either)
    }

    /// Removes a retired key.
    ///
    /// # Errors
    /// [`KeysError::UnknownKey`], also for an [ignored](Self::passed_over) key; or the error for what the set then
    /// lacks.
    pub fn without(&self, kid: &str) -> Result<Self, KeysError> {
        let (mut entries, all) = (self.entries().to_vec(), self.entries().len());
        entries.retain(|entry| !entry.is_called(kid));
        if entries.len() == all {
            return Err(KeysError::UnknownKey);
        }
        Self::from_entries(entries, Held::Either)
    }
}

pub(super) fn new_key(usage: Usage) -> Result<Entry, KeysError> {
    let made = match usage {
        Usage::Signature => OwnJwk::generate("sig", "RS256"),
        Usage::Encryption => OwnJwk::generate("enc", "RSA-OAEP-256"),
    };
    made.map(Entry::Ours).ok_or(KeysError::Generation)
}
