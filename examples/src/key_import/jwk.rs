//! Converts keys to members of a JWK set.

use std::error::Error;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use itsme_core::PrivateKeys;
use openssl::{bn::BigNumRef, pkey::Private, rsa::Rsa, sha::sha256};
use serde_json::{Map, Value};

use super::text::plain_json;

/// What a key is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Usage {
    /// A key that signs.
    Sig,
    /// A key that decrypts.
    Enc,
}

impl Usage {
    fn name(self) -> &'static str {
        match self {
            Self::Sig => "sig",
            Self::Enc => "enc",
        }
    }

    fn alg(self) -> &'static str {
        match self {
            Self::Sig => "RS256",
            Self::Enc => "RSA-OAEP-256",
        }
    }
}

/// Returns the RSA keys in a JWK set, an array or a single JWK that have this use or none.
pub(super) fn of_json(text: &str, usage: Usage) -> Result<Vec<Map<String, Value>>, Box<dyn Error>> {
    let keys = match serde_json::from_str(&plain_json(text)) {
        Ok(Value::Array(keys)) => keys,
        Ok(Value::Object(mut members)) => match members.remove("keys") {
            Some(Value::Array(keys)) => keys,
            _ if members.contains_key("kty") => vec![Value::Object(members)],
            _ => return Err("the file is a JSON object, but neither a JWK set nor a JWK".into()),
        },
        // The key file parser recognizes other kinds of files, and its error describes them.
        _ => {
            return Err(match PrivateKeys::from_json(text) {
                Err(error) => error.into(),
                Ok(_) => {
                    "the file is already a private JWK set and does not need to be imported".into()
                }
            });
        }
    };
    let objects = keys.into_iter().map(|key| match key {
        Value::Object(key) => Ok(key),
        _ => Err("one of the keys in the file is not a JSON object"),
    });
    let mut keys = objects.collect::<Result<Vec<_>, _>>()?;
    let is = |key: &Map<String, Value>, member: &str, values: &[&str]| match key.get(member) {
        None | Some(Value::Null) => true,
        Some(found) => values.iter().any(|value| found == value),
    };
    keys.retain(|key| is(key, "use", &[usage.name()]) && is(key, "kty", &["RSA"]));
    if keys.is_empty() {
        return Err(
            format!("none of the keys in the file is an RSA key for `{}`", usage.name()).into()
        );
    }
    Ok(keys)
}

/// Converts a key that OpenSSL has read.
pub(super) fn of_rsa(key: &Rsa<Private>) -> Map<String, Value> {
    let numbers: [(&str, Option<&BigNumRef>); 8] = [
        ("n", Some(key.n())),
        ("e", Some(key.e())),
        ("d", Some(key.d())),
        ("p", key.p()),
        ("q", key.q()),
        ("dp", key.dmp1()),
        ("dq", key.dmq1()),
        ("qi", key.iqmp()),
    ];
    let text = |number: &BigNumRef| Value::from(URL_SAFE_NO_PAD.encode(number.to_vec()));
    let numbers = numbers.into_iter().filter_map(|(name, number)| Some((name, text(number?))));
    let kty = ("kty", Value::from("RSA"));
    [kty].into_iter().chain(numbers).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Adds the use, algorithm and name, where the key does not contain them.
pub(super) fn complete(key: &mut Map<String, Value>, usage: Usage) {
    key.retain(|_, value| !value.is_null());
    let thumbprint = thumbprint(key);
    let mut unless_there = |name: &str, value: String| {
        key.entry(name).or_insert_with(|| value.into());
    };
    unless_there("use", usage.name().to_owned());
    unless_there("alg", usage.alg().to_owned());
    unless_there("kid", thumbprint);
}

/// Returns the thumbprint: the SHA-256 of the public key in base64url (RFC 7638).
fn thumbprint(key: &Map<String, Value>) -> String {
    let number = |name: &str| {
        let text = key.get(name).and_then(Value::as_str).unwrap_or_default();
        text.trim_end().trim_end_matches('=').replace(|c: char| c.is_ascii_whitespace(), "")
    };
    let canonical = format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, number("e"), number("n"));
    URL_SAFE_NO_PAD.encode(sha256(canonical.as_bytes()))
}
