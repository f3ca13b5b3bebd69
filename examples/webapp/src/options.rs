//! The command line.

use std::{error::Error, fs, net::SocketAddr, path::PathBuf, time::Duration};

use axum_extra::extract::cookie::Key;
use clap::{Args, Parser};
use itsme_testkit::{CONFIRM_SERVICE, SERVICE, SHARE_SERVICE};
use tracing::level_filters::LevelFilter;

use crate::{database::Place, op::Op, private_file, telemetry::LogFormat};

/// A shop where customers log in with itsme, share their address and confirm payments.
///
/// Without options, it starts a fake itsme and keeps accounts in memory until it stops.
#[derive(Debug, Parser)]
#[command(
    name = "webapp",
    version,
    after_help = "Exit codes: 0 stopped by Ctrl-C or SIGTERM, 1 failed, 2 invalid options.\n\n\
    Examples:\n  \
    cargo run --bin webapp\n  \
    cargo run --bin webapp -- --environment e2e --client-id ID --keys jwks_private.json \\\n      \
    --service LOGIN --share-service SHARE --public-url https://shop.example.be\n\n\
    Two instances, either of which can finish a login that the other one started:\n  \
    (umask 077; head -c 64 /dev/urandom > cookie.key)\n  \
    cargo run --bin webapp -- --database shop.sqlite --cookie-key cookie.key OP…\n  \
    cargo run --bin webapp -- --database shop.sqlite --cookie-key cookie.key OP… \\\n      \
    --listen 127.0.0.1:8801 --public-url http://127.0.0.1:8800\n\
    where OP… stands for the options for the OP and the client: --issuer or --environment, and so on.\n\
    On several machines, use PostgreSQL instead of the file: WEBAPP_DATABASE=postgres://…"
)]
#[command(mut_group("op", |op| op.requires("service")))]
pub struct Options {
    /// Address to listen on. Port 0 picks a free port.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8800")]
    pub listen: SocketAddr,

    /// URL at which browsers reach the application. The redirect URI is this URL followed by
    /// /itsme/callback. Default: the address to listen on.
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,

    /// Where to store accounts, sessions and logins in progress: an SQLite file, which is created
    /// if it is missing, or postgres://USER:PASSWORD@HOST/NAME, preferably passed in the
    /// environment. Default: in memory.
    #[arg(long, value_name = "FILE|URL", env = "WEBAPP_DATABASE", hide_env_values = true)]
    pub database: Option<Place>,

    /// File with at least 64 random bytes, used to encrypt cookies. It must be the same for all
    /// instances. Default: a random key, so a restart ends logins in progress.
    #[arg(long, value_name = "FILE")]
    pub cookie_key: Option<PathBuf>,

    /// Log level: error, warn, info, debug (each request to the OP) or trace.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log: LevelFilter,

    /// Log format.
    #[arg(long, value_enum, default_value = "text")]
    pub log_format: LogFormat,

    /// Serve Prometheus metrics at http://ADDRESS:PORT/metrics. Default: no metrics.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub metrics: Option<SocketAddr>,

    /// Seconds to keep serving requests after being told to stop, while reporting that the instance
    /// is not ready. Must be longer than the proxy's check interval.
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = seconds)]
    pub drain: Duration,

    /// Show everyone's messages at /outbox, including the codes that link accounts, as is done with
    /// the fake itsme. Use this only with your own sandbox.
    #[arg(long, requires = "op", conflicts_with = "environment")]
    pub danger_show_outbox: bool,

    #[command(flatten)]
    pub op: Op,

    #[command(flatten)]
    pub services: ServiceOptions,
}

/// The service codes assigned by the OP.
#[derive(Clone, Debug, Args)]
pub struct ServiceOptions {
    /// Service code for logins.
    #[arg(long, value_name = "CODE", requires = "op")]
    service: Option<String>,

    /// Service code for sharing data. Default: no sharing.
    #[arg(long, value_name = "CODE", requires = "op")]
    share_service: Option<String>,

    /// Service code for payments. Default: no payments.
    #[arg(long, value_name = "CODE", requires = "op")]
    confirm_service: Option<String>,
}

/// The service codes.
#[derive(Clone, Debug)]
pub struct Services {
    pub login: String,
    pub share: Option<String>,
    pub confirm: Option<String>,
}

impl From<ServiceOptions> for Services {
    fn from(options: ServiceOptions) -> Self {
        // With a real OP, the command line parser guarantees that `--service` is given.
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
    /// Reads the key that encrypts cookies, or generates one.
    ///
    /// # Errors
    /// If the file cannot be read, is too short, or, on Unix, can be read by others.
    pub fn cookie_key(&self) -> Result<Key, Box<dyn Error>> {
        let Some(file) = &self.cookie_key else { return Ok(Key::generate()) };
        let at = file.display();
        let bytes = fs::read(file)
            .map_err(|error| format!("the cookie key {at} cannot be read: {error}"))?;
        // Anyone with the key can forge cookies for every account.
        private_file::check(file, "cookie key")?;
        Key::try_from(&bytes[..]).map_err(|_| {
            let length = bytes.len();
            format!(
                "the cookie key {at} has {length} bytes, but at least 64 random bytes are needed"
            )
            .into()
        })
    }

    /// Checks, on Unix, that only the files' owner can read the private keys and the client secret.
    ///
    /// # Errors
    /// If others can read them.
    pub fn check_credentials(&self) -> Result<(), Box<dyn Error>> {
        for (file, what) in self.op.credential_files() {
            private_file::check(file, what)?;
        }
        Ok(())
    }
}
