//! The options for an HSM that holds the private keys.

use std::{error::Error, path::PathBuf};

use clap::{ArgGroup, Args};

use super::secret;
use crate::pkcs11::Token;

/// A token in an HSM, which is accessed through PKCS #11.
#[derive(Clone, Debug, Args)]
#[command(group(ArgGroup::new("pin").args(["pin_env", "pin_file"])))]
#[group(skip)]
pub struct Hsm {
    /// PKCS #11 module of the HSM that holds the private keys.
    #[arg(long, value_name = "MODULE", requires_all = ["token", "pin"])]
    pkcs11: Option<PathBuf>,

    /// Label of the token. The `kid` of a key is its label on the token.
    #[arg(long, value_name = "LABEL", requires = "pkcs11")]
    token: Option<String>,

    /// Environment variable with the token's user PIN.
    #[arg(long, value_name = "NAME", requires = "pkcs11")]
    pin_env: Option<String>,

    /// File with the token's user PIN.
    #[arg(long, value_name = "FILE", requires = "pkcs11")]
    pin_file: Option<PathBuf>,
}

impl Hsm {
    /// Opens the token. Returns `None` if no module is given.
    ///
    /// # Errors
    /// If the PIN cannot be read, or the token cannot be opened.
    pub fn open(&self) -> Result<Option<Token>, Box<dyn Error>> {
        let Some(module) = &self.pkcs11 else { return Ok(None) };
        let pin = match (&self.pin_file, &self.pin_env) {
            (Some(file), _) => secret::in_file(file, "PIN")?,
            (None, Some(name)) => secret::in_variable(name, "PIN")?,
            (None, None) => return Err("pass the token's PIN with --pin-env or --pin-file".into()),
        };
        let label = self.token.as_deref().unwrap_or_default();
        Ok(Some(Token::open(module.clone(), label, pin)?))
    }
}
