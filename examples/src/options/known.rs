//! The options for the facts that a document is checked against.

use std::{error::Error, fs, path::PathBuf, sync::Arc};

use clap::{ArgGroup, Args};
use itsme_core::{
    ClientSecret, LoginState, Platform as _, PrivateKeys, Provider, SystemPlatform, UnixTime,
};

use super::{
    client_secret::SecretOptions,
    op::{self, RealEnvironment},
    when::{self, Shift},
};
use crate::{inspect::Given, key_file};

/// The facts about the client, the OP and the login. Checks that need a missing fact are not run.
#[derive(Clone, Debug, Args)]
#[command(group(ArgGroup::new("op").args(["environment", "issuer"])))]
#[group(skip)]
pub struct Known {
    /// File with the private JWK set, to decrypt tokens.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,

    #[command(flatten)]
    secret: SecretOptions,

    /// ID tokens are signed with the client secret.
    #[arg(long, conflicts_with = "keys")]
    hs256: bool,

    /// File with the OP's key set, to verify signatures.
    #[arg(long, value_name = "FILE")]
    op_keys: Option<PathBuf>,

    /// Environment of itsme.
    #[arg(long, value_enum)]
    environment: Option<RealEnvironment>,

    /// Issuer of another OP.
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,

    /// The OP named by `--issuer` uses the older protocol version, V1.
    #[arg(long, requires = "issuer")]
    v1: bool,

    /// Fetch the OP's metadata and keys. The inspected document is not sent.
    #[arg(long, requires = "op")]
    fetch: bool,

    /// Client ID assigned by the OP.
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,

    /// Redirect URI registered with the OP.
    #[arg(long, value_name = "URI")]
    redirect_uri: Option<String>,

    /// File with the stored login state, as JSON.
    #[arg(long, value_name = "FILE")]
    login: Option<PathBuf>,

    /// Time to use for the checks, such as the time of the refusal: 2026-01-31T23:59:00Z, or seconds
    /// since 1970. Default: now.
    /// 1970. Default: now.
    #[arg(long, value_name = "TIME", value_parser = when::time)]
    at: Option<UnixTime>,

    /// Offset of the clock that is used for the checks: +90s, -10m.
    #[arg(long, value_name = "SHIFT", value_parser = when::shift, allow_hyphen_values = true)]
    clock: Option<Shift>,

    /// Show the values of personal claims.
    #[arg(long)]
    reveal: bool,
}

impl Known {
    /// Reads the files, and fetches from the OP if requested.
    ///
    /// # Errors
    /// If a file cannot be read or used, or the OP cannot be reached or trusted.
    pub fn read(self) -> Result<Given, Box<dyn Error>> {
        let environment = op::environment(self.environment, self.issuer.as_deref(), self.v1);
        let secret = self.secret.read()?.map(|text| {
            let secret = ClientSecret::new(text);
            if self.hs256 { secret.hs256() } else { secret }
        });
        let now = self.at.unwrap_or_else(|| SystemPlatform::new().now());
        let mut given = Given {
            now: self.clock.map_or(now, |clock| clock.of(now)),
            reveal: self.reveal,
            client_id: self.client_id,
            environment,
            redirect_uri: self.redirect_uri,
            keys: self.keys.map(private_keys).transpose()?,
            hs256: self.hs256 && secret.is_some(),
            secret,
            op_keys: self.op_keys.map(read).transpose()?,
            provider: None,
            login: self.login.map(login).transpose()?,
        };
        if self.fetch {
            given.provider = Some(fetch(&given)?);
        }
        Ok(given)
    }
}

fn read(file: PathBuf) -> Result<Vec<u8>, String> {
    fs::read(&file).map_err(|error| format!("{} cannot be read: {error}", file.display()))
}

/// Loads private keys. Keys without a private part are in an HSM, and cannot decrypt anything here.
pub fn private_keys(file: PathBuf) -> Result<PrivateKeys, String> {
    PrivateKeys::mixed(&key_file::read(&file)?)
        .map_err(|error| format!("the key file {}: {error}", file.display()))
}

fn login(file: PathBuf) -> Result<LoginState, String> {
    let state = serde_json::from_slice(&read(file.clone())?);
    state.map_err(|error| format!("{} is not a stored login state: {error}", file.display()))
}

/// Fetches the OP's metadata and keys, as a login would. This needs no client secret, so the
/// strength of the secret is not checked.
fn fetch(given: &Given) -> Result<Arc<Provider>, Box<dyn Error>> {
    let settings = given.settings().danger_short_client_secret();
    let client = itsme_core::Client::new(settings)?;
    Ok(itsme_ureq::Transport::new().run(client.refresh())?)
}
