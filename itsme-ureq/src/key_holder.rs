use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use itsme_core::{KeyFailure, KeyLog, KeyOperation, KeyResult};
use thiserror::Error as ThisError;
use tracing::Span;

/// Performs operations with [external](itsme_core::PrivateKeys::external) private keys, which are held in an HSM or a
/// KMS. It wraps a function and is passed to a [`Transport`](crate::Transport::key_holder) or a
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
///     // Real code distinguishes `Refused` and `DoesNotUnwrap` from `Unavailable`; see the guide.
///     made.map(Into::into).map_err(|error| (KeyFailure::Unavailable, error.into()))
/// });
/// ```
#[derive(Clone)]
pub struct KeyHolder {
    use_key: Arc<dyn Fn(KeyOperation) -> KeyResult + Send + Sync>,
    timeout: Duration,
    running: Arc<AtomicUsize>,
}

/// More operations than an HSM performs at the same time, but few enough threads to do no harm.
const MOST_AT_ONCE: usize = 64;

/// The reason why a key holder did not respond.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum KeyHolderError {
    /// The key holder did not respond in time.
    #[error("the key holder did not respond within {timeout:?}")]
    Timeout {
        /// The timeout that passed.
        timeout: Duration,
    },
    /// The key holder already has the maximum number of operations in progress.
    #[error("the key holder already has {MOST_AT_ONCE} operations in progress")]
    Busy,
    /// The key holder's function panicked.
    #[error("the key holder panicked")]
    Panicked,
    /// No thread could be started for the operation.
    #[error("the key holder could not be called")]
    NoThread(#[source] std::io::Error),
}

impl KeyHolder {
    /// Creates a key holder that performs each operation with `use_key`, in a new thread that ends with the operation.
    /// An operation that takes longer than five seconds fails as [`Unavailable`](KeyFailure::Unavailable), but its
    /// thread runs until the function returns. While 64 operations are running, further ones immediately fail as
    /// unavailable.
    pub fn new(use_key: impl Fn(KeyOperation) -> KeyResult + Send + Sync + 'static) -> Self {
        let (use_key, running) = (Arc::new(use_key), Arc::default());
        Self { use_key, timeout: Duration::from_secs(5), running }
    }

    /// Sets how long a single operation can take. Default: five seconds. Because a user is waiting, an operation that
    /// fails as [`Unavailable`](KeyFailure::Unavailable) is retried only once, half a second later.
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
        let running = Running::begin(&self.running).ok_or(KeyHolderError::Busy)?;
        let (done, returned) = mpsc::sync_channel::<()>(0);
        let (use_key, span) = (Arc::clone(&self.use_key), Span::current());
        let asked = thread::Builder::new().name("itsme key".to_owned()).spawn(move || {
            let (_done, _span, _running) = (done, span.entered(), running);
            use_key(operation)
        });
        let asked = asked.map_err(KeyHolderError::NoThread)?;
        match returned.recv_timeout(self.timeout) {
            Err(RecvTimeoutError::Timeout) => {
                Err(KeyHolderError::Timeout { timeout: self.timeout })
            }
            // Wait for the thread to end. Otherwise it might be the last to drop the function, and
            // with it an HSM's session, after the application has dropped everything else and while
            // the process is exiting.
            _ => asked.join().map_err(|_| KeyHolderError::Panicked),
        }
    }
}

/// Counts an operation in progress.
struct Running(Arc<AtomicUsize>);

impl Running {
    fn begin(running: &Arc<AtomicUsize>) -> Option<Self> {
        let began = Self(Arc::clone(running));
        (running.fetch_add(1, Ordering::SeqCst) < MOST_AT_ONCE).then_some(began)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl fmt::Debug for KeyHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyHolder").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
