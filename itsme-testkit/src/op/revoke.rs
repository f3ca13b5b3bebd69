//! The revocation endpoint (RFC 7009), for clients with a secret.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::header;
use itsme_core::{Request, Response};
use url::form_urlencoded;

use super::{FakeOp, answer};
use crate::{RegisteredClient, registration::Credentials};

impl FakeOp {
    pub(super) fn revoke(&mut self, request: &Request) -> Response {
        if self.basic(request).is_none() {
            return answer::error(
                401,
                "invalid_client",
                "HTTP Basic with a valid client secret is required",
            );
        }
        let form: Vec<_> = form_urlencoded::parse(request.body()).into_owned().collect();
        let get =
            |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        if get("token_type_hint").is_some_and(|hint| hint != "access_token") {
            return answer::error(
                400,
                "unsupported_token_type",
                "only access tokens can be revoked",
            );
        }
        let Some(token) = get("token") else {
            return answer::error(400, "invalid_request", "token is missing");
        };
        // An unknown token counts as revoked (RFC 7009 §2.2).
        self.access_tokens.remove(token);
        answer::with(200, String::new(), &[])
    }

    fn basic(&self, request: &Request) -> Option<&RegisteredClient> {
        let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
        let decoded = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (client_id, given) = decoded.split_once(':')?;
        let unescaped = |text: &str| {
            form_urlencoded::parse(text.as_bytes()).next().map(|(name, _)| name.into_owned())
        };
        let client = self.client(&unescaped(client_id)?)?;
        let Credentials::Secret { secret, .. } = &client.credentials else { return None };
        (unescaped(given).as_ref() == Some(secret)).then_some(client)
    }
}
