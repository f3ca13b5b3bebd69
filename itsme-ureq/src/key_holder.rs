use std::{
    fmt,
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use itsme_core::{KeyFailure, KeyLog, KeyOperation, KeyResult};
use thiserror::Error as ThisError;
use tracing::Span;

/// Whoever holds the private keys of a client whose [`PrivateKeys`](itsme_core::PrivateKeys) are
/// [`external`](itsme_core::PrivateKeys::external): a function that has an HSM or a KMS do one
/// operation. It is given to a [`Transport`](crate::Transport::key_holder) or a
/// [`Client`](crate::Client::key_holder). `Clone` is cheap.
///
/// ```
/// use itsme_core::{KeyFailure, KeyOperation};
/// use itsme_ureq::KeyHolder;
/// # struct Hsm;
/// # impl Hsm {
/// #     fn sign(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, std::io::Error> { Ok(vec![]) }
/// #     fn decrypt(&self, _: &str, _: &str, _: &[u8]) -> Result<Vec<u8>, std::io::Error> { Ok(vec![]) }
/// # }
/// # let hsm = Hsm;
///
/// let holder = KeyHolder::new(move |operation| {
///     let made = match &operation {
///         KeyOperation::Sign { kid, input, .. } => hsm.sign(kid, &input.digest_info()),
///         KeyOperation::Unwrap { kid, algorithm, encrypted_key } => {
///             hsm.decrypt(kid, algorithm, encrypted_key)
///         }
///     };
///     // A real one tells `Refused` and `DoesNotUnwrap` from `Unavailable`, see the guide.
///     made.map(Into::into).map_err(|error| (KeyFailure::Unavailable, error.into()))
/// });
/// ```
#[derive(Clone)]
pub struct KeyHolder {
    use_key: Arc<dyn Fn(KeyOperation) -> KeyResult + Send + Sync>,
    timeout: Duration,
}

/// Why a key holder has given no answer.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum KeyHolderError {
    /// It has not answered in time.
    #[error("the key holder has not answered within {timeout:?}")]
    Timeout {
        /// How long it was waited for.
        timeout: Duration,
    },
    /// It has panicked.
    #[error("the key holder has panicked")]
    Panicked,
    /// There is no thread to ask it in.
    #[error("the key holder could not be asked")]
    NoThread(#[source] std::io::Error),
}

impl KeyHolder {
    /// Has `use_key` do each operation, in a thread of its own. What it takes longer than five seconds for
    /// counts as [`Unavailable`](KeyFailure::Unavailable); its thread ends when it does.
    pub fn new(use_key: impl Fn(KeyOperation) -> KeyResult + Send + Sync + 'static) -> Self {
        Self { use_key: Arc::new(use_key), timeout: Duration::from_secs(5) }
    }

    /// How long one operation may take. Each is tried twice, and a person is waiting.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    pub(crate) fn use_key(&self, operation: KeyOperation) -> KeyResult {
        let (log, asked) = (KeyLog::new(&operation), Instant::now());
        let made = self.ask(operation).unwrap_or_else(|error| {
            let failure = match error {
                KeyHolderError::Panicked => KeyFailure::Refused,
                _ => KeyFailure::Unavailable,
            };
            Err((failure, error.into()))
        });
        log.write(&made, asked.elapsed());
        made
    }

    fn ask(&self, operation: KeyOperation) -> Result<KeyResult, KeyHolderError> {
        let (made, answer) = mpsc::sync_channel(1);
        let (use_key, span) = (Arc::clone(&self.use_key), Span::current());
        let asked = thread::Builder::new().name("itsme key".to_owned()).spawn(move || {
            let _span = span.entered();
            // Whoever asked may be gone.
            let _ = made.send(use_key(operation));
        });
        asked.map_err(KeyHolderError::NoThread)?;
        answer.recv_timeout(self.timeout).map_err(|why| match why {
            RecvTimeoutError::Timeout => KeyHolderError::Timeout { timeout: self.timeout },
            RecvTimeoutError::Disconnected => KeyHolderError::Panicked,
        })
    }
}

impl fmt::Debug for KeyHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyHolder").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
