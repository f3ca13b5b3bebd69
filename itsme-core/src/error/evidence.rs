use thiserror::Error;

use super::TokenError;

/// Why a text is not taken for evidence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// Not a text that [`Evidence::to_text`](crate::Evidence::to_text) wrote.
    #[error("it is not a text of stored evidence, or of another version")]
    Malformed,
    /// At least one byte is not the one that was stored.
    #[error("it was changed since it was stored")]
    Changed,
    /// The ID token was signed with the client secret, which proves nothing to others.
    #[error("its ID token has no signature that others can verify")]
    SharedSecret,
    /// The ID token does not verify.
    #[error("its ID token does not verify: {0}")]
    Token(#[source] TokenError),
}
