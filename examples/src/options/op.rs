//! The options for the OP and the client.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use clap::{ArgGroup, Args, ValueEnum};
use itsme_core::{ClientSecret, Credentials, Environment, JwtProtection, PrivateKeys, Settings};

use super::secret;

/// Options for the OP, and for the client registered there. Without these options, a fake itsme is
/// used.
///
/// The group `op` is present if a real OP is given, so other options can require or exclude it.
#[derive(Clone, Debug, Args)]
#[command(group(
    ArgGroup::new("op")
        .args(["environment", "issuer"])
        .requires_all(["client_id", "credentials"])
))]
#[command(group(
    ArgGroup::new("credentials")
        .args(["keys", "client_secret_file", "client_secret_env"])
        .multiple(true)
))]
#[group(skip)]
pub struct Op {
    /// Real itsme environment to use instead of the fake itsme.
    #[arg(long, value_enum)]
    environment: Option<RealEnvironment>,

    /// Issuer of another OP: https, or http on loopback.
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,

    /// The OP named by `--issuer` uses the older protocol version, V1.
    #[arg(long, requires = "issuer")]
    v1: bool,

    /// Client ID assigned by the OP.
    #[arg(long, value_name = "ID", requires = "op")]
    client_id: Option<String>,

    /// File with the private JWK set. With an HSM, the file's keys without a private part are in
    /// the HSM; without this file, all keys are in the HSM.
    #[arg(long, value_name = "FILE", requires = "op")]
    keys: Option<PathBuf>,

    /// File with the client secret, instead of keys.
    #[arg(
        long,
        value_name = "FILE",
        requires = "op",
        conflicts_with_all = ["keys", "client_secret_env"]
    )]
    client_secret_file: Option<PathBuf>,

    /// Environment variable with the client secret, instead of keys.
    #[arg(long, value_name = "NAME", requires = "op", conflicts_with = "keys")]
    client_secret_env: Option<String>,

    /// Form of the client assertion. Some OPs do not accept encrypted ones.
    #[arg(
        long,
        value_enum,
        default_value = "encrypted",
        requires = "op",
        conflicts_with_all = ["client_secret_file", "client_secret_env"]
    )]
    assertion: Assertion,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum RealEnvironment {
    /// The sandbox, with test users.
    E2e,
    /// Production, with real users.
    Production,
    /// The sandbox, with the older protocol version.
    E2eV1,
    /// Production, with the older protocol version.
    ProductionV1,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Assertion {
    /// Signed only.
    Signed,
    /// Signed, then encrypted.
    Encrypted,
}

impl Op {
    /// Returns the keys in the file or, if there is no file, `outside`, the keys in an HSM. Some of
    /// the file's keys can be in the HSM, too.
    ///
    /// # Errors
    /// If the file cannot be read or used.
    pub fn keys(
        &self,
        outside: Option<PrivateKeys>,
    ) -> Result<Option<PrivateKeys>, Box<dyn Error>> {
        let Some(file) = &self.keys else { return Ok(outside) };
        let at = file.display();
        let bytes =
            fs::read(file).map_err(|error| format!("the key file {at} cannot be read: {error}"))?;
        let keys = match outside {
            Some(_) => PrivateKeys::mixed(&bytes),
            None => PrivateKeys::from_json(&bytes),
        };
        Ok(Some(keys.map_err(|error| format!("the key file {at}: {error}"))?))
    }

    /// Returns the files that no one else should be able to read, each with a name for its
    /// contents.
    #[allow(dead_code, reason = "only the web application checks who can read them")]
    pub fn credential_files(&self) -> impl Iterator<Item = (&Path, &'static str)> {
        let keys = self.keys.as_deref().map(|file| (file, "key file"));
        let secret = self.client_secret_file.as_deref().map(|file| (file, "client secret"));
        keys.into_iter().chain(secret)
    }

    /// Returns the client's settings for the OP, with no redirect URI yet, or `None` if no OP is
    /// given.
    ///
    /// # Errors
    /// If neither keys nor a secret is given.
    pub fn settings(
        &self,
        keys: Option<PrivateKeys>,
        secret: Option<String>,
    ) -> Result<Option<Settings>, Box<dyn Error>> {
        let Some(environment) = self.environment() else { return Ok(None) };
        let form = match self.assertion {
            Assertion::Signed => JwtProtection::Signed,
            Assertion::Encrypted => JwtProtection::Nested,
        };
        let client_id = self.client_id.clone().unwrap_or_default();
        let credentials: Credentials = match (keys, secret) {
            (Some(keys), _) => keys.into(),
            (None, Some(secret)) => ClientSecret::new(secret).into(),
            (None, None) => return Err("pass either keys or a client secret".into()),
        };
        let settings = Settings::new(client_id, credentials, environment).client_assertion(form);
        let is_plain = self.issuer.as_ref().is_some_and(|issuer| issuer.starts_with("http://"));
        Ok(Some(if is_plain { settings.danger_http_on_loopback() } else { settings }))
    }

    fn environment(&self) -> Option<Environment> {
        environment(self.environment, self.issuer.as_deref(), self.v1)
    }

    /// Reads the client secret, if the client has one.
    ///
    /// # Errors
    /// If the secret cannot be read.
    pub fn secret(&self) -> Result<Option<String>, Box<dyn Error>> {
        Ok(match (&self.client_secret_file, &self.client_secret_env) {
            (Some(file), _) => Some(secret::in_file(file, "secret")?),
            (None, Some(name)) => Some(secret::in_variable(name, "secret")?),
            (None, None) => None,
        })
    }
}

/// Returns the environment that these options name, if any.
pub(super) fn environment(
    real: Option<RealEnvironment>,
    issuer: Option<&str>,
    v1: bool,
) -> Option<Environment> {
    match (real, issuer) {
        (Some(RealEnvironment::E2e), _) => Some(Environment::E2e),
        (Some(RealEnvironment::Production), _) => Some(Environment::Production),
        (Some(RealEnvironment::E2eV1), _) => Some(Environment::E2eV1),
        (Some(RealEnvironment::ProductionV1), _) => Some(Environment::ProductionV1),
        (None, Some(issuer)) if v1 => Some(Environment::custom_v1(issuer)),
        (None, Some(issuer)) => Some(Environment::custom(issuer)),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        op: Op,
    }

    fn environment(arguments: &[&str]) -> Option<Environment> {
        let client = ["--client-id", "x", "--keys", "x"];
        let client = if arguments.is_empty() { &[][..] } else { &client };
        let all = [&["program"], arguments, client].concat();
        Program::try_parse_from(all).expect("the options are valid").op.environment()
    }

    #[test]
    fn each_environment_has_its_name() {
        let issuer = "https://op.example";
        for (arguments, expected) in [
            (&[][..], None),
            (&["--environment", "e2e"], Some(Environment::E2e)),
            (&["--environment", "production"], Some(Environment::Production)),
            (&["--environment", "e2e-v1"], Some(Environment::E2eV1)),
            (&["--environment", "production-v1"], Some(Environment::ProductionV1)),
            (&["--issuer", issuer], Some(Environment::custom(issuer))),
            (&["--issuer", issuer, "--v1"], Some(Environment::custom_v1(issuer))),
        ] {
            assert_eq!(environment(arguments), expected, "{arguments:?}");
        }
    }
}
