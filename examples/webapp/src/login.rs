//! To itsme and back, whatever the person wants there.

use axum::{
    extract::{RawQuery, Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::cookie::PrivateCookieJar;
use itsme_core::{AuthorizationRequest, Callback, Claim, LoggedIn};
use maud::html;

use crate::{
    accounts::AccountId,
    app::App,
    page,
    pending::{Pending, Purpose},
    problem::Problem,
    visitor::Visitor,
    {payment, share},
};

/// The path of the redirect URI.
pub const CALLBACK: &str = "/itsme/callback";

/// What a login asks for, by browser or by QR code.
pub fn request(app: &App) -> AuthorizationRequest {
    AuthorizationRequest::login(&app.services.login).claim(Claim::Name)
}

pub async fn begin(State(app): State<App>, jar: PrivateCookieJar) -> Result<Response, Problem> {
    send(&app, request(&app), |_| Purpose::LogIn, jar).await
}

/// Somebody who is logged in here has a new itsme account, and with it a new `sub`.
pub async fn begin_link(
    State(app): State<App>,
    visitor: Visitor,
    jar: PrivateCookieJar,
) -> Result<Response, Problem> {
    let id = visitor.account()?.id;
    send(&app, request(&app), |_| Purpose::Link(id), jar).await
}

/// Sends the person to itsme. `purpose` gets the `claims` that are sent.
pub async fn send(
    app: &App,
    request: AuthorizationRequest,
    purpose: impl FnOnce(Option<String>) -> Purpose,
    jar: PrivateCookieJar,
) -> Result<Response, Problem> {
    let mut redirect = app.itsme.authorize(request).await?;
    let to_itsme = Redirect::to(&redirect.url);
    let purpose = purpose(redirect.claims.take());
    let jar = Pending::store(purpose, redirect, app.is_https, jar)?;
    Ok((jar, to_itsme).into_response())
}

/// They are back.
pub async fn callback(
    State(app): State<App>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
    jar: PrivateCookieJar,
) -> Response {
    let query = query.unwrap_or_default();
    // A page from another site may be asked for without our cookies.
    let came_bare = visitor.account.is_none() && !Pending::is_any(&jar);
    if came_bare && !query.ends_with(AGAIN) {
        return ask_again(&query);
    }
    let callback = Callback::from(query);
    let (pending, jar) = Pending::take(&callback, app.is_https, jar);
    // The cookie is gone whatever comes of it.
    (jar, finish(&app, &visitor, pending, callback).await).into_response()
}

/// Marks the second request for a callback, so that there is no third.
const AGAIN: &str = "&again";

/// Has the browser ask once more, from a page of ours: then it sends every cookie that it has. A
/// redirect would not do, because it still counts as coming from the other site.
fn ask_again(query: &str) -> Response {
    let again = format!("?{query}{AGAIN}");
    let content = html! {
        p { "Your login continues in a moment." }
        p { a href=(again) { "Continue" } }
    };
    ([("refresh", format!("0;url={again}"))], page::page("One moment", &content)).into_response()
}

/// Browsers fetch pages ahead, and programs look at links before people do: neither may use up a login.
pub async fn answer_looks_ahead(request: Request, next: Next) -> Response {
    let is_ahead = |name| {
        let purpose = request.headers().get(name);
        // `prefetch`, whatever follows it, and Safari's `preview`.
        purpose.is_some_and(|purpose| purpose.as_bytes().starts_with(b"pre"))
    };
    let purposes = ["sec-purpose", "purpose", "x-purpose", "x-moz"];
    if request.method() == Method::HEAD || purposes.into_iter().any(is_ahead) {
        return StatusCode::NO_CONTENT.into_response();
    }
    next.run(request).await
}

async fn finish(
    app: &App,
    visitor: &Visitor,
    pending: Option<Pending>,
    callback: Callback,
) -> Result<Response, Problem> {
    let Pending { purpose, state, .. } = pending.ok_or(Problem::UnknownLogin)?;
    // Nobody's data are fetched for an account that is not there any more.
    if let Purpose::Link(account) | Purpose::Share(account) = purpose {
        visitor.still(account)?;
    }
    let who = app.itsme.finish_login(state, callback).await?;
    match purpose {
        Purpose::LogIn => log_in(app, visitor, &who).await?,
        Purpose::Link(account) => {
            if !app.accounts.link(account, &who.user.sub).await? {
                return Err(Problem::LinkedElsewhere);
            }
        }
        Purpose::Share(account) => share::finish(app, visitor.still(account)?, &who).await?,
        Purpose::Pay(account, claims) => {
            return payment::finish(app, visitor, (account, &claims), &who).await;
        }
    }
    Ok(Redirect::to("/").into_response())
}

/// `sub` is the only link to an account.
async fn log_in(app: &App, visitor: &Visitor, who: &LoggedIn) -> Result<(), Problem> {
    visitor.log_in(account(app, who).await?).await
}

/// Theirs, or a new one.
pub async fn account(app: &App, who: &LoggedIn) -> Result<AccountId, Problem> {
    Ok(app.accounts.log_in(&who.user.sub, who.user.name.as_deref()).await?)
}
