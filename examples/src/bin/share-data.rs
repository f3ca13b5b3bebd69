//! A user shares data through itsme. See `cargo run --bin share-data -- --help`.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use itsme_core::{AuthorizationRequest, Claim, Country};
use itsme_examples::{
    options::{Options, Prepared},
    report::Report,
    run,
};
use itsme_testkit::SHARE_SERVICE;

/// Requests the data from a user's identity document, and prints what they share.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 shared, 1 failed, 2 invalid options, 3 the user refused.\n\n\
    Examples:\n  \
    cargo run --bin share-data\n  \
    cargo run --bin share-data -- --user ioana\n  \
    cargo run --bin share-data -- --json"
)]
struct Program {
    #[command(flatten)]
    options: Options,

    #[command(flatten)]
    report: Report,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Program { options, mut report } = Program::parse();
    let ended = share(options, &mut report).await;
    report.exit(ended)
}

async fn share(options: Options, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let Prepared { settings, service, visitor, token, .. } =
        options.prepare(SHARE_SERVICE, report)?;
    let itsme = run::client(settings, &visitor, token.as_ref())?;

    // The constructor takes a claim, because at least one is required. Only organizations with a
    // legal basis can request the national number.
    let request = AuthorizationRequest::share_data(service, Claim::Name.essential())
        .claim(Claim::Birthdate)
        .claim(Claim::Address)
        .claim(Claim::CitizenshipAsIso)
        .claim(Claim::IdDocumentSn)
        .claim(Claim::IdDocumentType)
        .claim(Claim::ValidityTo)
        .claim(Claim::NationalNumber(Country::Belgium))
        .claim(Claim::NationalNumber(Country::Netherlands))
        .claim(Claim::NationalNumber(Country::Romania));
    let login = itsme.authorize(request).await?;
    let who = run::visit(&itsme, login, &visitor, report).await?;
    report.verified(&who);
    if let Some(until) = who.user.valid_until(&Claim::IdDocumentSn) {
        report.say(format_args!("\n   The document is valid until {until}."));
        report.add("valid_until", until.to_string());
    }
    Ok(())
}
