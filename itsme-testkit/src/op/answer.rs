//! The format of the OP's responses.

use http::{HeaderName, HeaderValue, header};
use itsme_core::Response;
use serde_json::{Value, json};

/// An error response: status, `error` and `detail`.
pub(super) type Refused = (u16, &'static str, String);

/// Turns an endpoint's result into a response.
pub(super) fn of(outcome: Result<Value, Refused>) -> Response {
    match outcome {
        Ok(body) => json(200, &body),
        Err((status, code, detail)) => error(status, code, &detail),
    }
}

fn json(status: u16, body: &Value) -> Response {
    with(status, body.to_string(), &[(header::CONTENT_TYPE, "application/json")])
}

pub(super) fn cacheable(body: &Value, cache_control: &str) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, cache_control)];
    with(200, body.to_string(), &headers)
}

/// Builds an error response. itsme puts the description in `detail`.
pub(crate) fn error(status: u16, code: &str, detail: &str) -> Response {
    json(status, &json!({ "error": code, "detail": detail }))
}

pub(super) fn with(status: u16, body: String, headers: &[(HeaderName, &str)]) -> Response {
    let mut response = Response::new(body.into_bytes());
    *response.status_mut() = http::StatusCode::from_u16(status).expect("a status of three digits");
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).expect("a header value of printable characters");
        response.headers_mut().insert(name, value);
    }
    response
}
