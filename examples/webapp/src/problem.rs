//! What went wrong, for the person to read and for the log. What is said of itsme's errors is what the
//! guide says (`docs/guide/errors.md`).

use std::{error::Error as _, fmt::Write as _};

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use itsme_core::{Advice, EvidenceError};
use maud::html;
use thiserror::Error as ThisError;

use crate::{home, page};

#[derive(Debug, ThisError)]
pub enum Problem {
    #[error("no such page")]
    NoSuchPage,
    #[error("a form came from a page of another site")]
    AnotherSite,
    #[error("a login came back to a browser that has not begun it, or to one that has finished it")]
    UnknownLogin,
    #[error("nobody is logged in")]
    LoggedOut,
    #[error("another account is logged in than when this was begun")]
    AnotherAccount,
    #[error("another person has shared their data than the one who is logged in")]
    SomebodyElse,
    #[error("the new itsme account is linked to another account already")]
    LinkedElsewhere,
    #[error("there is no code for this service")]
    NoSuchService,
    #[error(transparent)]
    Itsme(#[from] itsme_reqwest::Error),
    #[error("a pending login is too long for a cookie")]
    TooLong,
    #[error("a poll has ended before its time")]
    Interrupted,
    #[error("an archived proof does not hold")]
    Evidence(#[from] EvidenceError),
    #[error("the database cannot be had")]
    Database(#[from] sqlx::Error),
    #[error("the session cannot be had")]
    Session(#[from] tower_sessions::session::Error),
    #[error("a login cannot be stored, or was stored by another version")]
    Stored(#[from] serde_json::Error),
}

/// What to say: the status, a heading, and what to do now.
type Words = (StatusCode, &'static str, &'static str);

/// Their choice, and no error: the status is that of every page.
const STOPPED: Words =
    (StatusCode::OK, "You cancelled", "Nothing has changed. You can try again any time.");
const BEGIN_AGAIN: Words = (
    StatusCode::BAD_REQUEST,
    "Please start again",
    "It took too long, or was finished before. Anything you approved in the app since then does not \
     count here.",
);
const TRY_LATER: Words = (
    StatusCode::SERVICE_UNAVAILABLE,
    "itsme cannot be reached",
    "Please try again in a few minutes.",
);
const OURS: Words = (
    StatusCode::INTERNAL_SERVER_ERROR,
    "Something went wrong here",
    "It is not your fault. Please try again later, or tell us.",
);

impl Problem {
    fn words(&self) -> Words {
        match self {
            Self::NoSuchPage | Self::NoSuchService => {
                (StatusCode::NOT_FOUND, "There is nothing here", "Go back and try something else.")
            }
            Self::AnotherSite => (
                StatusCode::FORBIDDEN,
                "That was not begun here",
                "Another site has sent you. If it was you who wanted it, begin on our own page.",
            ),
            Self::UnknownLogin => (
                StatusCode::BAD_REQUEST,
                "This login is not known here",
                "It was finished before, took too long, or was begun in another browser. \
                 You can start again in this browser.",
            ),
            Self::LoggedOut => {
                (StatusCode::FORBIDDEN, "You are not logged in", "Please log in, and try again.")
            }
            Self::AnotherAccount => (
                StatusCode::FORBIDDEN,
                "Another account is logged in",
                "It is not the one that began this. Nothing was stored.",
            ),
            Self::SomebodyElse => (
                StatusCode::FORBIDDEN,
                "That was somebody else",
                "Another person has answered in the itsme app than the one who is logged in here. \
                 Nothing was stored.",
            ),
            // A shop with something to lose would offer to merge the two.
            Self::LinkedElsewhere => (
                StatusCode::CONFLICT,
                "This itsme account has an account here",
                "It was made when somebody logged in with it. Log out, and log in with it to see \
                 that one; or ask us to make one of the two.",
            ),
            Self::Itsme(error) => match error.advice() {
                Advice::Cancelled => STOPPED,
                Advice::StartOver => BEGIN_AGAIN,
                Advice::TryLater => TRY_LATER,
                Advice::OurFault => OURS,
            },
            Self::TooLong
            | Self::Interrupted
            | Self::Evidence(_)
            | Self::Database(_)
            | Self::Session(_)
            | Self::Stored(_) => OURS,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, heading, advice) = self.words();
        let mut causes = String::new();
        let mut cause = self.source();
        while let Some(error) = cause {
            let _ = write!(causes, ": {error}");
            cause = error.source();
        }
        if !status.is_server_error() {
            tracing::info!("{self}{causes}");
        } else if status == StatusCode::SERVICE_UNAVAILABLE {
            tracing::warn!("{self}{causes}");
        } else {
            tracing::error!("{self}{causes}");
        }
        let content = html! {
            p { (advice) }
            @if matches!(self, Self::UnknownLogin) { (home::log_in()) }
            p { a href="/" { "Back" } }
        };
        (status, page::page(heading, &content)).into_response()
    }
}
