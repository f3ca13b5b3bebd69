//! `login_hint_token`: whom to ask.

use serde_json::Value;

use super::super::{FakeOp, answer::Refused};
use crate::{Person, RegisteredClient, jose};

impl FakeOp {
    /// The person named by the token. itsme's documentation shows it as a JWT, once with alg none,
    /// and as an object; each form may carry each type.
    pub(super) fn hinted_person(
        &mut self,
        hint: &Value,
        client: &RegisteredClient,
    ) -> Result<Person, Refused> {
        let invalid =
            |detail: String| (400, "invalid_request", format!("login_hint_token: {detail}"));
        let hint = match hint {
            Value::Object(hint) => Ok(hint.clone()),
            Value::String(jwt) if jwt.ends_with('.') => jose::decode_unsigned(jwt),
            Value::String(jwt) => jose::verify(&client.jwks(), jwt),
            _ => Err("it is neither a JWT nor an object".to_owned()),
        };
        let hint = hint.map_err(invalid)?;
        let text = |name: &str| hint.get(name).and_then(Value::as_str).unwrap_or_default();
        match text("type") {
            "user_identifier_token" => {
                let now = self.now();
                self.ciba.identify(text("value"), &client.client_id, now)
            }
            "subject_code" => self.person_with(&client.client_id, text("value")).ok_or_else(|| {
                (400, "unknown_user_id", "the client knows no one by this sub".to_owned())
            }),
            other => Err(invalid(format!("unknown type {other:?}"))),
        }
    }

    /// The person whom a client knows by this `sub`.
    pub(in super::super) fn person_with(&self, client_id: &str, sub: &str) -> Option<Person> {
        let mut people = self.people.iter();
        people.find(|person| self.pairwise_sub(client_id, person) == sub).cloned()
    }
}
