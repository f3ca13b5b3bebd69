use thiserror::Error;

use crate::jose::JoseError;

/// The reason that a recording cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// The text was not written by [`Recording::as_text`](crate::Recording::as_text), or is
    /// incomplete.
    #[error("it is not the text of a recording")]
    Malformed,
    /// The recording was written by a different version of this library.
    #[error("its format is {found}; this version reads format {expected}")]
    OtherFormat {
        /// The format that this version reads.
        expected: u32,
        /// The format of the text.
        found: u32,
    },
    /// The recording was encrypted for different keys or with a different secret, or was modified afterwards.
    #[error("it cannot be decrypted with these credentials: {0}")]
    Sealed(JoseError),
}
