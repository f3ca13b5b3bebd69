//! Parameters of a query, a form or a request object: each stands once.

use std::collections::HashMap;

use serde_json::{Map, Value};
use url::form_urlencoded;

#[derive(Clone)]
pub(super) struct Parameters(HashMap<String, String>);

impl Parameters {
    /// As a query or a form writes them.
    pub(super) fn parse(encoded: &[u8]) -> Result<Self, String> {
        let mut parameters = HashMap::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            if parameters.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(format!("the parameter {name} stands twice"));
            }
        }
        Ok(Self(parameters))
    }

    /// As the claims of a request object write them: what is not a text becomes its JSON.
    pub(super) fn of_claims(claims: Map<String, Value>) -> Self {
        let text = |value| match value {
            Value::String(text) => text,
            value => value.to_string(),
        };
        Self(claims.into_iter().map(|(name, value)| (name, text(value))).collect())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}
