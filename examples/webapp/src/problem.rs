//! Errors, as shown to the user and as logged. Both contain the same incident number.

use std::{error::Error as _, fmt::Write as _, sync::Arc};

use axum::{
    Extension,
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use itsme_core::EvidenceError;
use maud::html;
use thiserror::Error as ThisError;

use crate::{
    accounts::AccountId,
    audit::Event,
    database::fresh_id,
    language::Language,
    login, page,
    texts::{Said, Texts},
};

#[derive(Debug, ThisError)]
pub enum Problem {
    #[error("there is no such page")]
    NoSuchPage,
    #[error("a form was sent from another site")]
    AnotherSite,
    #[error("no user is logged in")]
    LoggedOut,
    #[error("a different account was logged in when this began")]
    AnotherAccount,
    #[error("the user who shared data is not the user who is logged in")]
    SomebodyElse,
    #[error("the new itsme account is already linked to this account")]
    LinkedAlready,
    #[error("the code to link a new itsme account has expired, or was tried too many times")]
    LinkIsOver,
    /// The incident number lets support find the account and the reason in the log.
    #[error("account {account}: {}", event.name())]
    LinkRefused { account: AccountId, event: Event },
    #[error("no service code is configured for this service")]
    NoSuchService,
    #[error("the session was not stored")]
    SessionNotStored,
    #[error("archived evidence failed verification")]
    Evidence(#[from] EvidenceError),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
    #[error("the session is unavailable")]
    Session(#[from] tower_sessions::session::Error),
    #[error("cannot read the purpose of a login")]
    Note(#[from] serde_json::Error),
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchPage | Self::NoSuchService => StatusCode::NOT_FOUND,
            Self::AnotherSite | Self::LoggedOut | Self::AnotherAccount | Self::SomebodyElse => {
                StatusCode::FORBIDDEN
            }
            Self::LinkRefused { event: Event::RefusedAsLinkedElsewhere, .. }
            | Self::LinkedAlready => StatusCode::CONFLICT,
            Self::LinkRefused { .. } => StatusCode::FORBIDDEN,
            Self::LinkIsOver => StatusCode::BAD_REQUEST,
            Self::Database(_) | Self::Session(_) | Self::SessionNotStored => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Evidence(_) | Self::Note(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn said(&self, texts: &'static Texts) -> &'static Said {
        match self {
            Self::NoSuchPage | Self::NoSuchService => &texts.no_such_page,
            Self::AnotherSite => &texts.another_site,
            Self::LoggedOut => &texts.logged_out,
            Self::AnotherAccount => &texts.another_account,
            Self::SomebodyElse => &texts.somebody_else,
            Self::LinkedAlready => &texts.linked_already,
            Self::LinkIsOver => &texts.link_is_over,
            Self::LinkRefused { event: Event::RefusedAsLinkedElsewhere, .. } => {
                &texts.linked_elsewhere
            }
            Self::LinkRefused { .. } => &texts.link_needs_support,
            Self::Evidence(_)
            | Self::Database(_)
            | Self::Session(_)
            | Self::SessionNotStored
            | Self::Note(_) => &texts.login.our_fault,
        }
    }

    /// Whether logging in again might help.
    fn is_helped_by_login(&self) -> bool {
        matches!(self.status(), StatusCode::SERVICE_UNAVAILABLE) || matches!(self, Self::LoggedOut)
    }

    fn log(&self, incident: &str) {
        let mut causes = String::new();
        let mut cause = self.source();
        while let Some(error) = cause {
            let _ = write!(causes, ": {error}");
            cause = error.source();
        }
        match self.status() {
            status if !status.is_server_error() => tracing::info!(incident, "{self}{causes}"),
            StatusCode::SERVICE_UNAVAILABLE => tracing::warn!(incident, "{self}{causes}"),
            _ => tracing::error!(incident, "{self}{causes}"),
        }
    }
}

impl IntoResponse for Problem {
    /// Returns a response without a page. [`show`] adds the page, because it has the user's
    /// language.
    fn into_response(self) -> Response {
        (self.status(), Extension(Arc::new(self))).into_response()
    }
}

/// Turns each problem into a page.
pub async fn show(language: Language, request: Request, next: Next) -> Response {
    // The callers of these routes are itsme's servers, which need no pages.
    let is_of_itsme = login::ROUTES_OF_ITSME.iter().any(|it| request.uri().path().starts_with(it));
    let mut response = next.run(request).await;
    let problem = match response.extensions_mut().remove::<Arc<Problem>>() {
        Some(problem) => problem,
        // The session layer reports its errors without a page.
        None if !is_of_itsme
            && response.status() == StatusCode::INTERNAL_SERVER_ERROR
            && !response.headers().contains_key("content-type") =>
        {
            Arc::new(Problem::SessionNotStored)
        }
        None => return response,
    };
    let incident = incident();
    problem.log(&incident);
    let way = problem.is_helped_by_login().then_some(login::PATH);
    let page = content(language, problem.said(language.texts()), &incident, way);
    (problem.status(), page).into_response()
}

/// Returns a number that is logged, that the user can quote, and that is short enough to read aloud.
fn incident() -> String {
    fresh_id().chars().filter(char::is_ascii_alphanumeric).take(8).collect()
}

/// Returns the page for a problem, with a link to log in again if that might help.
pub fn content(
    language: Language,
    said: &Said,
    incident: &str,
    again: Option<&str>,
) -> maud::Markup {
    let texts = language.texts();
    let content = html! {
        p { (said.text) }
        @if let Some(again) = again { (login::again(language, again)) }
        p class="quiet" { (texts.incident) " " (incident) }
        (page::back(language))
    };
    page::page(language, said.heading, &content)
}
