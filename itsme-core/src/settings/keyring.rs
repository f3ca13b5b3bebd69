use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    jose::{self, Decryption, JoseError, KeySet, Verified},
    settings::credentials::Credentials,
};

/// A client's credentials, which can be replaced while the client is running. Nothing else holds them between key
/// operations. Therefore, after a replacement, flows in progress continue with the new credentials, and no copy of
/// forgotten credentials remains.
pub(crate) struct Keyring(Mutex<Held>);

struct Held {
    /// Used to sign, to authenticate, to decrypt, and to publish the public keys.
    current: Credentials,
    /// Used only to read tokens that the OP still encrypts to these keys, or encrypts or signs with this secret.
    previous: Option<Credentials>,
}

impl Keyring {
    pub(crate) fn new(current: Credentials) -> Self {
        Self(Mutex::new(Held { current, previous: None }))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // A poisoned lock is safe to use, since no code that could panic runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn current(&self) -> Credentials {
        self.held().current.clone()
    }

    fn both(&self) -> (Credentials, Option<Credentials>) {
        let held = self.held();
        (held.current.clone(), held.previous.clone())
    }

    /// Replaces the credentials with others of the same kind. If `new` is the same as the current credentials, the
    /// previous ones are still accepted.
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

    /// The keys that decrypt the OP's tokens: the current ones first, then the previous ones.
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

    /// Verifies a JWS from the OP, with the OP's keys or, if agreed at onboarding, with the client secret.
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
