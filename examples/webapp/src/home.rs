//! The home page.

use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse as _, Redirect, Response},
};
use maud::{Markup, html};

use crate::{
    accounts::Account,
    app::App,
    language::Language,
    login,
    page::{self, Rank, button},
    payment,
    problem::Problem,
    visitor::Visitor,
};

pub async fn home(State(app): State<App>, visitor: Visitor, language: Language) -> Markup {
    let texts = language.texts();
    match &visitor.account {
        Some(account) => signed_in(&app, account, language),
        None => page::page(
            language,
            texts.welcome,
            &html! {
                p class="lead" { (texts.log_in_to_continue) }
                p { a class="button" href=(login::PATH) { (texts.log_in) } }
                (button("/itsme/qr", Rank::Secondary, texts.log_in_by_qr))
            },
        ),
    }
}

fn signed_in(app: &App, account: &Account, language: Language) -> Markup {
    let texts = language.texts();
    let title = match &account.name {
        Some(name) => format!("{}, {name}", texts.welcome),
        None => texts.welcome.to_owned(),
    };
    let data = [
        (texts.account, Some(&account.id)),
        (texts.born_on, account.birthdate.as_ref()),
        (texts.address, account.address.as_ref()),
    ];
    let content = html! {
        dl {
            @for (name, value) in data {
                @if let Some(value) = value { dt { (name) } dd class="lines" { (value) } }
            }
        }
        @if app.services.share.is_some() {
            (button("/share", Rank::Secondary, texts.share))
        }
        @if app.services.confirm.is_some() {
            (button("/pay", Rank::Primary, &(texts.pay)(payment::AMOUNT)))
        }
        (button("/link", Rank::Secondary, texts.link))
        (button("/log-out", Rank::Secondary, texts.log_out))
    };
    page::page(language, &title, &content)
}

pub async fn log_out(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    visitor.log_out().await?;
    Ok((app.logins.forget(&headers).await, Redirect::to("/")).into_response())
}
