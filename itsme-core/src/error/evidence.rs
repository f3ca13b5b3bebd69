use thiserror::Error;

use super::TokenError;

/// Why a text was not accepted as evidence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// The text was not written by [`Evidence::to_text`](crate::Evidence::to_text).
    #[error("it is not stored evidence")]
    Malformed,
    /// The text was written by another version of this library.
    #[error("its format is {found}; this version reads format {expected}")]
    OtherFormat {
        /// The format that this version reads.
        expected: u32,
        /// The format of the text.
        found: u32,
    },
    /// At least one byte has changed since the evidence was stored.
    #[error("it has changed since it was stored")]
    Changed,
    /// The ID token was signed with the client secret, which proves nothing to anyone else.
    #[error("its ID token has no signature that anyone else can verify")]
    SharedSecret,
    /// The ID token or the userinfo answer does not verify.
    #[error("a token in it does not verify: {0}")]
    Token(TokenError),
}
