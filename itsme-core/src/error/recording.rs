use thiserror::Error;

use crate::jose::JoseError;

/// Why a recording cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// Not a text that [`Recording::as_text`](crate::Recording::as_text) gave, or not all of it.
    #[error("it is not the text of a recording")]
    Malformed,
    /// Written by another version of this library.
    #[error("it is a recording of format {found}; this version reads format {expected}")]
    OtherFormat {
        /// The format that is read.
        expected: u32,
        /// The format of the text.
        found: u32,
    },
    /// It was sealed to other keys or under another secret, or was changed since.
    #[error("it does not open with these credentials: {0}")]
    Sealed(JoseError),
}
