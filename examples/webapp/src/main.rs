//! A web application that logs users in with itsme, and lets them share data and confirm payments.
//! `cargo run --bin webapp` starts it together with a fake itsme and prints its address.
//!
//! * `options`: the command line; `app`: the state that every request needs, and the routes;
//! * `login`: sends users to itsme and handles their return; `share`, `payment`, `link`: what users
//!   can do with itsme besides logging in;
//! * `database` (with `private_file`), and the modules that store data in it: `accounts`,
//!   `sessions`, `kept`, `link_codes`, `outbox`, `audit`;
//! * `visitor`: the logged-in user; `language`, `texts`: the text on pages;
//! * `home`, `page`: the pages; `problem`: the page for errors;
//! * `health`, `telemetry`, `shutdown`: health checks, logs and metrics, and shutting down.

mod accounts;
mod app;
mod audit;
mod database;
mod health;
mod home;
mod kept;
mod language;
mod link;
mod link_codes;
mod login;
// This file is included as a module, because this package cannot depend on the unpublished package
// of the other examples.
#[path = "../../src/options/op.rs"]
mod op;
mod options;
mod outbox;
mod page;
mod payment;
mod private_file;
mod problem;
#[path = "../../src/options/secret.rs"]
mod secret;
mod sessions;
mod share;
mod shutdown;
mod telemetry;
mod texts;
mod visitor;

use std::{error::Error, io, process::ExitCode, time::Duration};

use clap::Parser;
use itsme_core::Settings;
use itsme_reqwest::{Client, Transport, axum::Logins};
use itsme_testkit::{Clock, Server};
use tokio::{net::TcpListener, time::sleep};
use tower_sessions::ExpiredDeletion as _;

use self::{
    accounts::Accounts,
    app::App,
    database::Place,
    health::Draining,
    kept::Kept,
    language::Language,
    link_codes::LinkCodes,
    login::CALLBACK,
    options::{Options, Services},
    sessions::Sessions,
};

/// How long to wait before retrying a failed fetch of itsme's keys. Below: how long to wait between
/// successful fetches.
const BETWEEN_TRIES: Duration = Duration::from_secs(5);
const BETWEEN_FETCHES: Duration = Duration::from_secs(3_600);
/// How often to delete expired sessions and logins.
const BETWEEN_SWEEPS: Duration = Duration::from_secs(600);

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    telemetry::begin(options.log, options.log_format, options.metrics.is_some());
    match serve(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("webapp: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> Result<(), Box<dyn Error>> {
    let cookie_key = options.cookie_key()?;
    options.check_credentials()?;
    let address = options.listen;
    let listener = TcpListener::bind(address).await.map_err(|error| {
        format!("cannot listen on {address}: {error} (--listen 127.0.0.1:0 picks a free port)")
    })?;
    let listening = listener.local_addr()?;
    let address = format!("http://{listening}");
    let public_url = options.public_url.as_deref().unwrap_or(&address).trim_end_matches('/');
    let redirect_uri = format!("{public_url}{CALLBACK}");

    let http = reqwest::Client::builder();
    let (http, settings, services, fake) =
        match options.op.settings(options.op.keys(None)?, options.op.secret()?)? {
            Some(settings) => (http, settings, options.services.into(), None),
            // A proxy cannot reach the fake itsme on this machine's loopback.
            None => {
                let (fake, settings) = fake_itsme(&redirect_uri)?;
                (http.no_proxy(), settings, Services::of_the_fake(), Some(fake))
            }
        };
    let transport = Transport::with_builder(http, Default::default())?;
    let core = itsme_core::Client::new(settings.redirect_uri(redirect_uri))?;
    let itsme = Client::with_transport(core, transport);

    let place = options.database.unwrap_or(Place::Memory);
    let database = database::open(&place)
        .await
        .map_err(|error| format!("cannot open the database: {error}"))?;
    let (sessions, kept) = (Sessions::new(database.clone()), Kept::new(database.clone()));
    let link_codes = LinkCodes::new(database.clone());
    tokio::spawn(sweep(sessions.clone(), kept.clone(), link_codes.clone()));
    if let Some(address) = options.metrics {
        let address = telemetry::serve_metrics(address, itsme.clone()).await?;
        println!("Metrics are at http://{address}/metrics");
    }
    // Start this after the metrics, because it sends the first requests that they measure.
    tokio::spawn(fetch_keys(itsme.clone()));

    let service = services.login.clone();
    let logins = Logins::new(itsme.clone(), cookie_key, move || login::request(&service));
    let draining = Draining::default();
    let app = App {
        itsme,
        logins: logins
            .ui_locale(|headers| Language::of(headers).ui_locale())
            .page(login::problem_page)
            .qr_page(login::qr_page)
            .keep_in(kept),
        services,
        accounts: Accounts::new(database.clone()),
        link_codes,
        database,
        draining: draining.clone(),
        is_https: public_url.starts_with("https://"),
        shows_outbox: fake.is_some() || options.danger_show_outbox,
    };
    println!("The application is at {public_url} (listening on {listening}; press Ctrl-C to stop)");
    let router = app.router(sessions);
    let serving = axum::serve(listener, router);
    let told = shutdown::begin(draining, options.drain);
    tokio::select! {
        served = serving.with_graceful_shutdown(shutdown::closed(told.clone())) => Ok(served?),
        () = shutdown::cut_off(told) => Ok(()),
    }
}

/// Fetches itsme's keys, so that no user has to wait for them. Until they are fetched, the
/// application serves everything that needs no login.
async fn fetch_keys(itsme: Client) {
    loop {
        match itsme.refresh().await {
            Ok(_) => sleep(BETWEEN_FETCHES).await,
            Err(error) => {
                tracing::warn!("failed to fetch itsme's keys: {error}");
                sleep(BETWEEN_TRIES).await;
            }
        }
    }
}

async fn sweep(sessions: Sessions, kept: Kept, link_codes: LinkCodes) {
    loop {
        sleep(BETWEEN_SWEEPS).await;
        if let Err(error) = sessions.delete_expired().await {
            tracing::warn!("failed to delete expired sessions: {error}");
        }
        for deleted in [kept.delete_expired().await, link_codes.delete_expired().await] {
            if let Err(error) = deleted {
                tracing::warn!("failed to delete expired logins: {error}");
            }
        }
    }
}

/// Starts a fake itsme, and returns it with the settings of a client registered there. To a browser,
/// it is a different site, as in production.
fn fake_itsme(redirect_uri: &str) -> io::Result<(Server, Settings)> {
    let server = Server::start_on_localhost(0, Clock::system())?;
    let settings = {
        let mut op = server.op();
        op.allow_redirect_uri(redirect_uri);
        op.polling_interval(Some(1));
        op.keep_journal();
        let issuer = op.issuer();
        println!(
            "A fake itsme is at {issuer}, its phone at {issuer}/phone, its journal at {issuer}/journal"
        );
        op.settings()
    };
    Ok((server, settings))
}
