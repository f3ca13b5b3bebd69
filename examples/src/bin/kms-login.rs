//! A login whose keys a KMS holds. `cargo run --bin kms-login -- --help` tells how; the KMS can be the fake
//! one of `cargo run --bin kms`.

use std::{
    env,
    error::Error,
    fs,
    io::{self, BufRead as _, Read as _},
    path::PathBuf,
};

use clap::Parser;
use itsme_core::{AuthorizationRequest, Environment, PrivateKeys, Scope, Settings};
use itsme_examples::kms::blocking_key_holder;
use itsme_testkit::KmsClient;
use itsme_ureq::Client;

/// Logs somebody in with keys that a KMS holds: prints where to send them, reads the callback, prints who it
/// is, and stays until its input ends.
#[derive(Debug, Parser)]
#[command(version)]
struct Program {
    /// The OP: its issuer.
    #[arg(long, value_name = "URL")]
    issuer: String,

    /// The client id that the OP gave out.
    #[arg(long, value_name = "ID")]
    client_id: String,

    /// Where people come back to.
    #[arg(long, value_name = "URL")]
    redirect_uri: String,

    /// The code of the service.
    #[arg(long, value_name = "CODE")]
    service: String,

    /// The JWK set: the public one with `--kms`, else the private one.
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,

    /// The KMS that holds the keys. Its bearer token is in the environment variable `KMS_TOKEN`.
    #[arg(long, value_name = "URL")]
    kms: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let program = Program::parse();
    let jwks = fs::read_to_string(&program.keys)?;
    let keys = match &program.kms {
        Some(_) => PrivateKeys::external(&jwks)?,
        None => PrivateKeys::from_json(&jwks)?,
    };
    let settings = Settings::new(program.client_id, keys, Environment::custom(&program.issuer));
    let settings = settings.redirect_uri(program.redirect_uri).danger_http_on_loopback();
    let mut itsme = Client::new(settings)?;
    if let Some(url) = &program.kms {
        itsme = itsme.key_holder(blocking_key_holder(KmsClient::new(url, &env::var("KMS_TOKEN")?)));
        // A handle that is another key's is found here, and not at the first login.
        itsme.check_keys()?;
    }
    // One more operation: the address is in the userinfo answer.
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
