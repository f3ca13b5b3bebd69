//! A login with itsme, blocking. `cargo run --bin login-blocking -- --help` tells what it can do.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use itsme_examples::{
    options::{Options, Prepared},
    report,
};
use itsme_ureq::{Client, Transport};

fn main() -> ExitCode {
    report::exit(log_in(Options::parse()))
}

fn log_in(options: Options) -> Result<(), Box<dyn Error>> {
    let Prepared { settings, request, visitor } = options.prepare()?;
    let transport = if visitor.is_simulated() {
        // Nobody's proxy leads to our own loopback.
        let agent = ureq::Agent::config_builder().proxy(None).build().into();
        Transport::with_agent(agent, Default::default())
    } else {
        Transport::new()
    };
    let itsme = Client::with_transport(itsme_core::Client::new(settings)?, transport);

    // 1. Send the person to itsme. An application stores `login.state` in their session.
    let login = itsme.authorize(request)?;
    report::sent_to(&login.url);

    // They sign in with their phone, and their browser comes back to the redirect URI.
    let callback = visitor.visit(&login.url)?;
    report::came_back(&callback);

    // 2. Who is it?
    let who = itsme.user(login.state, callback)?;

    // 3. An application looks `who.sub` up among its accounts.
    report::verified(&who);
    Ok(())
}
