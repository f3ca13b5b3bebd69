//! The checks on a JWK set as a whole (RFC 7517 §5).

use serde_json::Value;
use thiserror::Error;

use crate::ground::{
    check::{Rule, Ruling, Subject, Told, Verdict, rules},
    json,
};

pub(super) const MAX_KEY_SET: usize = 256 * 1024;

/// Why some text is not a key set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// The text is larger than 256 KiB.
    #[error("it is larger than 256 KiB")]
    TooLarge,
    /// The text is not a JSON object with a `keys` array.
    #[error("{0}")]
    Malformed(&'static str),
}

/// Text that should be a JWK set, with the entries that were read from it.
pub(crate) struct KeySetText<'a> {
    text: &'a [u8],
    pub(super) entries: Vec<Value>,
}

impl Subject for KeySetText<'_> {
    type Error = KeySetError;

    fn rules<'r>() -> &'r [Rule<Self>]
    where
        Self: 'r,
    {
        rules! {
            "set size", "itsme-core's own limit", "at most 256 KiB" =>
                |it| it.check_size(), |it| Told::found(format!("{} bytes", it.text.len()));
            "set form", "RFC 7517 §5", "a JSON object without repeated members and with a `keys` array" =>
                |it| it.read_entries(), |it| Told::found(format!("{} keys", it.entries.len()));
        }
    }
}

impl<'a> KeySetText<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, entries: Vec::new() }
    }

    fn check_size(&self) -> Verdict<KeySetError> {
        if self.text.len() > MAX_KEY_SET {
            return Err(KeySetError::TooLarge);
        }
        Ok(Ruling::Held)
    }

    fn read_entries(&mut self) -> Verdict<KeySetError> {
        if self.check_size().is_err() {
            return Ok(Ruling::NotApplicable);
        }
        let set = json::object(self.text);
        let mut set = set.map_err(|error| KeySetError::Malformed(error.as_str()))?;
        let Some(Value::Array(entries)) = set.remove("keys") else {
            return Err(KeySetError::Malformed("it has no `keys` array"));
        };
        self.entries = entries;
        Ok(Ruling::Held)
    }
}
