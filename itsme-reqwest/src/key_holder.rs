use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use itsme_core::{KeyFailure, KeyLog, KeyOperation, KeyResult};
use thiserror::Error as ThisError;

/// Performs operations with [external](itsme_core::PrivateKeys::external) private keys, which are
/// held in an HSM or a KMS. It wraps an async function, and is passed to a
/// [`Transport`](crate::Transport::key_holder) or a [`Client`](crate::Client::key_holder). `Clone`
/// is cheap. If your library blocks, as PKCS #11 libraries do, call it in `spawn_blocking`.
///
/// ```
/// use itsme_core::{KeyFailure, KeyOperation, KeyResult};
/// use itsme_reqwest::KeyHolder;
/// # struct Kms;
/// # impl Kms {
/// #     async fn sign(&self, _: &str, _: [u8; 32]) -> Result<Vec<u8>, std::io::Error> { Ok(vec![]) }
/// #     async fn decrypt(&self, _: &str, _: &str, _: &[u8]) -> Result<Vec<u8>, std::io::Error> { Ok(vec![]) }
/// # }
/// # use std::sync::Arc;
/// # let kms = Arc::new(Kms);
///
/// let holder = KeyHolder::new(move |operation| {
///     let kms = Arc::clone(&kms);
///     async move {
///         let made = match &operation {
///             KeyOperation::Sign { kid, input, .. } => kms.sign(kid, input.digest()).await,
///             KeyOperation::Unwrap { kid, algorithm, encrypted_key } => {
///                 kms.decrypt(kid, algorithm, encrypted_key).await
///             }
///         };
///         // Real code distinguishes `Refused` and `DoesNotUnwrap` from `Unavailable`; see the guide.
///         made.map(Into::into).map_err(|error| (KeyFailure::Unavailable, error.into()))
///     }
/// });
/// ```
#[derive(Clone)]
pub struct KeyHolder {
    use_key: Arc<dyn Fn(KeyOperation) -> Used + Send + Sync>,
    timeout: Duration,
}

type Used = Pin<Box<dyn Future<Output = KeyResult> + Send>>;

/// The key holder did not respond in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[error("the key holder did not respond within {timeout:?}")]
#[non_exhaustive]
pub struct KeyTimeout {
    /// The timeout that passed.
    pub timeout: Duration,
}

impl KeyHolder {
    /// Creates a key holder that performs each operation with `use_key`. An operation that takes
    /// longer than five seconds fails as [`Unavailable`](KeyFailure::Unavailable), and its future
    /// is dropped.
    pub fn new<Made>(use_key: impl Fn(KeyOperation) -> Made + Send + Sync + 'static) -> Self
    where
        Made: Future<Output = KeyResult> + Send + 'static,
    {
        let use_key = Arc::new(move |operation| Box::pin(use_key(operation)) as Used);
        Self { use_key, timeout: Duration::from_secs(5) }
    }

    /// Sets how long a single operation can take. Default: five seconds. Because a user is waiting, an operation that
    /// fails as [`Unavailable`](KeyFailure::Unavailable) is retried only once, half a second later.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    pub(crate) async fn use_key(&self, operation: KeyOperation) -> KeyResult {
        let (log, asked) = (KeyLog::new(&operation), Instant::now());
        let made = tokio::time::timeout(self.timeout, (self.use_key)(operation)).await;
        let made = made.unwrap_or_else(|_| {
            Err((KeyFailure::Unavailable, KeyTimeout { timeout: self.timeout }.into()))
        });
        log.write(&made, asked.elapsed());
        made
    }
}

impl fmt::Debug for KeyHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyHolder").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
