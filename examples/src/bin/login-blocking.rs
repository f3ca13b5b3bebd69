//! A blocking login with itsme. See `cargo run --bin login-blocking -- --help`.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use itsme_core::{AuthorizationRequest, Claim, Scope};
use itsme_examples::{
    options::{Options, Prepared},
    report::Report,
};
use itsme_testkit::SERVICE;
use itsme_ureq::{Client, Transport};

/// Logs a user in with itsme and prints their data.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 logged in, 1 failed, 2 invalid options, 3 the user refused.\n\n\
    Examples:\n  \
    cargo run --bin login-blocking\n  \
    cargo run --bin login-blocking -- --user daan\n  \
    cargo run --bin login-blocking -- --deny\n  \
    cargo run --bin login-blocking -- --json\n  \
    cargo run --bin login-blocking -- --environment e2e --client-id ID --keys jwks_private.json \\\n      \
    --service CODE --redirect-uri https://example.be/itsme/callback"
)]
struct Program {
    #[command(flatten)]
    options: Options,

    #[command(flatten)]
    report: Report,
}

fn main() -> ExitCode {
    let Program { options, mut report } = Program::parse();
    let ended = log_in(options, &mut report);
    report.exit(ended)
}

fn log_in(options: Options, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let Prepared { settings, service, visitor, token, .. } = options.prepare(SERVICE, report)?;
    let transport = if visitor.is_simulated() {
        // A proxy cannot reach the fake itsme on this machine's loopback.
        let agent = ureq::Agent::config_builder().proxy(None).build().into();
        Transport::with_agent(agent, Default::default())
    } else {
        Transport::new()
    };
    let mut itsme = Client::with_transport(itsme_core::Client::new(settings)?, transport);
    // Needed only if the private keys are external.
    if let Some(token) = token {
        itsme = itsme.key_holder(token.blocking_key_holder());
    }

    // Request names and birthdate as claims, and the e-mail address as a scope.
    let request = AuthorizationRequest::login(service)
        .claim(Claim::Name.essential())
        .claim(Claim::GivenName)
        .claim(Claim::FamilyName)
        .claim(Claim::Birthdate)
        .scope(Scope::Email);

    // 1. Send the user to itsme. An application stores `login.state` in the user's session.
    let login = itsme.authorize(request)?;
    report.sent_to(&login.url);

    // The user logs in with their phone, and their browser comes back to the redirect URI.
    let callback = visitor.visit(&login.url, report)?;
    report.came_back(&callback);

    // 2. Find out who the user is.
    let who = itsme.finish_login(login.state, callback)?;

    // An application looks up `who.user.sub` among its accounts.
    report.verified(&who);
    Ok(())
}
