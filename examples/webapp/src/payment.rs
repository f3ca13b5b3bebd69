//! The person confirms a payment, and the application keeps the proof.

use axum::{
    extract::{Path, State},
    response::{Redirect, Response},
};
use axum_extra::extract::cookie::PrivateCookieJar;
use itsme_core::{Acr, Confirm, Evidence, LoggedIn, Payment};
use maud::{Markup, html};

use crate::{
    accounts::Account, app::App, login, page, pending::Purpose, problem::Problem, visitor::Visitor,
};

/// What is sold here.
pub const AMOUNT: &str = "20";
const CURRENCY: &str = "EUR";
const IBAN: &str = "BE68 5390 0754 7034";

pub async fn begin(
    State(app): State<App>,
    visitor: Visitor,
    jar: PrivateCookieJar,
) -> Result<Response, Problem> {
    let account = visitor.account()?;
    let service = app.services.confirm.as_ref().ok_or(Problem::NoSuchService)?;
    let request = Confirm::new(service, Payment::new(AMOUNT, CURRENCY, IBAN))
        // Nobody else can confirm it.
        .known_user(&account.sub)
        .acr(Acr::Advanced);
    let id = account.id;
    login::send(&app, request, |claims| Purpose::Pay(id, claims.unwrap_or_default()), jar).await
}

pub async fn finish(
    app: &App,
    account: &Account,
    who: &LoggedIn,
    claims: &str,
) -> Result<Redirect, Problem> {
    let evidence = who.evidence.to_text();
    let receipt = app.accounts.add_receipt(account.id, claims, &evidence).await?;
    Ok(Redirect::to(&format!("/receipts/{receipt}")))
}

/// The receipt, with the proof verified again from the archive alone.
pub async fn receipt(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<i64>,
) -> Result<Markup, Problem> {
    let account = visitor.account()?;
    let receipt = app.accounts.receipt(account.id, id).await?.ok_or(Problem::NoSuchPage)?;
    let evidence = Evidence::from_text(&receipt.evidence)?;
    Ok(page::page(
        "Paid",
        &html! {
            p { "Thank you. You have confirmed " (AMOUNT) " " (CURRENCY) " to " (IBAN) "." }
            p {
                "The proof is archived: a token that itsme signed with the key "
                code { (evidence.signing_key_thumbprint().unwrap_or_default()) } "."
            }
            details {
                summary { "What itsme was asked to show" }
                pre { (receipt.claims) }
            }
            p { a href="/" { "Back" } }
        },
    ))
}
