//! The command line.

use std::{error::Error, fs, net::SocketAddr, path::PathBuf, time::Duration};

use axum_extra::extract::cookie::Key;
use clap::{Args, Parser};
use itsme_testkit::{CONFIRM_SERVICE, SERVICE, SHARE_SERVICE};
use tracing::level_filters::LevelFilter;

use crate::{database::Place, op::Op, private_file, telemetry::LogFormat};

/// A shop whose customers log in with itsme, share their address and confirm payments.
///
/// Without options it brings a fake itsme along. Its accounts are in memory then, and end with it.
#[derive(Debug, Parser)]
#[command(
    name = "webapp",
    version,
    after_help = "Exit codes: 0 stopped by Ctrl-C or SIGTERM, 1 failed, 2 invalid options.\n\n\
    Examples:\n  \
    cargo run --bin webapp\n  \
    cargo run --bin webapp -- --environment e2e --client-id ID --keys jwks_private.json \\\n      \
    --service LOGIN --share-service SHARE --public-url https://shop.example.be\n\n\
    Two instances, of which one finishes what the other began:\n  \
    (umask 077; head -c 64 /dev/urandom > cookie.key)\n  \
    cargo run --bin webapp -- --database shop.sqlite --cookie-key cookie.key OP…\n  \
    cargo run --bin webapp -- --database shop.sqlite --cookie-key cookie.key OP… \\\n      \
    --listen 127.0.0.1:8801 --public-url http://127.0.0.1:8800\n\
    where OP… is which itsme, and as whom: --issuer or --environment, and so on.\n\
    On several machines: PostgreSQL instead of the file, by WEBAPP_DATABASE=postgres://…"
)]
#[command(mut_group("op", |op| op.requires("service")))]
pub struct Options {
    /// Where to listen; port 0 is a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8800")]
    pub listen: SocketAddr,

    /// How browsers reach it; the redirect URI is this with /itsme/callback after it. Default: where
    /// it listens.
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,

    /// Accounts, sessions and logins under way: an SQLite file, which is made if it is not there, or
    /// postgres://USER:PASSWORD@HOST/NAME, rather by the environment. Default: in memory.
    #[arg(long, value_name = "FILE|URL", env = "WEBAPP_DATABASE", hide_env_values = true)]
    pub database: Option<Place>,

    /// A file of 64 random bytes or more, the same for all instances, that encrypts cookies. Default:
    /// random, so that a restart ends the logins that are under way.
    #[arg(long, value_name = "FILE")]
    pub cookie_key: Option<PathBuf>,

    /// What is logged: error, warn, info, debug (each request to the OP) or trace.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log: LevelFilter,

    /// How it is logged.
    #[arg(long, value_enum, default_value = "text")]
    pub log_format: LogFormat,

    /// Serve metrics for Prometheus at http://ADDRESS:PORT/metrics. Default: they are not measured.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub metrics: Option<SocketAddr>,

    /// How many seconds to go on serving, but not as ready, when told to stop: longer than the proxy's checks are apart.
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = seconds)]
    pub drain: Duration,

    /// Show everybody's messages at /outbox, as with the fake itsme: codes that link accounts are among them. For a
    /// sandbox of your own.
    #[arg(long, requires = "op", conflicts_with = "environment")]
    pub danger_show_outbox: bool,

    #[command(flatten)]
    pub op: Op,

    #[command(flatten)]
    pub services: ServiceOptions,
}

/// The service codes that the OP gave out.
#[derive(Clone, Debug, Args)]
pub struct ServiceOptions {
    /// For logins.
    #[arg(long, value_name = "CODE", requires = "op")]
    service: Option<String>,

    /// For sharing of data. Default: none is asked for.
    #[arg(long, value_name = "CODE", requires = "op")]
    share_service: Option<String>,

    /// For payments. Default: there are none.
    #[arg(long, value_name = "CODE", requires = "op")]
    confirm_service: Option<String>,
}

/// The codes of what can be asked for.
#[derive(Clone, Debug)]
pub struct Services {
    pub login: String,
    pub share: Option<String>,
    pub confirm: Option<String>,
}

impl From<ServiceOptions> for Services {
    fn from(options: ServiceOptions) -> Self {
        // With a real OP, the parser has seen to it that there is one.
        let login = options.service.unwrap_or_default();
        Self { login, share: options.share_service, confirm: options.confirm_service }
    }
}

impl Services {
    pub fn of_the_fake() -> Self {
        Self {
            login: SERVICE.to_owned(),
            share: Some(SHARE_SERVICE.to_owned()),
            confirm: Some(CONFIRM_SERVICE.to_owned()),
        }
    }
}

fn seconds(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_secs)
}

impl Options {
    /// The key that encrypts cookies.
    ///
    /// # Errors
    /// The file cannot be read, is too short, or, on Unix, can be read by others.
    pub fn cookie_key(&self) -> Result<Key, Box<dyn Error>> {
        let Some(file) = &self.cookie_key else { return Ok(Key::generate()) };
        let at = file.display();
        let bytes = fs::read(file)
            .map_err(|error| format!("the cookie key {at} cannot be read: {error}"))?;
        // Whoever has the key can make cookies for every account.
        private_file::check(file, "cookie key")?;
        Key::try_from(&bytes[..]).map_err(|_| {
            let length = bytes.len();
            format!("the cookie key {at} has {length} bytes; 64 random ones are needed").into()
        })
    }

    /// On Unix, checks that only we can read the files with the private keys and the client secret.
    ///
    /// # Errors
    /// Others can.
    pub fn check_credentials(&self) -> Result<(), Box<dyn Error>> {
        for (file, what) in self.op.credential_files() {
            private_file::check(file, what)?;
        }
        Ok(())
    }
}
