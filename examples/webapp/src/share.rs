//! The person shares data of their identity document.

use axum::{extract::State, response::Response};
use axum_extra::extract::cookie::PrivateCookieJar;
use itsme_core::{AuthorizationRequest, Claim, LoggedIn};

use crate::{
    accounts::Account, app::App, login, pending::Purpose, problem::Problem, visitor::Visitor,
};

pub async fn begin(
    State(app): State<App>,
    visitor: Visitor,
    jar: PrivateCookieJar,
) -> Result<Response, Problem> {
    let id = visitor.account()?.id;
    let service = app.services.share.as_ref().ok_or(Problem::NoSuchService)?;
    let request = AuthorizationRequest::share_data(service, Claim::Birthdate.essential())
        .claim(Claim::Address);
    login::send(&app, request, |_| Purpose::Share(id), jar).await
}

pub async fn finish(app: &App, account: &Account, who: &LoggedIn) -> Result<(), Problem> {
    if who.user.sub != account.sub {
        return Err(Problem::SomebodyElse);
    }
    let address = who.user.address.as_ref().and_then(|address| address.formatted.as_deref());
    Ok(app.accounts.share(account.id, who.user.birthdate.as_deref(), address).await?)
}
