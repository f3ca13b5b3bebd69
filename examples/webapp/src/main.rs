//! A web application that logs people in with itsme, lets them share data and confirm payments.
//! `cargo run --bin webapp` starts it together with a fake itsme and prints its address.
//!
//! * `options`: the command line; `app`: what every request needs, and the addresses;
//! * `login`: to itsme and back; `pending`: what the browser keeps meanwhile;
//! * `share`, `payment`, `qr`: what else a person can do;
//! * `accounts`, `qr_logins`: the database; `visitor`: who is logged in;
//! * `home`, `page`: the pages; `problem`: the page for what went wrong.

mod accounts;
mod app;
mod home;
mod login;
// Not by a dependency: a package cannot depend on one that is not published.
#[path = "../../src/options/op.rs"]
mod op;
mod options;
mod page;
mod payment;
mod pending;
mod problem;
mod qr;
mod qr_logins;
#[path = "../../src/options/secret.rs"]
mod secret;
mod share;
mod visitor;

use std::{error::Error, future::pending, io, process::ExitCode, time::Duration};

use clap::Parser;
use itsme_core::Settings;
use itsme_reqwest::{Client, Transport};
use itsme_testkit::{Clock, Server};
use tokio::{net::TcpListener, signal, time::sleep};
use tower_sessions::ExpiredDeletion as _;
use tower_sessions_sqlx_store::SqliteStore;

use self::{
    accounts::Accounts,
    app::App,
    login::CALLBACK,
    options::{Options, Services},
    qr_logins::QrLogins,
};

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    tracing_subscriber::fmt().with_max_level(options.log).with_writer(io::stderr).init();
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
    let address = options.listen;
    let listener = TcpListener::bind(address).await.map_err(|error| {
        format!("cannot listen at {address}: {error} (--listen 127.0.0.1:0 takes a free port)")
    })?;
    let listening = listener.local_addr()?;
    let address = format!("http://{listening}");
    let public_url = options.public_url.as_deref().unwrap_or(&address).trim_end_matches('/');
    let redirect_uri = format!("{public_url}{CALLBACK}");

    let http = reqwest::Client::builder();
    let (http, settings, services, _fake) =
        match options.op.settings(options.op.keys(None)?, options.op.secret()?)? {
            Some(settings) => (http, settings, options.services.into(), None),
            // Nobody's proxy leads to our own loopback.
            None => {
                let (fake, settings) = fake_itsme(&redirect_uri)?;
                (http.no_proxy(), settings, Services::of_the_fake(), Some(fake))
            }
        };
    let transport = Transport::with_builder(http, Default::default())?;
    let core = itsme_core::Client::new(settings.redirect_uri(redirect_uri))?;
    let itsme = Client::with_transport(core, transport);

    let accounts = Accounts::open(options.database.as_deref()).await?;
    let sessions = SqliteStore::new(accounts.pool().clone());
    sessions.migrate().await?;
    let qr_logins = QrLogins::open(accounts.pool().clone()).await?;
    tokio::spawn(delete_expired(sessions.clone()));

    let is_https = public_url.starts_with("https://");
    let app = App { itsme, services, accounts, qr_logins, cookie_key, is_https };
    println!("The application is at {public_url} (it listens at {listening}; Ctrl-C ends it)");
    axum::serve(listener, app.router(sessions)).with_graceful_shutdown(told_to_stop()).await?;
    Ok(())
}

async fn delete_expired(sessions: SqliteStore) {
    loop {
        sleep(Duration::from_secs(600)).await;
        if let Err(error) = sessions.delete_expired().await {
            tracing::warn!("expired sessions were not deleted: {error}");
        }
    }
}

/// Ctrl-C, or what a supervisor sends.
async fn told_to_stop() {
    #[cfg(unix)]
    let terminated = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = pending::<()>();
    let interrupted = async {
        if signal::ctrl_c().await.is_err() {
            pending().await
        }
    };
    tokio::select! {
        _ = terminated => {}
        () = interrupted => {}
    }
}

/// A fake itsme, and who the application is to it. To a browser it is another site, as in life.
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
