//! To itsme and back, whatever the person wants there.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::cookie::PrivateCookieJar;
use itsme_core::{AuthorizationRequest, Callback, Claim, LoggedIn};

use crate::{
    accounts::AccountId,
    app::App,
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
    let callback = Callback::from(query.unwrap_or_default());
    let (pending, jar) = Pending::take(&callback, app.is_https, jar);
    // The cookie is gone whatever comes of it.
    (jar, finish(&app, &visitor, pending, callback).await).into_response()
}

/// Programs that look at links before people do must not use one up.
pub async fn peek() -> StatusCode {
    StatusCode::NO_CONTENT
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
