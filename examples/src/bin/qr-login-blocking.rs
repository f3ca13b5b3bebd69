//! A login by QR code, blocking. `cargo run --bin qr-login-blocking -- --help` tells what it can do.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use itsme_core::{Claim, Login, Progress, Scope};
use itsme_examples::{
    options::{Common, Prepared},
    qr, report, run,
};
use itsme_testkit::SERVICE;

/// Logs in whoever scans the QR code in the terminal with the itsme app, without a browser (CIBA).
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 logged in, 1 failed, 2 wrong options, 3 the person refused.\n\n\
    Examples:\n  \
    cargo run --bin qr-login-blocking\n  \
    cargo run --bin qr-login-blocking -- --user ioana\n  \
    cargo run --bin qr-login-blocking -- --deny"
)]
struct Program {
    #[command(flatten)]
    options: Common,
}

fn main() -> ExitCode {
    report::exit(log_in(Program::parse().options))
}

fn log_in(options: Common) -> Result<(), Box<dyn Error>> {
    let Prepared { settings, service, visitor } = options.prepare(SERVICE)?;
    let itsme = run::blocking_client(settings, &visitor)?;
    let request = Login::new(service).claim(Claim::Name).scope(Scope::Email);

    let mut login = itsme.qr_login(request);
    let who = loop {
        login = match itsme.next(login)? {
            // 1. Show the code, each time that there is another one.
            Progress::Scan { code, then } => {
                report::scan();
                qr::show(&code)?;
                visitor.scan();
                then
            }
            // 2. Somebody has scanned it, and is asked in the app.
            Progress::Scanned { then } => {
                report::scanned();
                then
            }
            Progress::Waiting { then } => {
                visitor.answer();
                then
            }
            // 3. They have approved.
            Progress::LoggedIn(who) => break who,
        };
    };
    report::approved();
    report::verified(&who);
    Ok(())
}
