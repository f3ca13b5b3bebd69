use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    jose::{self, Decryption, JoseError, KeySet, Verified},
    settings::credentials::Credentials,
};

/// The credentials of a client, which can be replaced while it works. Nothing else keeps them from one
/// key operation to the next, so that a flow under way goes on with the new ones and the old ones are gone.
pub(crate) struct Keyring(Mutex<Held>);

struct Held {
    /// They sign, authenticate, open and are published.
    current: Credentials,
    /// They open what the OP still makes for them.
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

    /// By others of the same kind. The same once more changes nothing: what came before it is still read.
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

    /// What opens the OP's tokens, the current first.
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

    /// Verifies a JWS of the OP's: by its keys, or by the secret where that was agreed.
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

/// A ring of its own: what is replaced in one stays in the other.
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
