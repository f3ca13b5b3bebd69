//! What went wrong, for the person to read and for the log.

use std::{error::Error as _, fmt::Write as _};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use itsme_core::{DriveError, Error, EvidenceError};
use maud::html;
use thiserror::Error as ThisError;

use crate::page;

#[derive(Debug, ThisError)]
pub enum Problem {
    #[error("no such page")]
    NoSuchPage,
    #[error("a login came back to a browser that has not begun it, or to one that has finished it")]
    UnknownLogin,
    #[error("nobody is logged in, or somebody else than before")]
    LoggedOut,
    #[error("another person has shared their data than the one who is logged in")]
    SomebodyElse,
    #[error("the new itsme account is linked to another account already")]
    LinkedElsewhere,
    #[error("there is no code for this service")]
    NoSuchService,
    #[error(transparent)]
    Itsme(#[from] itsme_reqwest::Error),
    #[error("an archived proof does not hold")]
    Evidence(#[from] EvidenceError),
    #[error("the accounts cannot be had")]
    Accounts(#[from] sqlx::Error),
    #[error("the session cannot be had")]
    Session(#[from] tower_sessions::session::Error),
    #[error("a login cannot be stored")]
    Pending(#[from] serde_json::Error),
}

/// What to say: the status, a heading, and what to do now.
type Words = (StatusCode, &'static str, &'static str);

impl Problem {
    fn words(&self) -> Words {
        match self {
            Self::NoSuchPage | Self::NoSuchService => {
                (StatusCode::NOT_FOUND, "There is nothing here", "Go back and try something else.")
            }
            Self::UnknownLogin => (
                StatusCode::BAD_REQUEST,
                "This login is not known here",
                "It was finished before, took too long, or was begun in another browser. \
                 Please log in again.",
            ),
            Self::LoggedOut => {
                (StatusCode::FORBIDDEN, "You are not logged in", "Please log in, and try again.")
            }
            Self::SomebodyElse => (
                StatusCode::FORBIDDEN,
                "That was somebody else",
                "Another person has answered in the itsme app than the one who is logged in here. \
                 Nothing was stored.",
            ),
            Self::LinkedElsewhere => (
                StatusCode::CONFLICT,
                "This itsme account has an account here",
                "It is linked to another account. Log out, and log in with it.",
            ),
            Self::Itsme(DriveError::Transport(_)) => UNREACHABLE,
            Self::Itsme(DriveError::Flow(error)) => of_a_flow(error),
            Self::Evidence(_) | Self::Accounts(_) | Self::Session(_) | Self::Pending(_) => OURS,
        }
    }
}

const UNREACHABLE: Words = (
    StatusCode::SERVICE_UNAVAILABLE,
    "itsme cannot be reached",
    "Please try again in some minutes.",
);
const OURS: Words = (
    StatusCode::INTERNAL_SERVER_ERROR,
    "Something went wrong here",
    "It is not your fault. Please try again later.",
);

fn of_a_flow(error: &Error) -> Words {
    match error {
        // Their choice, and no error: the status is that of every page.
        Error::Cancelled => (
            StatusCode::OK,
            "You have stopped",
            "Nothing has happened. You can try again any time.",
        ),
        Error::LoginExpired => (
            StatusCode::OK,
            "That took too long",
            "For your safety it was stopped. Please try again.",
        ),
        Error::Callback(_) => (
            StatusCode::BAD_REQUEST,
            "This login is not known here",
            "The answer does not belong to what was begun in this browser. Please log in again.",
        ),
        Error::ProviderUnavailable { .. } | Error::UnexpectedReply(_) | Error::Malformed { .. } => {
            UNREACHABLE
        }
        Error::Refused(_) => (
            StatusCode::BAD_GATEWAY,
            "itsme has refused this",
            "Please try again. If it happens again, tell us.",
        ),
        Error::IdToken(_) | Error::Userinfo(_) | Error::Metadata(_) => (
            StatusCode::BAD_GATEWAY,
            "The answer of itsme could not be trusted",
            "Nobody was logged in. Please try again later.",
        ),
        _ => OURS,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, heading, advice) = self.words();
        if status.is_success() {
            tracing::info!("{self}");
        } else {
            let mut causes = String::new();
            let mut cause = self.source();
            while let Some(error) = cause {
                let _ = write!(causes, ": {error}");
                cause = error.source();
            }
            tracing::warn!("{self}{causes}");
        }
        let content = html! { p { (advice) } p { a href="/" { "Back" } } };
        (status, page::page(heading, &content)).into_response()
    }
}
