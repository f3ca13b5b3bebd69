//! The person confirms a payment, and the application keeps the proof.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::cookie::PrivateCookieJar;
use itsme_core::{Acr, AuthorizationRequest, Evidence, LoggedIn, Payment};
use maud::{Markup, html};
use serde_json::Value;

use crate::{
    accounts::AccountId, app::App, login, page, pending::Purpose, problem::Problem,
    visitor::Visitor,
};

/// What is sold here. itsme's pages do not say whether it counts euros or cents: ask, before real money
/// is paid.
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
    let request = AuthorizationRequest::confirm(service, Payment::new(AMOUNT, CURRENCY, IBAN))
        // Nobody else can confirm it.
        .known_user(&account.sub)
        .acr(Acr::Advanced);
    let id = account.id;
    login::send(&app, request, |claims| Purpose::Pay(id, claims.unwrap_or_default()), jar).await
}

/// Keeps the proof, whoever is logged in by now: the person has paid, and itsme says who it was.
pub async fn finish(
    app: &App,
    visitor: &Visitor,
    (account, claims): (AccountId, &str),
    who: &LoggedIn,
) -> Result<Response, Problem> {
    let evidence = who.evidence.to_text();
    let receipt = app.accounts.add_receipt(account, claims, &evidence).await?;
    if visitor.still(account).is_err() {
        let content =
            html! { p { "Thank you. Log in to see the receipt." } p { a href="/" { "Back" } } };
        return Ok(page::page("Paid", &content).into_response());
    }
    Ok(Redirect::to(&format!("/receipts/{receipt}")).into_response())
}

/// The receipt, with the proof verified again from the archive alone.
pub async fn receipt(
    State(app): State<App>,
    visitor: Visitor,
    id: Result<Path<i64>, PathRejection>,
) -> Result<Markup, Problem> {
    let Path(id) = id.map_err(|_| Problem::NoSuchPage)?;
    let account = visitor.account()?;
    let receipt = app.accounts.receipt(account.id, id).await?.ok_or(Problem::NoSuchPage)?;
    let evidence = Evidence::from_text(&receipt.evidence)?;
    Ok(page::page(
        "Paid",
        &html! {
            p { "Thank you. You confirmed in the itsme app:" }
            p class="lead" { strong { (summary(&receipt.claims)) } }
            details { summary { "As it was asked" } pre { (receipt.claims) } }
            p {
                "The proof is archived: a token that itsme signed with the key "
                code { (evidence.signing_key_thumbprint().unwrap_or_default()) } "."
            }
            p { a href="/" { "Back" } }
        },
    ))
}

/// Amount and account of the archived `claims`.
fn summary(claims: &str) -> String {
    let claims: Value = serde_json::from_str(claims).unwrap_or_default();
    let part = |name: &str| {
        let mut claims = claims["userinfo"].as_object().into_iter().flatten();
        let (_, claim) = claims.find(|(key, _)| key.ends_with(name))?;
        claim["value"].as_str()
    };
    let part = |name: &str| part(name).unwrap_or_default();
    format!("{} {} to {}", part("amount_key"), part("currency_key"), part("iban_key"))
}
