use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    jose::{self, Decryption, JoseError, KeySet, Verified},
    settings::credentials::Credentials,
};

/// A client's credentials, which can be replaced while it runs. Nothing else holds them between key
/// operations, so a flow in progress continues with the new ones, and the old ones are really gone.
pub(crate) struct Keyring(Mutex<Held>);

struct Held {
    /// Used to sign, authenticate, decrypt and publish.
    current: Credentials,
    /// Used to read what the OP still encrypts or signs with them.
    previous: Option<Credentials>,
}

impl Keyring {
    pub(crate) fn new(current: Credentials) -> Self {
        Self(Mutex::new(Held { current, previous: None }))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // No code that could panic runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn current(&self) -> Credentials {
        self.held().current.clone()
    }

    fn both(&self) -> (Credentials, Option<Credentials>) {
        let held = self.held();
        (held.current.clone(), held.previous.clone())
    }

    /// Replaces the credentials by others of the same kind. Passing the same ones again changes nothing, so
    /// the previous ones are still accepted.
    pub(crate) fn replace(&self, new: Credentials) {
        let mut held = self.held();
        let is_another = !new.are_same(&held.current);
        let old = std::mem::replace(&mut held.current, new);
        if is_another {
            held.previous = Some(old);
        }
    }

    pub(crate) fn forget_old(&self) {
        self.held().previous = None;
    }

    /// The keys that decrypt the OP's tokens, current ones first.
    pub(crate) fn decryption(&self) -> Decryption {
        match self.both() {
            (Credentials::PrivateKeys(keys), previous) => {
                let mut all = keys.decryption_keys().to_vec();
                if let Some(Credentials::PrivateKeys(old)) = previous {
                    let of_old = old.decryption_keys().iter();
                    all.extend(of_old.filter(|old| !keys.has(old)).cloned());
                }
                Decryption::PrivateKeys(all)
            }
            (Credentials::ClientSecret(secret), previous) => {
                let mut all = vec![secret.direct().clone()];
                if let Some(Credentials::ClientSecret(old)) = previous {
                    all.push(old.direct().clone());
                }
                Decryption::Direct(all)
            }
        }
    }

    /// Verifies a JWS from the OP: with its keys, or with the secret if that was agreed.
    pub(crate) fn verify(&self, jws: &str, op_keys: &KeySet) -> Result<Verified, JoseError> {
        let (current, previous) = self.both();
        let verified = jose::verify(jws, current.signature_check(op_keys));
        match (verified, previous) {
            (Err(JoseError::Signature), Some(old @ Credentials::ClientSecret(_))) => {
                jose::verify(jws, old.signature_check(op_keys))
            }
            (verified, _) => verified,
        }
    }
}

/// Clones into an independent keyring: replacing the credentials in one leaves the other unchanged.
impl Clone for Keyring {
    fn clone(&self) -> Self {
        Self::new(self.current())
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.current().fmt(f)
    }
}
