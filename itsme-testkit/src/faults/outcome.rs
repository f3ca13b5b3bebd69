use std::fmt;

use itsme_core::{DriveError, Error, JoseError, MetadataError, TokenError};

/// The outcome of a login under a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The user is logged in, because the client tolerates the fault.
    LoggedIn,
    /// The HTTP client failed ([`DriveError::Transport`]).
    NoAnswer,
    /// This [`Error`], without the parts that vary between machines.
    Error(String),
}

impl Outcome {
    /// Determines the outcome of an application's own flow, for comparison with
    /// [`Fault::outcome`](super::Fault::outcome).
    pub fn of<T, E>(result: &Result<T, DriveError<E>>) -> Self {
        match result {
            Ok(_) => Self::LoggedIn,
            Err(DriveError::Transport { .. }) => Self::NoAnswer,
            Err(DriveError::Key { algorithm, failure, .. }) => {
                Self::Error(format!("Key({algorithm}, {failure:?})"))
            }
            Err(DriveError::Flow(error)) => Self::Error(short(error)),
        }
    }
}

fn short(error: &Error) -> String {
    match error {
        Error::Refused(refusal) => format!("Refused({:?})", refusal.code),
        // Omit the part after a colon, which says which keys of the set are unusable and why.
        Error::Malformed { endpoint, what } => {
            let what = what.split(": ").next().unwrap_or_default();
            format!("Malformed({endpoint:?}, {what})")
        }
        Error::IdToken(TokenError::Jose(error)) => format!("IdToken({})", jose(error)),
        Error::Userinfo(TokenError::Jose(error)) => format!("Userinfo({})", jose(error)),
        Error::UnexpectedReply(reply) => {
            format!("UnexpectedReply({:?}, {})", reply.endpoint, reply.status)
        }
        Error::KeyMismatch { .. } => "KeyMismatch".into(),
        Error::Metadata(MetadataError::ForeignIssuer { .. }) => "Metadata(ForeignIssuer)".into(),
        other => format!("{other:?}"),
    }
}

fn jose(error: &JoseError) -> String {
    let unknown = |which, kid: &Option<String>| match kid {
        Some(kid) => format!("{which}({kid})"),
        None => format!("{which}(unnamed)"),
    };
    match error {
        JoseError::UnknownDecryptionKey { kid, .. } => unknown("UnknownDecryptionKey", kid),
        JoseError::UnknownSigningKey { kid, .. } => unknown("UnknownSigningKey", kid),
        other => format!("{other:?}"),
    }
}

impl From<&str> for Outcome {
    fn from(error: &str) -> Self {
        Self::Error(error.to_owned())
    }
}

impl From<String> for Outcome {
    fn from(error: String) -> Self {
        Self::Error(error)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LoggedIn => f.write_str("logged in"),
            Self::NoAnswer => f.write_str("no answer"),
            Self::Error(error) => f.write_str(error),
        }
    }
}
