//! Keys in an HSM, accessed through PKCS #11.
//!
//! Keys are found by their label (`CKA_LABEL`), which is the `kid` of the published key. Private
//! keys never leave the token: the token signs with `CKM_RSA_PKCS` and decrypts with
//! `CKM_RSA_PKCS_OAEP`.
//!
//! There is a single session, which performs one operation at a time. With most HSMs that is enough
//! for a few hundred logins a minute. An application that needs more can keep a pool of sessions;
//! logging in once logs in all of them.

mod error;
mod published;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error as CryptokiError, RvError},
    mechanism::{
        Mechanism, MechanismType,
        rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource},
    },
    object::{Attribute, KeyType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    slot::Slot,
    types::AuthPin,
};
use itsme_core::{KeyFailure, KeyOperation, KeyResult};

pub use self::error::TokenError;

/// An HSM's token with a logged-in session. `Clone` is cheap and shares the session.
#[derive(Clone, Debug)]
pub struct Token(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    module: Pkcs11,
    label: String,
    /// Used to log in again when the session is lost. Not shown by `Debug`.
    pin: AuthPin,
    /// `None` before the first use, and after the session has been lost.
    session: Mutex<Option<Session>>,
}

impl Token {
    /// Loads the module, finds the token with this label, and logs in as the user.
    ///
    /// # Errors
    /// [`TokenError`] if the module cannot be loaded, it does not have exactly one token with this
    /// label, or the token rejects the PIN.
    pub fn open(module: PathBuf, label: &str, pin: String) -> Result<Self, TokenError> {
        let loaded =
            Pkcs11::new(&module).map_err(|error| TokenError::Module { path: module, error })?;
        let token = Self(Arc::new(Shared {
            module: loaded,
            label: label.to_owned(),
            pin: AuthPin::new(pin.into()),
            session: Mutex::default(),
        }));
        token.with_session(|_| Ok(()))?;
        Ok(token)
    }

    /// Performs one operation on the token.
    ///
    /// # Errors
    /// The kind of failure and the token's own error, without any data.
    pub fn use_key(&self, operation: &KeyOperation) -> KeyResult {
        let made = self.with_session(|session| match operation {
            KeyOperation::Sign { kid, input, .. } => {
                let key = private_key(session, kid)?;
                Ok(session.sign(&Mechanism::RsaPkcs, key, &input.digest_info())?)
            }
            KeyOperation::Unwrap { kid, algorithm, encrypted_key } => {
                let key = private_key(session, kid)?;
                Ok(session.decrypt(&oaep(algorithm), key, encrypted_key)?)
            }
        });
        made.map(Into::into).map_err(|error| {
            let failure = match operation {
                KeyOperation::Unwrap { .. } if error.does_not_decrypt() => {
                    KeyFailure::DoesNotUnwrap
                }
                _ if error.is_unavailable() => KeyFailure::Unavailable,
                _ => KeyFailure::Refused,
            };
            (failure, error.into())
        })
    }

    /// Returns a key holder for the async adapter. PKCS #11 calls block, so each operation runs on
    /// a thread that is meant for blocking calls.
    pub fn key_holder(&self) -> itsme_reqwest::KeyHolder {
        let token = self.clone();
        itsme_reqwest::KeyHolder::new(move |operation| {
            let token = token.clone();
            async move {
                let used = tokio::task::spawn_blocking(move || token.use_key(&operation)).await;
                used.unwrap_or_else(|error| Err((KeyFailure::Refused, error.into())))
            }
        })
    }

    /// Returns a key holder for the blocking adapter.
    pub fn blocking_key_holder(&self) -> itsme_ureq::KeyHolder {
        let token = self.clone();
        itsme_ureq::KeyHolder::new(move |operation| token.use_key(&operation))
    }

    /// Runs an operation in the session. Drops the session if it was lost, so that the next call
    /// opens a new one.
    fn with_session<T>(
        &self,
        run: impl FnOnce(&Session) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let mut kept = self.0.session.lock().unwrap_or_else(PoisonError::into_inner);
        let session = match kept.take() {
            Some(session) => session,
            None => self.0.open_session()?,
        };
        let done = run(&session);
        if !done.as_ref().is_err_and(TokenError::is_unavailable) {
            *kept = Some(session);
        }
        done
    }
}

impl Shared {
    fn open_session(&self) -> Result<Session, TokenError> {
        // The module's initialization and its login are shared by the whole process, so they might
        // have been done already.
        let begun = self.module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
        unless(begun, RvError::CryptokiAlreadyInitialized)?;
        let session = self.module.open_ro_session(self.slot()?)?;
        unless(session.login(UserType::User, Some(&self.pin)), RvError::UserAlreadyLoggedIn)?;
        Ok(session)
    }

    fn slot(&self) -> Result<Slot, TokenError> {
        let (mut found, mut labels) = (Vec::new(), Vec::new());
        for slot in self.module.get_slots_with_initialized_token()? {
            let label = self.module.get_token_info(slot)?.label().to_owned();
            if label == self.label {
                found.push(slot);
            }
            labels.push(label);
        }
        match found[..] {
            [slot] => Ok(slot),
            [] => Err(TokenError::NoToken { label: self.label.clone(), found: labels }),
            _ => Err(TokenError::SameLabel(self.label.clone())),
        }
    }
}

/// Finds a private key. It is looked up for each operation, because handles become invalid along with the
/// session, and a label can be assigned to a new key.
fn private_key(session: &Session, kid: &str) -> Result<ObjectHandle, TokenError> {
    only_object(session, ObjectClass::PRIVATE_KEY, kid.as_bytes())
}

fn only_object(
    session: &Session,
    class: ObjectClass,
    label: &[u8],
) -> Result<ObjectHandle, TokenError> {
    let found = session.find_objects(&[
        Attribute::Class(class),
        Attribute::KeyType(KeyType::RSA),
        Attribute::Label(label.to_vec()),
    ])?;
    let label = || String::from_utf8_lossy(label).into_owned();
    match found[..] {
        [key] => Ok(key),
        [] if class == ObjectClass::PUBLIC_KEY => Err(TokenError::NoPublicKey(label())),
        [] => Err(TokenError::NoKey(label())),
        _ => Err(TokenError::SameKeyLabel(label())),
    }
}

fn oaep(algorithm: &str) -> Mechanism<'static> {
    let (hash, mgf) = match algorithm {
        "RSA-OAEP-256" => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
        _ => (MechanismType::SHA1, PkcsMgfType::MGF1_SHA1),
    };
    Mechanism::RsaPkcsOaep(PkcsOaepParams::new(hash, mgf, PkcsOaepSource::empty()))
}

fn unless(done: Result<(), CryptokiError>, harmless: RvError) -> Result<(), TokenError> {
    match done {
        Err(CryptokiError::Pkcs11(code, _)) if code == harmless => Ok(()),
        done => Ok(done?),
    }
}
