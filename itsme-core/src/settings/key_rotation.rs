//! Derives a new set by adding, removing or reordering keys. Ignored keys keep their positions.

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
    /// Generates an encryption key and returns a set that publishes it in place of the current one. The old encryption
    /// keys stay in the set for decryption, because itsme may keep encrypting to them for 24 hours (itsme: keys).
    ///
    /// # Errors
    /// [`KeysError::Generation`] if OpenSSL cannot generate keys, and [`KeysError::Outside`] if all keys are external.
    pub fn with_new_encryption_key(&self) -> Result<Self, KeysError> {
        self.with_new_key(Usage::Encryption)
    }

    /// Generates a signing key and returns a set that also publishes it. The client still signs with the old key.
    /// Publish the set and give itsme time to fetch it (a day, to be safe), then start signing with the new key with
    /// [`signing_with`](Self::signing_with).
    ///
    /// # Errors
    /// [`KeysError::Generation`] if OpenSSL cannot generate keys, and [`KeysError::Outside`] if all keys are external.
    pub fn with_new_signing_key(&self) -> Result<Self, KeysError> {
        self.with_new_key(Usage::Signature)
    }

    fn with_new_key(&self, usage: Usage) -> Result<Self, KeysError> {
        if !self.entries().iter().filter_map(Entry::ours).any(OwnJwk::has_private_part) {
            return Err(KeysError::Outside);
        }
        self.with(vec![new_key(usage)?])
    }

    /// Adds keys that an HSM or a KMS holds, given as a public JWK set. As with
    /// [`with_new_encryption_key`](Self::with_new_encryption_key) and
    /// [`with_new_signing_key`](Self::with_new_signing_key), an added encryption key is published in place of the
    /// current one, and an added signing key is published in addition to the existing ones.
    ///
    /// # Errors
    /// [`KeysError`] if an added key cannot be used, has the same `kid` as a different key, or would be
    /// [ignored](Self::passed_over).
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

    /// Returns a set that signs with the key that has this `kid`.
    ///
    /// # Errors
    /// [`KeysError::UnknownKey`] if no signing key has this `kid`.
    pub fn signing_with(&self, kid: &str) -> Result<Self, KeysError> {
        let mut entries = self.entries().to_vec();
        let named = |entry: &Entry| entry.is_for("sig") && entry.is_called(kid);
        let place = entries.iter().position(named).ok_or(KeysError::UnknownKey)?;
        let key = entries.remove(place);
        entries.insert(0, key);
        Self::from_entries(entries, Held::Either)
    }

    /// Returns a set without the key that has this `kid`. Use it to remove a retired key.
    ///
    /// # Errors
    /// [`KeysError::UnknownKey`] if no key has this `kid` or if the key is [ignored](Self::passed_over).
    /// [`KeysError::NoSigningKey`] or [`KeysError::NoEncryptionKey`] if it was the last key of its kind.
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
