//! The userinfo endpoint.

use http::header;
use itsme_core::{Request, Response};
use serde_json::{Value, json};

use super::{Document, FakeOp, answer, grant::Grant};

impl FakeOp {
    pub(super) fn userinfo(&mut self, request: &Request) -> Response {
        let Some(grant) = self.bearer(request) else { return unauthorized() };
        let client = grant.request.client.clone();
        let mut claims = json!({
            "iss": self.issuer,
            "sub": self.pairwise_sub(&client.client_id, &grant.person),
            "aud": client.client_id,
        });
        if let Value::Object(members) = &mut claims {
            members.extend(self.at_home(grant.userinfo_claims(self.dialect)));
        }
        match self.nested(Document::Userinfo, &client, &mut claims) {
            Ok(jwt) => answer::with(200, jwt, &[(header::CONTENT_TYPE, "application/jwt")]),
            Err(detail) => answer::error(400, "unauthorized_client", &detail),
        }
    }

    /// Returns the `picture` of the token's user as an image.
    pub(super) fn picture(&mut self, request: &Request) -> Response {
        match self.bearer(request).map(|grant| grant.person.image()) {
            Some(Some((media_type, image))) => {
                let mut response = Response::new(image.to_vec());
                let value = http::HeaderValue::from_static(media_type);
                response.headers_mut().insert(header::CONTENT_TYPE, value);
                response
            }
            Some(None) => answer::error(404, "not_found", "this person has no picture"),
            None => unauthorized(),
        }
    }

    /// Returns the grant behind a request's access token, if the token is still valid.
    fn bearer(&self, request: &Request) -> Option<&Grant> {
        let bearer = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
        // The name of an authentication scheme is case-insensitive (RFC 9110 §11.1).
        let (scheme, token) = bearer.split_once(' ')?;
        let token = Some(token).filter(|_| scheme.eq_ignore_ascii_case("Bearer"));
        let token = self.access_tokens.get(token?)?;
        (self.now() < token.until).then_some(&token.grant)
    }
}

fn unauthorized() -> Response {
    let challenge = r#"Bearer realm="itsme", error="invalid_token""#;
    answer::with(401, String::new(), &[(header::WWW_AUTHENTICATE, challenge)])
}
