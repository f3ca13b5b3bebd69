//! Reads the text of a key file.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::{
    error::{KeyFileForm, KeysError},
    settings::{key_entry::Entry, key_form},
};

/// Reads the keys in the file, in the order in which they appear.
pub(super) fn read(file: &[u8]) -> Result<Vec<Entry>, KeysError> {
    let file = file.strip_prefix("\u{feff}".as_bytes()).unwrap_or(file);
    if file.trim_ascii().is_empty() {
        return Err(KeysError::Empty);
    }
    let text = key_form::recognize(file)?;
    let keys = match Keys::parse(text) {
        Ok(keys) => keys,
        Err(error) => {
            let joined = with_joined_lines(text);
            key_form::recognize(joined.as_bytes())?;
            // If both versions fail, report the position in the original text.
            Keys::parse(&joined).map_err(|_| not_a_key_set(&error))?
        }
    };
    match keys {
        Keys::Set(keys) => Entry::read_all(keys),
        Keys::Single => Err(KeyFileForm::SingleJwk.into()),
        Keys::Absent => Err(KeysError::NotAKeySet("`keys` is missing".to_owned())),
    }
}

/// The contents of the file's JSON object: a key set, a single key, or neither.
enum Keys {
    /// The JSON text of each key in the set.
    Set(Vec<Zeroizing<String>>),
    Single,
    Absent,
}

impl Keys {
    fn parse(text: &str) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct Members<'a> {
            #[serde(borrow, default)]
            keys: Option<Vec<&'a RawValue>>,
            kty: Option<IgnoredAny>,
        }
        // Report invalid JSON first, since serde would otherwise try to read an array as this struct.
        serde_json::from_str::<IgnoredAny>(text)?;
        let Members { keys, kty } = serde_json::from_str(text)?;
        let owned = |key: &RawValue| Zeroizing::new(key.get().to_owned());
        Ok(match (keys, kty) {
            (Some(keys), _) => Self::Set(keys.into_iter().map(owned).collect()),
            (None, Some(_)) => Self::Single,
            (None, None) => Self::Absent,
        })
    }
}

/// Replaces line breaks and tabs with spaces. Outside strings, this makes no difference. Inside strings, JSON does not
/// allow line breaks, but they do occur where someone has wrapped a long number in a template.
fn with_joined_lines(text: &str) -> Zeroizing<String> {
    let mut joined = Zeroizing::new(String::with_capacity(text.len()));
    joined.extend(text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }));
    joined
}

/// Reports the position of the error without quoting the file, because serde_json's own messages can quote a private
/// number.
fn not_a_key_set(error: &serde_json::Error) -> KeysError {
    let kind = match error.classify() {
        serde_json::error::Category::Data => "a member is missing or of the wrong type",
        serde_json::error::Category::Eof => "the text ends too early",
        _ => "a syntax error",
    };
    let (line, column) = (error.line(), error.column());
    KeysError::NotAKeySet(format!("{kind} (line {line}, column {column})"))
}
