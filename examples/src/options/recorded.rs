//! The options that open a recording and change what is replayed.

use std::path::PathBuf;

use clap::Args;
use itsme_core::{ClientSecret, Credentials, DriveError, Error, Replay};

use super::{
    client_secret::SecretOptions,
    known::private_keys,
    when::{self, Shift},
};
use crate::inspect::recording;

/// The options that open a recording and change what is replayed.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub struct Recorded {
    /// File with the private JWK set of the client, which opens the recording. Given a second time:
    /// replay as if the client had had the keys in that file.
    #[arg(long, value_name = "FILE")]
    keys: Vec<PathBuf>,

    #[command(flatten)]
    secret: SecretOptions,

    /// Replay as if the client's clock had been this far ahead or behind: +90s, -10m.
    #[arg(long, value_name = "SHIFT", value_parser = when::shift, allow_hyphen_values = true)]
    clock: Option<Shift>,
}

impl Recorded {
    /// Whether anything is changed.
    pub fn asks_what_if(&self) -> bool {
        self.clock.is_some() || self.keys.len() > 1
    }

    /// Opens the text of a recording, with the changes applied.
    ///
    /// # Errors
    /// If a file cannot be read or used, or the recording cannot be opened.
    pub fn open(self, text: &str) -> Result<Replay, String> {
        let mut keys = self.keys.into_iter().map(private_keys).collect::<Result<Vec<_>, _>>()?;
        let others = if keys.len() > 1 { keys.pop() } else { None };
        let credentials: Credentials = match (keys.pop(), self.secret.read()?) {
            (Some(_), _) if !keys.is_empty() => return Err("give --keys at most twice".into()),
            (Some(keys), _) => keys.into(),
            (None, Some(secret)) => ClientSecret::new(secret).into(),
            (None, None) => {
                return Err("--keys or a client secret is needed: a recording is sealed".into());
            }
        };
        let replay = recording::open(text, credentials).map_err(|error| match error {
            DriveError::Flow(Error::NoKeyHolder { .. }) => {
                format!("it takes {}", recording::KEY_HOLDER)
            }
            error => error.to_string(),
        })?;
        let replay = match self.clock {
            Some(Shift::Ahead(ahead)) => replay.clock_ahead(ahead),
            Some(Shift::Behind(behind)) => replay.clock_behind(behind),
            None => replay,
        };
        Ok(match others {
            Some(others) => replay.credentials(others),
            None => replay,
        })
    }
}
