//! The userinfo endpoint.

use http::header;
use itsme_core::{Request, Response};
use serde_json::{Value, json};

use super::{Document, FakeOp, answer, pairwise_sub};

impl FakeOp {
    pub(super) fn userinfo(&mut self, request: &Request) -> Response {
        let bearer = request.headers().get(header::AUTHORIZATION);
        let token = bearer.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let known = token.and_then(|token| self.access_tokens.get(token));
        let good = known.filter(|(_, until)| self.clock.now() < *until);
        let Some(grant) = good.and_then(|(code, _)| self.grants.get(code)) else {
            let challenge = r#"Bearer realm="itsme", error="invalid_token""#;
            return answer::with(401, String::new(), &[(header::WWW_AUTHENTICATE, challenge)]);
        };
        let client = grant.client.clone();
        let mut claims = json!({
            "iss": self.issuer,
            "sub": pairwise_sub(&client.client_id, &grant.person),
            "aud": client.client_id,
        });
        if let Value::Object(members) = &mut claims {
            members.extend(grant.userinfo_claims());
        }
        self.altered(Document::Userinfo, &mut claims);
        match self.nested(&client, &claims) {
            Ok(jwt) => answer::with(200, jwt, &[(header::CONTENT_TYPE, "application/jwt")]),
            Err(detail) => answer::error(400, "unauthorized_client", &detail),
        }
    }
}
