//! `login_hint_token`, which names the user to authenticate.

use serde_json::Value;

use super::super::{FakeOp, answer::Refused};
use crate::{Person, RegisteredClient, jose};

impl FakeOp {
    /// The person whom the token names. itsme's documentation shows it as an object, as a signed
    /// JWT, and as a JWT with alg `none`. Each of these forms can contain either type of hint.
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
                (400, "unknown_user_id", "no user of this client has this sub".to_owned())
            }),
            other => Err(invalid(format!("unknown type {other:?}"))),
        }
    }

    /// The person who has this `sub` for this client.
    pub(in super::super) fn person_with(&self, client_id: &str, sub: &str) -> Option<Person> {
        let mut people = self.people.iter();
        people.find(|person| self.pairwise_sub(client_id, person) == sub).cloned()
    }
}
