//! The page where everything begins.

use axum::{
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Redirect},
};
use axum_extra::extract::cookie::PrivateCookieJar;
use maud::{Markup, html};

use crate::{
    accounts::Account, app::App, page, payment, pending::Pending, problem::Problem,
    visitor::Visitor,
};

pub async fn home(State(app): State<App>, visitor: Visitor) -> Markup {
    match &visitor.account {
        Some(account) => signed_in(&app, account),
        None => page::page(
            "Welcome",
            &html! {
                p class="lead" { "Log in with itsme to continue." }
                (log_in())
                (button("/qr", Rank::Secondary, "Log in by QR code"))
            },
        ),
    }
}

fn signed_in(app: &App, account: &Account) -> Markup {
    let title = match &account.name {
        Some(name) => format!("Welcome, {name}"),
        None => "Welcome".to_owned(),
    };
    page::page(
        &title,
        &html! {
            dl {
                dt { "Account" } dd { (account.id) }
                @if let Some(birthdate) = &account.birthdate {
                    dt { "Born on" } dd { (birthdate) }
                }
                @if let Some(address) = &account.address {
                    dt { "Address" } dd class="lines" { (address) }
                }
            }
            @if app.services.share.is_some() {
                (button("/share", Rank::Secondary, "Share my address"))
            }
            @if app.services.confirm.is_some() {
                (button("/pay", Rank::Primary, &format!("Pay {} euro", payment::AMOUNT)))
            }
            (button("/link", Rank::Secondary, "I have a new itsme account"))
            (button("/log-out", Rank::Secondary, "Log out"))
        },
    )
}

pub fn log_in() -> Markup {
    button("/login", Rank::Primary, "Log in with itsme")
}

/// How much a button stands out; one of a page is primary.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    Primary,
    Secondary,
}

/// What changes something is a form, never a link: browsers, and other sites, follow links.
pub fn button(action: &str, rank: Rank, label: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            button .secondary[rank == Rank::Secondary] { (label) }
        }
    }
}

pub async fn log_out(
    visitor: Visitor,
    jar: PrivateCookieJar,
) -> Result<(PrivateCookieJar, Redirect), Problem> {
    visitor.session.flush().await?;
    Ok((Pending::forget(jar), Redirect::to("/")))
}

/// The same as the fake itsme's.
pub async fn style() -> impl IntoResponse {
    const STYLE: &str = include_str!("../../../itsme-testkit/src/op/pages/style.css");
    ([(CONTENT_TYPE, "text/css")], STYLE)
}
