use thiserror::Error;

/// Why a callback was not accepted as the answer to this login (RFC 6749 §4.1.2, RFC 9207).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// The callback is longer than 16 KiB.
    #[error("it is too long")]
    TooLong,
    /// A parameter appears twice, so two readers could see different answers.
    #[error("the parameter `{0}` appears twice")]
    Duplicate(&'static str),
    /// There is no `state`.
    #[error("it has no `state`")]
    MissingState,
    /// `state` belongs to another login: a tab left open, a replay, or a forged link.
    #[error("its `state` belongs to a different login")]
    ForeignState,
    /// The stored login was started by a client with another `client_id` or issuer.
    #[error("the login was started by another client")]
    ForeignClient,
    /// `iss` is missing although the OP promises to send it.
    #[error("it has no `iss`, although the OP advertises that it sends one")]
    MissingIssuer,
    /// `iss` names another OP: the person was sent to a different provider (mix-up).
    #[error("its `iss` names another OP")]
    ForeignIssuer,
    /// The callback has neither `code` nor `error`.
    #[error("it has neither `code` nor `error`")]
    MissingCode,
    /// The callback has both `code` and `error`.
    #[error("it has both `code` and `error`")]
    CodeAndError,
}
