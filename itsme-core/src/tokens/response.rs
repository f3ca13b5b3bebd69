use std::time::Duration;

use serde_json::Value;

use super::response_checks::TokenMembers;
use crate::{
    client_auth::parties::{Parties, Prepared},
    error::Error,
    flow::machine::Context,
    ground::{check::Subject, json, secret::Secret},
    http::{Response, endpoint::Endpoint, form, response},
};

/// The token request (RFC 6749 §4.1.3, RFC 7523 §2.2, itsme: token request).
pub(crate) fn token_request(
    parties: &Parties,
    grant: &[(&str, &str)],
    made: &[String],
    cx: &mut Context<'_>,
) -> Result<Prepared, Error> {
    let url = &parties.provider.metadata.token_endpoint;
    parties.authenticated(url, made.first(), cx, |authentication| {
        form::post((Endpoint::Token, url), grant, authentication)
    })
}

/// The unverified response to a token request (RFC 6749 §5.1, OIDC Core §3.1.3.3).
#[derive(Debug)]
pub(crate) struct TokenResponse {
    pub(crate) access_token: Secret,
    pub(crate) id_token: Secret,
    pub(crate) expires_in: Option<Duration>,
}

impl TokenResponse {
    pub(crate) fn read(response: Response) -> Result<Self, Error> {
        let mut members = response::json_object(Endpoint::Token, response)?;
        TokenMembers(&members).verify()?;
        let mut secret = |name: &str| match members.remove(name) {
            Some(Value::String(text)) => Secret::new(text),
            _ => Secret::new(""),
        };
        let (access_token, id_token) = (secret("access_token"), secret("id_token"));
        let expires_in = members.get("expires_in").or_else(|| members.get("expire_in"));
        Ok(Self {
            access_token,
            id_token,
            expires_in: json::seconds(expires_in).map(Duration::from_secs),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<TokenResponse, Error> {
        TokenResponse::read(http::Response::new(body.as_bytes().to_vec()))
    }

    #[test]
    fn expires_in_is_read_in_every_form_itsme_has_used() {
        for (member, expected) in [
            (r#","expires_in":300"#, Some(300)),
            (r#","expires_in":"300""#, Some(300)),
            (r#","expire_in":300"#, Some(300)),
            (r#","expires_in":null"#, None),
            (r#","expires_in":-1"#, None),
            ("", None),
        ] {
            let body =
                format!(r#"{{"access_token":"a","token_type":"bearer","id_token":"i"{member}}}"#);
            let answer = read(&body).expect("a token answer");
            assert_eq!(answer.expires_in, expected.map(Duration::from_secs), "{member}");
        }
    }

    #[test]
    fn an_unusable_answer_is_named_without_its_tokens() {
        for (body, what) in [
            (r#"{"token_type":"Bearer","id_token":"i"}"#, "it has no `access_token`"),
            (r#"{"access_token":"a","id_token":"i"}"#, "it has no `token_type`"),
            (r#"{"access_token":"a","token_type":"Bearer"}"#, "it has no `id_token`"),
            (
                r#"{"access_token":"a","token_type":"DPoP","id_token":"i"}"#,
                "its `token_type` is not Bearer",
            ),
            (
                r#"{"access_token":"a\nb","token_type":"Bearer","id_token":"i"}"#,
                "its `access_token` cannot be sent in a header",
            ),
            (
                r#"{"access_token":"","token_type":"Bearer","id_token":"i"}"#,
                "it has no `access_token`",
            ),
            (r#"{"access_token":7,"token_type":"Bearer"}"#, "it has no `access_token`"),
            (r#"{"id_token":"i","id_token":"j"}"#, "a JSON member appears twice"),
            ("", "the JSON is truncated"),
            ("[]", "it is JSON, but not an object"),
        ] {
            let error = read(body).expect_err(body);
            assert!(
                matches!(&error, Error::Malformed { what: found, .. } if found == what),
                "{error}"
            );
        }
    }
}
