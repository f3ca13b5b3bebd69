use std::{error::Error, time::Duration};

use tracing::{debug, warn};

use super::{
    drive::KeyResult,
    key_operation::{KeyFailure, KeyOperation},
};

/// What a log may contain about a [`KeyOperation`]: no message, no digest, no key. Feature `tracing`.
///
/// The adapters use it to log each operation with the target `itsme`; so can a loop of your own. The fields are the
/// `kid`, the `algorithm`, the duration in `ms`, the [`failure`](KeyFailure), and the `error` with its causes, which
/// contains whatever the key holder put there.
///
/// | level | event |
/// |---|---|
/// | `debug` | the key was used: it signed or decrypted, or what the OP sent does not decrypt |
/// | `warn` | the key cannot be reached, or may not be used |
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

    /// Writes one event, once the outcome is known.
    pub fn write(self, outcome: &KeyResult, took: Duration) {
        let Self { kid, algorithm, unwraps } = self;
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        match outcome {
            Ok(_) => debug!(target: "itsme", kid, algorithm, ms, "the key was used"),
            Err((failure, error)) => {
                let error: &(dyn Error + 'static) = &**error;
                // Anyone who can send us tokens must not be able to flood the log with warnings.
                if unwraps && *failure == KeyFailure::DoesNotUnwrap {
                    debug!(target: "itsme", kid, algorithm, ms, ?failure, error, "the key was used");
                } else {
                    warn!(target: "itsme", kid, algorithm, ms, ?failure, error, "the key failed");
                }
            }
        }
    }
}
