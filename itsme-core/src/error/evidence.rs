use thiserror::Error;

use super::TokenError;

/// The reason that some text was not accepted as evidence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// The text was not written by [`Evidence::to_text`](crate::Evidence::to_text).
    #[error("it is not stored evidence")]
    Malformed,
    /// The text was written by a different version of this library.
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
    /// The ID token was signed with the client secret, so only this client can verify it; it proves nothing to
    /// anyone else.
    #[error("its ID token is signed with the client secret, so nobody else can verify it")]
    SharedSecret,
    /// The ID token or the userinfo response cannot be verified.
    #[error("a token in it failed verification: {0}")]
    Token(TokenError),
}
