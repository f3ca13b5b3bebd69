//! The options for the client secret.

use std::path::PathBuf;

use clap::Args;

use super::secret;

/// The options that name the client secret.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub struct SecretOptions {
    /// File with the client secret, instead of keys.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["keys", "client_secret_env"])]
    client_secret_file: Option<PathBuf>,

    /// Environment variable with the client secret, instead of keys.
    #[arg(long, value_name = "NAME", conflicts_with = "keys")]
    client_secret_env: Option<String>,
}

impl SecretOptions {
    /// Reads the secret, if one is configured.
    pub fn read(&self) -> Result<Option<String>, String> {
        match (&self.client_secret_file, &self.client_secret_env) {
            (Some(file), _) => secret::in_file(file, "secret").map(Some),
            (None, Some(name)) => secret::in_variable(name, "secret").map(Some),
            (None, None) => Ok(None),
        }
    }
}
