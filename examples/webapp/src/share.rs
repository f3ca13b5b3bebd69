//! The user shares data from their identity document.

use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse as _, Redirect, Response},
};
use itsme_core::{AuthorizationRequest, Claim, LoggedIn};
use maud::{Markup, html};

use crate::{
    app::App,
    language::Language,
    login::{self, Purpose},
    page,
    problem::Problem,
    visitor::Visitor,
};

pub async fn begin(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let purpose = Purpose::Share(visitor.account()?.id.clone());
    let service = app.services.share.as_ref().ok_or(Problem::NoSuchService)?;
    let request = AuthorizationRequest::share_data(service, Claim::Birthdate.essential())
        .claim(Claim::Address);
    login::send(&app, &headers, request, &purpose).await
}

pub async fn arrived(
    app: &App,
    visitor: &Visitor,
    id: &str,
    who: &LoggedIn,
) -> Result<Response, Problem> {
    let account = visitor.still(id)?;
    if who.user.sub != account.sub {
        return Err(Problem::SomebodyElse);
    }
    let birthdate = who.user.birthdate.as_deref();
    let address = who.user.address.as_ref().and_then(|address| address.formatted.as_deref());
    app.accounts.share(id, birthdate, address).await?;
    visitor.remember(SHARED, (birthdate, address)).await?;
    Ok(Redirect::to("/shared").into_response())
}

/// The session key for the data that was last shared.
const SHARED: &str = "shared";

/// Shows what the user has shared, and what data itsme does not have about them.
pub async fn shared(visitor: Visitor, language: Language) -> Result<Markup, Problem> {
    visitor.account()?;
    let shared: Option<(Option<String>, Option<String>)> = visitor.remembered(SHARED).await?;
    let (birthdate, address) = shared.ok_or(Problem::NoSuchPage)?;
    let texts = language.texts();
    let data = [(texts.born_on, birthdate), (texts.address, address)];
    let content = html! {
        p { (texts.shared.text) }
        dl {
            @for (name, value) in data.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
                dt { (name) } dd class="lines" { (value) }
            }
        }
        @if data.iter().any(|(_, value)| value.is_none()) {
            p { (texts.itsme_lacks) }
            ul { @for (name, _) in data.iter().filter(|(_, value)| value.is_none()) { li { (name) } } }
        }
        (page::back(language))
    };
    Ok(page::page(language, texts.shared.heading, &content))
}
