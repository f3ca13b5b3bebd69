use thiserror::Error;

use super::TokenError;

/// Why a text is not taken for evidence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// Not a text that [`Evidence::to_text`](crate::Evidence::to_text) wrote.
    #[error("it is not a text of stored evidence")]
    Malformed,
    /// Written by another version of this library.
    #[error("it is stored evidence of format {found}; this version reads format {expected}")]
    OtherFormat {
        /// The format that is read.
        expected: u32,
        /// The format of the text.
        found: u32,
    },
    /// At least one byte is not the one that was stored.
    #[error("it was changed since it was stored")]
    Changed,
    /// The ID token was signed with the client secret, which proves nothing to others.
    #[error("its ID token has no signature that others can verify")]
    SharedSecret,
    /// The ID token or the userinfo answer does not verify.
    #[error("a token in it does not verify: {0}")]
    Token(TokenError),
}
