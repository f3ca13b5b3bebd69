//! The text of a key file.

use serde::Deserialize;

use crate::{error::KeysError, jose::OwnJwk};

#[derive(Deserialize)]
struct KeyFile {
    keys: Vec<OwnJwk>,
}

/// The keys of the text, in their order.
pub(super) fn read(text: &str) -> Result<Vec<OwnJwk>, KeysError> {
    if text.trim().is_empty() {
        return Err(KeysError::Empty);
    }
    if text.trim_start().starts_with("-----BEGIN") {
        let why = "it is PEM; convert each key to a JWK with `use` and `kid`";
        return Err(KeysError::NotAKeySet(why.to_owned()));
    }
    let file: KeyFile = serde_json::from_str(text).map_err(|error| not_a_key_set(&error))?;
    Ok(file.keys)
}

/// Says where, and not what: serde_json's own errors can quote a private number.
fn not_a_key_set(error: &serde_json::Error) -> KeysError {
    let kind = match error.classify() {
        serde_json::error::Category::Data => "a member is missing or of the wrong type",
        serde_json::error::Category::Eof => "the text ends too early",
        _ => "a syntax error",
    };
    let (line, column) = (error.line(), error.column());
    KeysError::NotAKeySet(format!("{kind} (line {line}, column {column})"))
}
