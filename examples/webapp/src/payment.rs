//! The user confirms a payment, and the application keeps the evidence.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::HeaderMap,
    response::{IntoResponse as _, Redirect, Response},
};
use itsme_core::{Acr, AuthorizationRequest, Evidence, LoggedIn, Payment};
use maud::{Markup, html};
use serde_json::Value;

use crate::{
    app::App,
    language::Language,
    login::{self, Purpose},
    page,
    problem::Problem,
    visitor::Visitor,
};

/// The amount that the shop charges. itsme's documentation does not state whether the amount is in
/// euros or cents, so ask before you charge real money.
pub const AMOUNT: &str = "20";
const CURRENCY: &str = "EUR";
const IBAN: &str = "BE68 5390 0754 7034";

pub async fn begin(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let account = visitor.account()?;
    let service = app.services.confirm.as_ref().ok_or(Problem::NoSuchService)?;
    let request = AuthorizationRequest::confirm(service, Payment::new(AMOUNT, CURRENCY, IBAN))
        // Only this user can confirm the payment.
        .known_user(&account.sub)
        .acr(Acr::Advanced);
    login::send(&app, &headers, request, &Purpose::Pay(account.id.clone())).await
}

/// Keeps the evidence, whichever account is logged in now: the user has paid, and the evidence
/// identifies them.
pub async fn arrived(
    app: &App,
    visitor: &Visitor,
    (account, claims): (&str, &str),
    who: &LoggedIn,
    language: Language,
) -> Result<Response, Problem> {
    let evidence = who.evidence.to_text();
    let receipt = app.accounts.add_receipt(account, claims, &evidence).await?;
    if visitor.still(account).is_err() {
        let texts = language.texts();
        let content = html! { p { (texts.paid_elsewhere) } (page::back(language)) };
        return Ok(page::page(language, texts.paid.heading, &content).into_response());
    }
    Ok(Redirect::to(&format!("/receipts/{receipt}")).into_response())
}

/// Shows the receipt. The evidence is verified again, using only the archived text.
pub async fn receipt(
    State(app): State<App>,
    visitor: Visitor,
    language: Language,
    id: Result<Path<String>, PathRejection>,
) -> Result<Markup, Problem> {
    let Path(id) = id.map_err(|_| Problem::NoSuchPage)?;
    let account = visitor.account()?;
    let receipt = app.accounts.receipt(&account.id, &id).await?.ok_or(Problem::NoSuchPage)?;
    let evidence = Evidence::from_text(&receipt.evidence)?;
    let texts = language.texts();
    let content = html! {
        p { (texts.paid.text) }
        p class="lead" { strong { (summary(language, &receipt.claims)) } }
        details { summary { (texts.as_it_was_asked) } pre { (receipt.claims) } }
        p { (texts.proof) " " code { (evidence.signing_key_thumbprint().unwrap_or_default()) } }
        (page::back(language))
    };
    Ok(page::page(language, texts.paid.heading, &content))
}

/// Returns the amount and the recipient's account from the archived `claims`.
fn summary(language: Language, claims: &str) -> String {
    let claims: Value = serde_json::from_str(claims).unwrap_or_default();
    let part = |name: &str| {
        let mut claims = claims["userinfo"].as_object().into_iter().flatten();
        let (_, claim) = claims.find(|(key, _)| key.ends_with(name))?;
        claim["value"].as_str()
    };
    let part = |name: &str| part(name).unwrap_or_default();
    let amount = format!("{} {}", part("amount_key"), part("currency_key"));
    (language.texts().paid_summary)(&amount, part("iban_key"))
}
