//! Parameters of a query, a form or a request object. Each can appear only once, and an empty one
//! counts as absent (RFC 6749 §3.1).

use std::collections::HashMap;

use serde_json::{Map, Value};
use url::form_urlencoded;

#[derive(Clone)]
pub(super) struct Parameters(HashMap<String, String>);

impl Parameters {
    /// Parses a query or a form.
    pub(super) fn parse(encoded: &[u8]) -> Result<Self, String> {
        let mut parameters = HashMap::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            if parameters.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(format!("the parameter {name} appears twice"));
            }
        }
        parameters.retain(|_, value: &mut String| !value.is_empty());
        Ok(Self(parameters))
    }

    /// Converts the claims of a request object. A value that is not a string is serialized as JSON.
    pub(super) fn of_claims(claims: Map<String, Value>) -> Self {
        let text = |value| match value {
            Value::String(text) => text,
            value => value.to_string(),
        };
        let claims = claims.into_iter().filter(|(_, value)| !value.is_null() && value != "");
        Self(claims.map(|(name, value)| (name, text(value))).collect())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}
