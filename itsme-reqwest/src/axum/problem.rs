use std::error::Error as _;

use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};
use itsme_core::{Advice, EntropyError, Platform as _, SystemPlatform};
use thiserror::Error as ThisError;

use super::StoreError;
use crate::Error;

/// Something that was to be done at itsme has ended, and was not done.
#[derive(Debug)]
#[non_exhaustive]
pub struct Problem {
    /// What has happened; it is in the log already, with the target `itsme`.
    pub cause: Cause,
    /// The path at which the person can begin again: the login, which takes them where they wanted to be; after
    /// [`Logins::send`](super::Logins::send), the [`Errand::return_to`](super::Errand::return_to).
    pub again: String,
    /// The note of the [`Errand`](super::Errand) that has ended; `None` for a login.
    pub note: Option<String>,
    /// Names this problem: the field `incident` of its line in the log. A person can quote it.
    pub incident: String,
}

/// Why a [`Problem`] is there.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Cause {
    /// The login has failed.
    #[error(transparent)]
    Itsme(#[from] Error),
    /// The login is over, or was begun elsewhere.
    #[error("this browser has no such login under way")]
    Unknown,
    /// Browsers drop long cookies without a word. Shorten the note of the [`Errand`](super::Errand).
    #[error(
        "the pending login has {bytes} bytes, and a cookie can take {most}: shorten the note or ask for fewer claims"
    )]
    TooLong {
        /// What is to be kept.
        bytes: usize,
        /// What can be kept.
        most: usize,
    },
    /// The [`Store`](super::Store) has failed.
    #[error("what is under way cannot be stored or read")]
    Store(#[source] StoreError),
    /// A page of another site has sent a form here.
    #[error("a form came from a page of another site")]
    AnotherSite,
    /// The program is ending.
    #[error("a poll has ended before its time")]
    Interrupted,
}

impl From<EntropyError> for Cause {
    fn from(error: EntropyError) -> Self {
        Self::Itsme(Error::Flow(error.into()))
    }
}

/// A name that nobody can guess, of 32 digits.
pub(super) fn random_name() -> Result<String, EntropyError> {
    let mut bytes = [0; 16];
    SystemPlatform::new().fill(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

impl Problem {
    pub(super) fn new(cause: Cause, again: String, note: Option<String>) -> Self {
        // Without randomness, it names nothing; nobody relies on it.
        let mut incident = random_name().unwrap_or_default();
        incident.truncate(8);
        Self { cause, again, note, incident }
    }

    /// What is to be done.
    pub fn advice(&self) -> Advice {
        match &self.cause {
            Cause::Itsme(error) => error.advice(),
            Cause::Unknown | Cause::AnotherSite => Advice::StartOver,
            Cause::TooLong { .. } | Cause::Store(_) | Cause::Interrupted => Advice::OurFault,
        }
    }

    /// The status that fits.
    pub fn status(&self) -> StatusCode {
        match self.advice() {
            _ if matches!(self.cause, Cause::AnotherSite) => StatusCode::FORBIDDEN,
            Advice::Cancelled => StatusCode::OK,
            Advice::StartOver => StatusCode::BAD_REQUEST,
            Advice::TryLater => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whoever runs the application is told. A person who changes their mind, or comes back twice, is no news.
    pub(super) fn log(&self) {
        let Self { cause, incident, .. } = self;
        let source = cause.source().map(|source| format!(": {source}")).unwrap_or_default();
        match (cause, self.advice()) {
            (Cause::Unknown | Cause::AnotherSite, _) | (_, Advice::Cancelled) => {
                tracing::info!(target: "itsme", incident, "a login has ended: {cause}{source}");
            }
            (_, Advice::StartOver | Advice::TryLater) => {
                tracing::warn!(target: "itsme", incident, "a login has failed: {cause}{source}");
            }
            _ => tracing::error!(target: "itsme", incident, "a login has failed: {cause}{source}"),
        }
    }

    /// The page of those who make none of their own.
    pub(super) fn page(&self) -> Response {
        let advice = self.advice();
        let (said, label) = match (advice, &self.note) {
            _ if matches!(self.cause, Cause::AnotherSite) => {
                ("Another site has sent you here.", "Log in with itsme")
            }
            (Advice::Cancelled, None) => ("You cancelled the login.", "Log in with itsme"),
            (Advice::Cancelled, Some(_)) => ("You cancelled.", "Go back"),
            (Advice::StartOver, None) => {
                ("This login is over, or was begun in another browser.", "Log in in this browser")
            }
            (Advice::StartOver, Some(_)) => ("This took too long, or is over.", "Go back"),
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
