//! Helpers for the tests of the OP's strictness: requests built by hand.

use itsme_core::{Response, UnixTime};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::FakeOp;
use crate::{
    jose::{self, OwnKey},
    private_jwks,
};

pub(super) type Form = Vec<(&'static str, String)>;

/// One of the client's keys.
pub(super) fn key(kid: &str) -> OwnKey {
    let jwks: Value = serde_json::from_str(private_jwks()).expect("JSON");
    let keys = jwks["keys"].as_array().expect("keys");
    OwnKey::from_jwk(keys.iter().find(|key| key["kid"] == kid).expect("the key"))
}

/// Signs a compact JWS with one of the client's keys, and puts this `kid` in its header.
pub(super) fn signed(by: &str, claims: &Value, kid: &str) -> String {
    let header = json!({ "alg": "RS256", "kid": kid });
    let (payload, signer) = (claims.to_string().into_bytes(), jose::SignedBy::Op);
    jose::Unsigned { header, payload, signer }.sign(&key(by)).expect("a JWS")
}

pub(super) fn assertion_claims(client_id: &str, audience: &str, jti: &str, now: UnixTime) -> Value {
    let now = now.as_secs();
    json!({
        "iss": client_id, "sub": client_id, "aud": audience, "jti": jti,
        "iat": now, "exp": now + 300,
    })
}

/// The form fields that authenticate the client.
pub(super) fn client_auth(client_id: &str, assertion: &str) -> Form {
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    vec![
        ("client_id", client_id.to_owned()),
        ("client_assertion_type", kind.to_owned()),
        ("client_assertion", assertion.to_owned()),
    ]
}

pub(super) fn set(form: &mut Form, name: &str, value: &str) {
    form.iter_mut().filter(|(n, _)| *n == name).for_each(|(_, v)| *v = value.to_owned());
}

pub(super) fn post(op: &mut FakeOp, path: &str, form: &Form) -> Response {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = http::Request::post(format!("{}{path}", op.issuer()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.into_bytes())
        .expect("a request");
    op.handle(request).expect("an answer")
}

/// The status and the `detail` of a response. The `detail` may be empty.
pub(super) fn refusal(response: &Response) -> (u16, String) {
    let detail = json_body(response)["detail"].as_str().unwrap_or_default().to_owned();
    (response.status().as_u16(), detail)
}

pub(super) fn json_body(response: &Response) -> Value {
    serde_json::from_slice(response.body()).expect("JSON")
}
