use thiserror::Error;

/// The reason that a callback was not accepted as the response to this login (RFC 6749 §4.1.2, RFC 9207).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// The callback is longer than 16 KiB.
    #[error("it is longer than 16 KiB")]
    TooLong,
    /// A parameter appears twice, so two parsers could read different values.
    #[error("the parameter `{0}` appears twice")]
    Duplicate(&'static str),
    /// The callback has no `state`.
    #[error("it has no `state`")]
    MissingState,
    /// `state` belongs to a different login. The cause can be a tab left open, a replay, or a forged link.
    #[error("its `state` belongs to a different login")]
    ForeignState,
    /// The stored login was started by a client with a different `client_id` or issuer.
    #[error("the login was started by a different client")]
    ForeignClient,
    /// `iss` is missing, although the OP's metadata declares that it sends one.
    #[error("it has no `iss`, although the OP advertises that it sends one")]
    MissingIssuer,
    /// `iss` names a different OP: the user was sent to the wrong provider (a mix-up attack).
    #[error("its `iss` names a different OP")]
    ForeignIssuer,
    /// The callback has neither `code` nor `error`.
    #[error("it has neither `code` nor `error`")]
    MissingCode,
    /// The callback has both `code` and `error`.
    #[error("it has both `code` and `error`")]
    CodeAndError,
}
