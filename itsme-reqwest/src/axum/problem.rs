use std::error::Error as _;

use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};
use itsme_core::{Advice, EntropyError, Platform as _, SystemPlatform};
use thiserror::Error as ThisError;

use super::StoreError;
use crate::Error;

/// A login or an errand that failed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Problem {
    /// What happened. It has already been logged, with the target `itsme`.
    pub cause: Cause,
    /// The path where the user can start again. For a login, it starts a new login that leads to
    /// the same place. After [`Logins::send`](super::Logins::send), it is the
    /// [`Errand::return_to`](super::Errand::return_to).
    pub again: String,
    /// The note from the failed [`Errand`](super::Errand), or `None` for a login.
    pub note: Option<String>,
    /// Identifies this problem: the `incident` field in its log line. The page can show it, so that
    /// users can quote it to your support team.
    pub incident: String,
}

/// The cause of a [`Problem`].
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Cause {
    /// The login failed.
    #[error(transparent)]
    Itsme(#[from] Error),
    /// The login is over, or was started in a different browser.
    #[error("this browser has no such login in progress")]
    Unknown,
    /// The login does not fit in a cookie; browsers silently drop long ones. Shorten the note
    /// of the [`Errand`](super::Errand), or keep logins in a [`Store`](super::Store).
    #[error(
        "the pending login is {bytes} bytes long, but a cookie can hold at most {most}: \
         shorten the note or request fewer claims"
    )]
    TooLong {
        /// The size of the pending login.
        bytes: usize,
        /// The maximum size.
        most: usize,
    },
    /// The [`Store`](super::Store) failed.
    #[error("the login in progress could not be stored or read")]
    Store(#[source] StoreError),
    /// A form was submitted from a page on another site.
    #[error("a form was sent from another site")]
    AnotherSite,
    /// A poll was interrupted, usually because the program is shutting down.
    #[error("a poll was interrupted")]
    Interrupted,
}

impl From<EntropyError> for Cause {
    fn from(error: EntropyError) -> Self {
        Self::Itsme(Error::Flow(error.into()))
    }
}

/// Returns an unguessable name of 32 hexadecimal digits.
pub(super) fn random_name() -> Result<String, EntropyError> {
    let mut bytes = [0; 16];
    SystemPlatform::new().fill(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

impl Problem {
    pub(super) fn new(cause: Cause, again: String, note: Option<String>) -> Self {
        // Without randomness the incident is an empty string, which is fine because nothing relies
        // on it.
        let mut incident = random_name().unwrap_or_default();
        incident.truncate(8);
        Self { cause, again, note, incident }
    }

    /// Returns what to do about the problem.
    pub fn advice(&self) -> Advice {
        match &self.cause {
            Cause::Itsme(error) => error.advice(),
            Cause::Unknown | Cause::AnotherSite => Advice::StartOver,
            Cause::TooLong { .. } | Cause::Store(_) | Cause::Interrupted => Advice::OurFault,
        }
    }

    /// Returns the HTTP status that matches the problem.
    pub fn status(&self) -> StatusCode {
        match self.advice() {
            _ if matches!(self.cause, Cause::AnotherSite) => StatusCode::FORBIDDEN,
            Advice::Cancelled => StatusCode::OK,
            Advice::StartOver => StatusCode::BAD_REQUEST,
            Advice::TryLater => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Logs the problem for the operators. A user canceling or coming back twice does not warrant a warning.
    pub(super) fn log(&self) {
        let Self { cause, incident, .. } = self;
        let source = cause.source().map(|source| format!(": {source}")).unwrap_or_default();
        match (cause, self.advice()) {
            (Cause::Unknown | Cause::AnotherSite, _) | (_, Advice::Cancelled) => {
                tracing::info!(target: "itsme", incident, "a login ended: {cause}{source}");
            }
            (_, Advice::StartOver | Advice::TryLater) => {
                tracing::warn!(target: "itsme", incident, "a login failed: {cause}{source}");
            }
            _ => tracing::error!(target: "itsme", incident, "a login failed: {cause}{source}"),
        }
    }

    /// Returns the default page.
    pub(super) fn page(&self) -> Response {
        let advice = self.advice();
        let (said, label) = match (advice, &self.note) {
            _ if matches!(self.cause, Cause::AnotherSite) => {
                ("This request came from another site.", "Log in with itsme")
            }
            (Advice::Cancelled, None) => ("You cancelled the login.", "Log in with itsme"),
            (Advice::Cancelled, Some(_)) => ("You cancelled.", "Go back"),
            (Advice::StartOver, None) => (
                "This login has already finished or was started in a different browser.",
                "Start again in this browser",
            ),
            (Advice::StartOver, Some(_)) => ("This took too long or is already over.", "Go back"),
            (Advice::TryLater, _) => ("itsme cannot be reached at the moment.", "Try again"),
            (_, None) => ("The login failed because of an error on our side.", ""),
            (_, Some(_)) => ("This failed because of an error on our side.", "Go back"),
        };
        let again = self.again.replace('&', "&amp;").replace('"', "&quot;");
        let link = match label {
            "" => String::new(),
            label => format!(" <a href=\"{again}\">{label}</a>"),
        };
        let incident = match advice {
            Advice::Cancelled => String::new(),
            _ => format!("<p><small>Incident {}</small></p>", self.incident),
        };
        let page = format!(
            "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>Log in</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><p>{said}{link}</p>{incident}</html>"
        );
        (self.status(), [(header::CACHE_CONTROL, "no-store")], Html(page)).into_response()
    }
}
