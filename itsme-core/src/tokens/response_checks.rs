//! The checks on the response to a token request.

use http::HeaderValue;
use serde_json::Value;

use crate::{
    error::Error,
    ground::{
        check::{Rule, Ruling, Subject, Told, Verdict, rules},
        json::Members,
    },
    http::endpoint::Endpoint,
};

/// The members of a response that is not an error.
pub(crate) struct TokenMembers<'a>(pub(crate) &'a Members);

impl Subject for TokenMembers<'_> {
    type Error = Error;

    fn rules<'r>() -> &'r [Rule<Self>]
    where
        Self: 'r,
    {
        rules! {
            "token_type", "RFC 6749 §5.1, RFC 6750 §4", "`Bearer`, in any case" =>
                |it| it.check_type(), |it| it.tell("token_type");
            "access_token", "RFC 6749 §5.1, RFC 6750 §2.1", "a string that can be sent in a header" =>
                |it| it.check_access_token(), |it| it.tell("access_token");
            "id_token", "OIDC Core §3.1.3.3", "a string" =>
                |it| it.check_id_token(), |it| it.tell("id_token");
        }
    }
}

impl TokenMembers<'_> {
    fn text(&self, name: &str, missing: &'static str) -> Result<&str, Error> {
        match self.0.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            _ => Err(malformed(missing)),
        }
    }

    fn check_type(&self) -> Verdict<Error> {
        if !self.text("token_type", "it has no `token_type`")?.eq_ignore_ascii_case("Bearer") {
            return Err(malformed("its `token_type` is not Bearer"));
        }
        Ok(Ruling::Held)
    }

    fn check_access_token(&self) -> Verdict<Error> {
        let token = self.text("access_token", "it has no `access_token`")?;
        match HeaderValue::try_from(token) {
            Ok(_) => Ok(Ruling::Held),
            Err(_) => Err(malformed("its `access_token` cannot be sent in a header")),
        }
    }

    fn check_id_token(&self) -> Verdict<Error> {
        self.text("id_token", "it has no `id_token`").map(|_| Ruling::Held)
    }

    fn tell(&self, name: &str) -> Told {
        Told::found(match self.0.get(name) {
            Some(Value::String(text)) if text.is_empty() => "an empty string",
            Some(Value::String(_)) => "a string",
            Some(_) => "not a string",
            None => "nothing",
        })
    }
}

fn malformed(what: &'static str) -> Error {
    Error::malformed(Endpoint::Token, what)
}
