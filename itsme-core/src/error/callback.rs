use thiserror::Error;

/// Why a callback was not taken for the answer to the login at hand (RFC 6749 §4.1.2, RFC 9207).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// More than 16 KiB.
    #[error("it is too long")]
    TooLong,
    /// A parameter stands twice: two readers could see two different answers.
    #[error("the parameter `{0}` stands twice")]
    Duplicate(&'static str),
    /// There is no `state`.
    #[error("it has no `state`")]
    MissingState,
    /// `state` is another login's: a tab that was left open, a replay, or a forged link.
    #[error("its `state` is another login's")]
    ForeignState,
    /// The stored login was begun by a client with another `client_id` or issuer.
    #[error("the login was begun by another client")]
    ForeignClient,
    /// `iss` is missing although the OP promises it.
    #[error("it has no `iss`, although the OP promises one")]
    MissingIssuer,
    /// `iss` is another OP's: the person was sent to a different provider (mix-up).
    #[error("its `iss` is another OP's")]
    ForeignIssuer,
    /// Neither `code` nor `error`.
    #[error("it has neither `code` nor `error`")]
    MissingCode,
    /// Both `code` and `error`.
    #[error("it has both `code` and `error`")]
    CodeAndError,
}
