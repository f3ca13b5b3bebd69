use std::{error::Error, fmt};

use http::{HeaderValue, Method, StatusCode, header};
use itsme_core::{KeyFailure, KeyOperation, KeyResult, Request, Response};
use serde_json::{Value, json};

use crate::jose::{decode, encode};

/// A client for a [`FakeKms`](crate::FakeKms) that works with any transport: it creates the request
/// for a [`KeyOperation`] and interprets the response. A client for a real KMS differs only in
/// names.
///
/// The KMS receives a digest, never the signed data. Failures are classified by what would help:
/// retrying, fixing a permission, or nothing.
#[derive(Clone)]
pub struct KmsClient {
    base: String,
    token: HeaderValue,
}

/// The reason why a KMS did not perform an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KmsError {
    /// The KMS did not respond.
    NoAnswer,
    /// The KMS responded with an error.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The KMS's error code.
        code: String,
    },
    /// The response cannot be parsed.
    Unreadable,
}

impl KmsClient {
    /// Creates a client for the KMS at this URL.
    ///
    /// # Panics
    /// If `token` is not a valid header value.
    pub fn new(base: &str, token: &str) -> Self {
        let bearer = HeaderValue::try_from(format!("Bearer {token}"));
        let mut token = bearer.expect("a token is a valid header value");
        token.set_sensitive(true);
        Self { base: base.to_owned(), token }
    }

    /// Creates the request for an operation.
    ///
    /// # Panics
    /// If the KMS's URL followed by the `kid` is not a valid URL.
    pub fn request(&self, operation: &KeyOperation) -> Request {
        let (verb, value) = match operation {
            KeyOperation::Sign { input, .. } => ("sign", encode(&input.digest())),
            KeyOperation::Unwrap { encrypted_key, .. } => ("unwrapkey", encode(encrypted_key)),
        };
        let body = json!({ "alg": operation.algorithm(), "value": value });
        http::Request::builder()
            .method(Method::POST)
            .uri(format!("{}/keys/{}/{verb}", self.base, operation.kid()))
            .header(header::AUTHORIZATION, &self.token)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_string().into_bytes())
            .expect("a KMS has a URL")
    }

    /// Interprets the response. `None` means that there was none.
    pub fn outcome(&self, response: Option<Response>) -> KeyResult {
        let failed = |failure, error: KmsError| Err((failure, error.into()));
        let Some(response) = response else {
            return failed(KeyFailure::Unavailable, KmsError::NoAnswer);
        };
        let status = response.status();
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        if status == StatusCode::OK {
            return match body["value"].as_str().map(decode) {
                Some(Ok(value)) => Ok(value.into()),
                _ => failed(KeyFailure::Unavailable, KmsError::Unreadable),
            };
        }
        let code = body["error"]["code"].as_str().unwrap_or_default();
        let failure = match (status.as_u16(), code) {
            (401 | 403 | 404 | 409, _) | (400, "Forbidden") => KeyFailure::Refused,
            // Treat all other codes alike, because a failure that looks different would give
            // information to an attacker.
            (400, code) if code != "Throttled" => KeyFailure::DoesNotUnwrap,
            _ => KeyFailure::Unavailable,
        };
        failed(failure, KmsError::Refused { status: status.as_u16(), code: code.to_owned() })
    }
}

impl fmt::Display for KmsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer => f.write_str("the KMS did not respond"),
            Self::Refused { status, code } => write!(f, "the KMS responded with {status} {code}"),
            Self::Unreadable => f.write_str("the KMS sent a response that cannot be parsed"),
        }
    }
}

impl Error for KmsError {}

impl fmt::Debug for KmsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsClient").field("base", &self.base).finish_non_exhaustive()
    }
}
