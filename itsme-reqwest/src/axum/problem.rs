use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};
use itsme_core::Advice;

use crate::Error;

/// A login has ended, and nobody is logged in.
#[derive(Debug)]
#[non_exhaustive]
pub struct Problem {
    /// What has happened; it is in the log already, with the target `itsme`. `None`: this browser has no such login under way, because it is
    /// over or was begun elsewhere.
    pub error: Option<Error>,
    /// The path at which the person can log in again, to get where they wanted to be.
    pub again: String,
}

impl Problem {
    pub(super) fn new(error: Option<Error>, again: String) -> Self {
        Self { error, again }
    }

    /// What is to be done.
    pub fn advice(&self) -> Advice {
        self.error.as_ref().map_or(Advice::StartOver, Error::advice)
    }

    /// The status that fits.
    pub fn status(&self) -> StatusCode {
        match self.advice() {
            Advice::Cancelled => StatusCode::OK,
            Advice::StartOver => StatusCode::BAD_REQUEST,
            Advice::TryLater => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whoever runs the application is told; a person who changes their mind is no news.
    pub(super) fn log(&self) {
        let Some(error) = &self.error else { return };
        let source = std::error::Error::source(error).map(|source| format!(": {source}"));
        let source = source.unwrap_or_default();
        match self.advice() {
            Advice::Cancelled => {}
            Advice::StartOver | Advice::TryLater => {
                tracing::warn!(target: "itsme", "a login has failed: {error}{source}");
            }
            _ => tracing::error!(target: "itsme", "a login has failed: {error}{source}"),
        }
    }

    /// The page of those who make none of their own.
    pub(super) fn page(&self) -> Response {
        let (said, label) = match self.advice() {
            Advice::Cancelled => ("You cancelled the login.", "Log in with itsme"),
            Advice::StartOver => {
                ("This login is over, or was begun in another browser.", "Log in in this browser")
            }
            Advice::TryLater => ("itsme cannot be reached at the moment.", "Try again"),
            _ => ("The login failed because of an error on our side.", ""),
        };
        let again = self.again.replace('&', "&amp;").replace('"', "&quot;");
        let link = match label {
            "" => String::new(),
            label => format!(" <a href=\"{again}\">{label}</a>"),
        };
        let page = format!(
            "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>Log in</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><p>{said}{link}</p></html>"
        );
        (self.status(), [(header::CACHE_CONTROL, "no-store")], Html(page)).into_response()
    }
}
