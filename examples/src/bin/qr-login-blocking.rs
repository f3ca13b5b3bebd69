//! A blocking login by QR code. See `cargo run --bin qr-login-blocking -- --help`.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use itsme_core::{AuthorizationRequest, Claim, Progress, QrLogin, Scope};
use itsme_examples::{
    countdown::Countdown,
    options::{Common, Prepared},
    qr,
    report::Report,
    run,
};
use itsme_testkit::SERVICE;

/// Shows a QR code in the terminal and logs in the user who scans it with the itsme app, without a
/// browser (CIBA).
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 logged in, 1 failed, 2 invalid options, 3 the user refused.\n\n\
    Examples:\n  \
    cargo run --bin qr-login-blocking\n  \
    cargo run --bin qr-login-blocking -- --user ioana\n  \
    cargo run --bin qr-login-blocking -- --deny\n  \
    cargo run --bin qr-login-blocking -- --json"
)]
struct Program {
    #[command(flatten)]
    options: Common,

    #[command(flatten)]
    report: Report,
}

fn main() -> ExitCode {
    let Program { options, mut report } = Program::parse();
    let ended = log_in(options, &mut report);
    report.exit(ended)
}

fn log_in(options: Common, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let Prepared { settings, service, visitor, token, .. } = options.prepare(SERVICE, report)?;
    let itsme = run::blocking_client(settings, &visitor, token.as_ref())?;
    let request = AuthorizationRequest::login(service).claim(Claim::Name).scope(Scope::Email);

    let mut login = QrLogin::new(request);
    let who = loop {
        let countdown = Countdown::until(login.expires_at());
        let news = itsme.next_qr_step(login)?;
        drop(countdown);
        login = match news {
            // 1. Show the code whenever there is a new one.
            Progress::Scan { code, then } => {
                report.scan();
                qr::show(&code, &mut report.progress())?;
                visitor.scan();
                then
            }
            // 2. A user has scanned the code and is being asked in the app.
            Progress::Scanned { then } => {
                report.scanned();
                then
            }
            Progress::Waiting { then } => {
                visitor.answer();
                then
            }
            // 3. The user has approved.
            Progress::LoggedIn(who) => break who,
        };
    };
    report.approved();
    report.verified(&who);
    Ok(())
}
