//! Links a new itsme account, which has a new `sub`, to the account of a user who is logged in.
//!
//! A session that was left open must not be enough to link someone else's itsme account. So the new
//! identity must match the data in the account, and the user must enter a code sent to the
//! account's e-mail address. Until then, the pages show nothing that is stored in the account. A
//! user who cannot do this has to contact support.

use axum::{
    Form,
    extract::{State, rejection::FormRejection},
    http::HeaderMap,
    response::{IntoResponse as _, Redirect, Response},
};
use itsme_core::{AuthorizationRequest, Claim, LoggedIn, User};
use maud::{Markup, html};
use serde::Deserialize;

use crate::{
    accounts::Account,
    app::App,
    audit::{self, Event},
    language::Language,
    link_codes::{Entered, Link},
    login::{self, Purpose},
    page::{self, Rank},
    problem::Problem,
    visitor::Visitor,
};

/// The session key for the ID of the link that is waiting for its code.
const LINK: &str = "link";

pub async fn begin(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let purpose = Purpose::Link(visitor.account()?.id.clone());
    let request =
        AuthorizationRequest::login(&app.services.login).claim(Claim::Name).claim(Claim::Birthdate);
    login::send(&app, &headers, request, &purpose).await
}

/// Handles the return of the user, whose new identity itsme has verified.
pub async fn arrived(
    app: &App,
    visitor: &Visitor,
    id: &str,
    who: &LoggedIn,
    language: Language,
) -> Result<Response, Problem> {
    let (account, user) = (visitor.still(id)?, &who.user);
    if user.sub == account.sub {
        return Err(Problem::LinkedAlready);
    }
    let refused = if !is_same_person(account, user) {
        Some(Event::RefusedAsSomebodyElse)
    } else if app.accounts.is_known(&user.sub).await? {
        Some(Event::RefusedAsLinkedElsewhere)
    } else {
        None
    };
    if let Some(event) = refused {
        audit::note(&app.database, id, event).await?;
        return Err(Problem::LinkRefused { account: id.to_owned(), event });
    }
    let identity = (user.sub.as_str(), user.name.as_deref());
    let Some(link) = app.link_codes.send(account, identity, language).await? else {
        let event = Event::RefusedWithoutCode;
        return Err(Problem::LinkRefused { account: id.to_owned(), event });
    };
    visitor.remember(LINK, link).await?;
    Ok(Redirect::to("/link").into_response())
}

/// Whether the new identity matches the name and date of birth in the account, as far as they are
/// known.
fn is_same_person(account: &Account, user: &User) -> bool {
    let name = |name: &str| name.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let has_same_name = match &account.name {
        Some(known) => user.name.as_deref().is_some_and(|new| name(new) == name(known)),
        None => true,
    };
    has_same_name && (account.birthdate.is_none() || account.birthdate == user.birthdate)
}

/// Returns the page on which to enter the code.
pub async fn ask(
    State(app): State<App>,
    visitor: Visitor,
    language: Language,
) -> Result<Response, Problem> {
    let (link, _) = waiting(&app, &visitor).await?;
    Ok(code_page(language, &link, false).into_response())
}

async fn waiting(app: &App, visitor: &Visitor) -> Result<(Link, String), Problem> {
    let account = visitor.account()?;
    let id: Option<String> = visitor.remembered(LINK).await?;
    let id = id.ok_or(Problem::LinkIsOver)?;
    let link = app.link_codes.get(&account.id, &id).await?.ok_or(Problem::LinkIsOver)?;
    Ok((link, id))
}

fn code_page(language: Language, link: &Link, was_wrong: bool) -> Markup {
    let texts = language.texts();
    let content = html! {
        @if was_wrong { p role="alert" { strong { (texts.wrong_code) } } }
        p { (texts.linking.text) }
        form method="post" action="/link/confirm" {
            p {
                label for="code" { (texts.code) }
                input id="code" name="code" required inputmode="numeric" autocomplete="one-time-code" maxlength="12";
            }
            p { ((texts.linking_whom)(link.name.as_deref().unwrap_or("–"))) }
            button { (texts.link_now) }
        }
        (page::button("/link/stop", Rank::Secondary, texts.cancel))
    };
    page::page(language, texts.linking.heading, &content)
}

#[derive(Deserialize)]
pub struct Code {
    code: String,
}

pub async fn confirm(
    State(app): State<App>,
    visitor: Visitor,
    language: Language,
    code: Result<Form<Code>, FormRejection>,
) -> Result<Response, Problem> {
    let (link, id) = waiting(&app, &visitor).await?;
    // An unreadable form counts as an empty code.
    let code = code.map(|Form(it)| it.code).unwrap_or_default();
    let account = visitor.account()?;
    match app.link_codes.enter(account, &id, &code, language).await? {
        Entered::Wrong => Ok(code_page(language, &link, true).into_response()),
        Entered::Over => Err(Problem::LinkIsOver),
        Entered::LinkedElsewhere => {
            let event = Event::RefusedAsLinkedElsewhere;
            Err(Problem::LinkRefused { account: account.id.clone(), event })
        }
        Entered::Linked => {
            // Linking has ended all sessions, including this one, so log in again.
            let account = app.accounts.get(&account.id).await?.ok_or(Problem::LoggedOut)?;
            visitor.log_in(&account).await?;
            Ok(Redirect::to("/link/done").into_response())
        }
    }
}

pub async fn done(visitor: Visitor, language: Language) -> Result<Markup, Problem> {
    visitor.account()?;
    let said = &language.texts().linked;
    let content = html! { p { (said.text) } (page::back(language)) };
    Ok(page::page(language, said.heading, &content))
}

pub async fn stop(State(app): State<App>, visitor: Visitor) -> Result<Redirect, Problem> {
    app.link_codes.stop(&visitor.account()?.id).await?;
    Ok(Redirect::to("/"))
}
