//! A login with keys in a KMS. See `cargo run --bin kms-login -- --help`. You can use `cargo run
//! --bin kms` as a fake KMS.

use std::{
    env,
    error::Error,
    fs,
    io::{self, BufRead as _, Read as _},
    path::{Path, PathBuf},
};

use clap::Parser;
use itsme_core::{AuthorizationRequest, Environment, PrivateKeys, Scope, Settings};
use itsme_examples::kms::blocking_key_holder;
use itsme_testkit::KmsClient;
use itsme_ureq::Client;
use zeroize::Zeroizing;

/// Logs a user in with keys held in a KMS: prints the authorization URL, reads the callback, prints
/// the user's `sub`, and then runs until standard input closes.
#[derive(Debug, Parser)]
#[command(version)]
struct Program {
    /// Issuer of the OP.
    #[arg(long, value_name = "URL")]
    issuer: String,

    /// Client ID assigned by the OP.
    #[arg(long, value_name = "ID")]
    client_id: String,

    /// URI that users come back to.
    #[arg(long, value_name = "URL")]
    redirect_uri: String,

    /// Service code.
    #[arg(long, value_name = "CODE")]
    service: String,

    /// JWK set: the public set with `--kms`, otherwise the private set.
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,

    /// Private JWK set to start with, which is then replaced with the KMS's keys.
    #[arg(long, value_name = "FILE", requires = "kms")]
    instead_of: Option<PathBuf>,

    /// URL of the KMS that holds the keys. Its bearer token is in the environment variable
    /// `KMS_TOKEN`.
    #[arg(long, value_name = "URL")]
    kms: Option<String>,
}

/// Reads private keys. The file's text is wiped from memory afterwards, like the keys themselves.
fn in_file(file: &Path) -> Result<PrivateKeys, Box<dyn Error>> {
    Ok(PrivateKeys::from_json(&Zeroizing::new(fs::read_to_string(file)?))?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let program = Program::parse();
    let keys = match &program.kms {
        Some(_) => PrivateKeys::external(&fs::read_to_string(&program.keys)?)?,
        None => in_file(&program.keys)?,
    };
    let first = program.instead_of.as_deref().map_or(Ok(keys.clone()), in_file)?;
    let settings = Settings::new(program.client_id, first, Environment::custom(&program.issuer));
    let settings = settings.redirect_uri(program.redirect_uri).danger_http_on_loopback();
    let mut itsme = Client::new(settings)?;
    if let Some(url) = &program.kms {
        itsme = itsme.key_holder(blocking_key_holder(KmsClient::new(url, &env::var("KMS_TOKEN")?)));
        if program.instead_of.is_some() {
            itsme.replace_keys(keys)?;
            itsme.forget_old_keys();
        }
        // Detect a wrong key handle now, not at the first login.
        itsme.check_keys()?;
    }
    let login = AuthorizationRequest::login(&program.service).scope(Scope::Address);
    let login = itsme.authorize(login)?;
    println!("{}", login.url);
    let mut callback = String::new();
    io::stdin().lock().read_line(&mut callback)?;
    let who = itsme.finish_login(login.state, callback.trim())?;
    println!("{}", who.user.sub);
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
