//! A login with itsme, async. `cargo run --bin login -- --help` tells what it can do.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use itsme_examples::{
    options::{Options, Prepared},
    report,
};
use itsme_reqwest::{Client, Transport};

#[tokio::main]
async fn main() -> ExitCode {
    report::exit(log_in(Options::parse()).await)
}

async fn log_in(options: Options) -> Result<(), Box<dyn Error>> {
    let Prepared { settings, request, visitor } = options.prepare()?;
    let http = if visitor.is_simulated() {
        // Nobody's proxy leads to our own loopback.
        reqwest::Client::builder().no_proxy()
    } else {
        reqwest::Client::builder()
    };
    let transport = Transport::with_builder(http, Default::default())?;
    let itsme = Client::with_transport(itsme_core::Client::new(settings)?, transport);

    // 1. Send the person to itsme. An application stores `login.state` in their session.
    let login = itsme.authorize(request).await?;
    report::sent_to(&login.url);

    // They sign in with their phone, and their browser comes back to the redirect URI.
    let callback = tokio::task::block_in_place(|| visitor.visit(&login.url))?;
    report::came_back(&callback);

    // 2. Who is it?
    let who = itsme.user(login.state, callback).await?;

    // 3. An application looks `who.sub` up among its accounts.
    report::verified(&who);
    Ok(())
}
