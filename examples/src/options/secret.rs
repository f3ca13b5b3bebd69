//! What is never on a command line, where others see it.

use std::{
    env::{self, VarError},
    fs,
    path::{Path, PathBuf},
};

use clap::Args;

/// Where the client secret is.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub struct SecretOptions {
    /// The file with the client secret, instead of keys.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["keys", "client_secret_env"])]
    client_secret_file: Option<PathBuf>,

    /// The environment variable that holds the client secret, instead of keys.
    #[arg(long, value_name = "NAME", conflicts_with = "keys")]
    client_secret_env: Option<String>,
}

impl SecretOptions {
    /// The secret, if there is one.
    pub fn read(&self) -> Result<Option<String>, String> {
        match (&self.client_secret_file, &self.client_secret_env) {
            (Some(file), _) => in_file(file, "secret").map(Some),
            (None, Some(name)) => in_variable(name, "secret").map(Some),
            (None, None) => Ok(None),
        }
    }
}

pub fn in_file(file: &Path, what: &str) -> Result<String, String> {
    let text = fs::read_to_string(file).map_err(|error| {
        format!("the file {} with the {what} cannot be read: {error}", file.display())
    })?;
    // Editors end a file with a line's end.
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

pub fn in_variable(name: &str, what: &str) -> Result<String, String> {
    env::var(name).map_err(|error| {
        let why = match error {
            VarError::NotPresent => "is not set",
            VarError::NotUnicode(_) => "is not UTF-8",
        };
        format!("the environment variable {name} with the {what} {why}")
    })
}
