use std::time::Duration;

use http::{HeaderValue, header};
use serde_json::{Map, Value, json};

use crate::{
    ground::{secret::Secret, time::UnixTime},
    http::Response,
};

/// How long a request object is good that travels in the URL.
pub(crate) const BY_VALUE: Duration = Duration::from_secs(300);

/// A request object to host at the `request_uri` (OIDC Core §6.2, RFC 9101): a JWT that only the OP
/// can read. It belongs to one login.
#[derive(Debug)]
#[non_exhaustive]
pub struct RequestObject {
    /// The nested JWT, compact.
    pub jwt: Secret,
    /// Until when it is good; it can be deleted then.
    pub expires_at: UnixTime,
}

impl RequestObject {
    /// What it is served as.
    pub const MEDIA_TYPE: &'static str = "application/jwt";

    /// The response to serve at the `request_uri`.
    pub fn response(&self) -> Response {
        let mut response = Response::new(self.jwt.expose().as_bytes().to_vec());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(Self::MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// The claims of a request object: the parameters of the request, and whose it is.
pub(crate) fn claims(
    (client_id, audience): (&str, &str),
    parameters: &[(&'static str, Value)],
    jti: String,
    (now, expires_at): (UnixTime, UnixTime),
) -> Value {
    let mut claims: Map<String, Value> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    claims.insert("iss".into(), json!(client_id));
    claims.insert("aud".into(), json!(audience));
    claims.insert("iat".into(), json!(now.as_secs()));
    claims.insert("exp".into(), json!(expires_at.as_secs()));
    claims.insert("jti".into(), json!(jti));
    Value::Object(claims)
}
