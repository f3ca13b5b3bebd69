//! Asks a user to confirm text or a payment. See `cargo run --bin confirm -- --help`.

use std::{error::Error, process::ExitCode, time::Duration};

use clap::Parser;
use itsme_core::{Acr, AuthorizationRequest, Evidence, FreeText, Payment, Template};
use itsme_examples::{
    options::{Options, Prepared},
    report::Report,
    run,
};
use itsme_testkit::{CONFIRM_SERVICE, REQUEST_URI};

/// Asks a user to confirm text or a payment in the app, and verifies the evidence that they did.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 confirmed, 1 failed, 2 invalid options, 3 the user refused.\n\n\
    Examples:\n  \
    cargo run --bin confirm\n  \
    cargo run --bin confirm -- --text 'Close the account <b>for good</b>?'\n  \
    cargo run --bin confirm -- --pay 20 EUR BE68539007547034\n  \
    cargo run --bin confirm -- --hosted --pay 20 EUR BE68539007547034"
)]
struct Program {
    #[command(flatten)]
    options: Options,

    #[command(flatten)]
    report: Report,

    /// Text to confirm. It can contain `<b>`, `<i>`, `<u>` and `<br>`.
    #[arg(
        long,
        default_value = "Do you agree to the terms of <b>version 2</b>?",
        conflicts_with = "pay"
    )]
    text: String,

    /// Payment to confirm: a whole amount, a currency and the recipient's account.
    #[arg(long, num_args = 3, value_names = ["AMOUNT", "CURRENCY", "IBAN"])]
    pay: Option<Vec<String>>,

    /// Host the request object at this URI instead of sending it in the URL; without a value, host
    /// it on the fake itsme.
    #[arg(long, value_name = "REQUEST_URI", num_args = 0..=1, default_missing_value = DEFAULT_URI)]
    hosted: Option<String>,
}

/// A URI that is registered with the fake itsme for hosted request objects: `REQUEST_URI` with any
/// suffix.
const DEFAULT_URI: &str = "https://rp.example:443/itsme/request/1";

#[tokio::main]
async fn main() -> ExitCode {
    let mut program = Program::parse();
    let mut report = std::mem::take(&mut program.report);
    let ended = confirm(program, &mut report).await;
    report.exit(ended)
}

async fn confirm(program: Program, report: &mut Report) -> Result<(), Box<dyn Error>> {
    debug_assert!(DEFAULT_URI.starts_with(REQUEST_URI));
    let Prepared { settings, service, visitor, token, .. } =
        program.options.prepare(CONFIRM_SERVICE, report)?;
    let itsme = run::client(settings, &visitor, token.as_ref())?;

    let template: Template = match program.pay.as_deref() {
        Some([amount, currency, iban]) => Payment::new(amount, currency, iban).into(),
        _ => FreeText::new(program.text).into(),
    };
    let request = AuthorizationRequest::confirm(service, template).acr(Acr::Advanced);
    let login = match program.hosted {
        None => itsme.authorize(request).await?,
        Some(request_uri) => {
            let lifetime = Duration::from_secs(600);
            let hosted = itsme.request_object(request, &request_uri, lifetime).await?;
            tokio::task::block_in_place(|| visitor.host(&request_uri, &hosted.object, report))?;
            hosted.redirect
        }
    };
    let confirmed = login.claims.clone();
    let who = run::visit(&itsme, login, &visitor, report).await?;
    report.verified(&who);

    // The evidence to archive, together with what was confirmed.
    let archived = who.evidence.to_text();
    let evidence = Evidence::from_text(&archived)?;
    let confirmed = confirmed.unwrap_or_default();
    report.say(format_args!("\n   Confirmed: {confirmed}"));
    report.say(format_args!(
        "   Evidence verified offline: {} bytes, signed with the key {}",
        archived.len(),
        evidence.signing_key_thumbprint().unwrap_or_default(),
    ));
    report.add("confirmed", confirmed);
    report.add("evidence", archived.as_str());
    Ok(())
}
