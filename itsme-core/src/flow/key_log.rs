use std::{error::Error, time::Duration};

use tracing::{debug, warn};

use super::{
    drive::KeyResult,
    key_operation::{KeyFailure, KeyOperation},
};

/// Logs a [`KeyOperation`] without its message, its digest or the key. Requires the feature `tracing`.
///
/// The adapters use it to log each operation with the target `itsme`, and you can use it in your own loop. The fields
/// are the `kid`, the `algorithm`, the duration in `ms`, the [`failure`](KeyFailure), and the `error` with its causes.
/// The key holder determines what the `error` contains.
///
/// | level | event |
/// |---|---|
/// | `debug` | the key signed or decrypted, or what the OP sent cannot be decrypted with it |
/// | `warn` | the key cannot be reached or cannot be used |
#[derive(Debug)]
pub struct KeyLog {
    kid: String,
    algorithm: &'static str,
    unwraps: bool,
}

impl KeyLog {
    /// Call this before the operation.
    pub fn new(operation: &KeyOperation) -> Self {
        let unwraps = matches!(operation, KeyOperation::Unwrap { .. });
        Self { kid: operation.kid().to_owned(), algorithm: operation.algorithm(), unwraps }
    }

    /// Logs the outcome as one event. Call this after the operation.
    pub fn write(self, outcome: &KeyResult, took: Duration) {
        let Self { kid, algorithm, unwraps } = self;
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        match outcome {
            Ok(_) => debug!(target: "itsme", kid, algorithm, ms, "the key was used"),
            Err((failure, error)) => {
                let error: &(dyn Error + 'static) = &**error;
                // Whoever can send tokens that cannot be decrypted must not be able to flood the log with warnings.
                if unwraps && *failure == KeyFailure::DoesNotUnwrap {
                    debug!(target: "itsme", kid, algorithm, ms, ?failure, error, "the key was used");
                } else {
                    warn!(target: "itsme", kid, algorithm, ms, ?failure, error, "the key failed");
                }
            }
        }
    }
}
