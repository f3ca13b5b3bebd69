//! Sends users to itsme, whatever the purpose, and handles their return. The routes come from
//! `itsme_reqwest::axum`.

use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse as _, Redirect, Response},
};
use itsme_core::{Advice, AuthorizationRequest, Claim};
use itsme_reqwest::axum::{self as routes, Arrived, Cause, Errand, QrPage};
use maud::{Markup, html};
use metrics::counter;
use serde::{Deserialize, Serialize};

use crate::{
    accounts::AccountId,
    app::App,
    language::Language,
    link,
    page::{self, Rank},
    payment,
    problem::{self, Problem},
    share,
    texts::Endings,
    visitor::Visitor,
};

/// The path where a login starts.
pub const PATH: &str = "/itsme/login";
/// The path of the redirect URI.
pub const CALLBACK: &str = "/itsme/callback";
/// Routes that are called by itsme's servers, not by browsers.
pub const ROUTES_OF_ITSME: [&str; 2] = ["/itsme/ping", "/itsme/request/"];
/// The metric that counts visits to itsme, by purpose and outcome.
const LOGINS: &str = "itsme_logins_total";

/// Why the user was sent to itsme, and which account was logged in at the time.
#[derive(Default, Serialize, Deserialize)]
pub enum Purpose {
    #[default]
    LogIn,
    Link(AccountId),
    Share(AccountId),
    Pay(AccountId),
}

impl Purpose {
    fn name(&self) -> &'static str {
        match self {
            Self::LogIn => "login",
            Self::Link(_) => "link",
            Self::Share(_) => "share",
            Self::Pay(_) => "pay",
        }
    }

    fn of(note: Option<&str>) -> serde_json::Result<Self> {
        note.map_or(Ok(Self::default()), serde_json::from_str)
    }
}

/// Returns the request for a login, by browser or QR code. The account's messages are sent to the
/// e-mail address requested here.
pub fn request(service: &str) -> AuthorizationRequest {
    AuthorizationRequest::login(service).claim(Claim::Name).claim(Claim::Email)
}

/// Takes a user who is logged in here and sends them to itsme.
pub async fn send(
    app: &App,
    headers: &HeaderMap,
    request: AuthorizationRequest,
    purpose: &Purpose,
) -> Result<Response, Problem> {
    let errand = Errand::new(serde_json::to_string(purpose)?);
    Ok(app.logins.send(headers, request, errand).await)
}

/// Handles the return of a user who has been identified by itsme.
pub async fn arrived(
    State(app): State<App>,
    visitor: Visitor,
    language: Language,
    arrived: Arrived,
) -> Result<Response, Problem> {
    let purpose = Purpose::of(arrived.note.as_deref())?;
    let name = purpose.name();
    let done = finish(&app, &visitor, purpose, &arrived, language).await;
    let outcome = if done.is_ok() { "succeeded" } else { "rejected" };
    counter!(LOGINS, "purpose" => name, "outcome" => outcome).increment(1);
    done
}

async fn finish(
    app: &App,
    visitor: &Visitor,
    purpose: Purpose,
    arrived: &Arrived,
    language: Language,
) -> Result<Response, Problem> {
    let who = &arrived.who;
    match purpose {
        Purpose::LogIn => {
            // The account is found only by `sub`.
            let (name, email) = (who.user.name.as_deref(), who.user.email.as_deref());
            let account = app.accounts.log_in(&who.user.sub, name, email).await?;
            visitor.log_in(&account).await?;
            Ok(Redirect::to(&arrived.return_to).into_response())
        }
        Purpose::Link(account) => link::arrived(app, visitor, &account, who, language).await,
        Purpose::Share(account) => share::arrived(app, visitor, &account, who).await,
        Purpose::Pay(account) => {
            let claims = arrived.claims.as_deref().unwrap_or_default();
            payment::arrived(app, visitor, (&account, claims), who, language).await
        }
    }
}

/// Returns the page that explains why a login or errand failed.
pub fn problem_page(problem: &routes::Problem, headers: &HeaderMap) -> Response {
    let language = Language::of(headers);
    let texts = language.texts();
    let purpose = Purpose::of(problem.note.as_deref()).unwrap_or_default();
    let is_login = problem.note.is_none();
    let Endings { cancelled, start_over, try_later, our_fault } =
        if is_login { &texts.login } else { &texts.errand };
    let (outcome, said) = match problem.advice() {
        _ if matches!(problem.cause, Cause::Unknown) => ("unknown", &texts.unknown_login),
        Advice::Cancelled => ("cancelled", cancelled),
        Advice::StartOver => ("start_over", start_over),
        Advice::TryLater => ("try_later", try_later),
        _ => ("our_fault", our_fault),
    };
    counter!(LOGINS, "purpose" => purpose.name(), "outcome" => outcome).increment(1);
    // An errand has to be started again from the page where it began.
    let again = is_login.then_some(problem.again.as_str());
    let page = problem::content(language, said, &problem.incident, again);
    (problem.status(), page).into_response()
}

/// A link that starts a login with itsme.
pub fn again(language: Language, path: &str) -> Markup {
    html! { p { a class="button" href=(path) { (language.texts().log_in_again) } } }
}

/// Returns the self-reloading page for a QR login.
pub fn qr_page(qr: &QrPage, headers: &HeaderMap) -> Response {
    let language = Language::of(headers);
    let texts = language.texts();
    let said = if qr.code.is_some() { &texts.scan } else { &texts.look_at_your_phone };
    let content = html! {
        p role="status" { (said.text) }
        @if let Some(code) = &qr.code {
            img class="code" src=(code) alt=(texts.scan_alt) width="300";
        }
        (page::button(&qr.stop, Rank::Secondary, texts.cancel))
    };
    page::page(language, said.heading, &content).into_response()
}
