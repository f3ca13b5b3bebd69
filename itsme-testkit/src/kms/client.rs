use std::{error::Error, fmt};

use http::{HeaderValue, Method, StatusCode, header};
use itsme_core::{KeyFailure, KeyOperation, KeyResult, Request, Response};
use serde_json::{Value, json};

use crate::jose::{decode, encode};

/// A client for a [`FakeKms`](crate::FakeKms), over whatever sends: it writes the request for a
/// [`KeyOperation`] and reads the answer. That of a real KMS differs in names.
///
/// The KMS is sent a digest, never what is signed. What it answers is sorted by what will help: to ask once
/// more, to do something about a permission, or nothing.
#[derive(Clone)]
pub struct KmsClient {
    base: String,
    token: HeaderValue,
}

/// Why a KMS has not done it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KmsError {
    /// No answer has come.
    NoAnswer,
    /// It has answered with an error.
    Refused {
        /// The status.
        status: u16,
        /// The KMS's word for it.
        code: String,
    },
    /// Its answer cannot be read.
    Unreadable,
}

impl KmsClient {
    /// For the KMS at this URL.
    ///
    /// # Panics
    /// `token` cannot stand in a header.
    pub fn new(base: &str, token: &str) -> Self {
        let bearer = HeaderValue::try_from(format!("Bearer {token}"));
        let mut token = bearer.expect("a token can stand in a header");
        token.set_sensitive(true);
        Self { base: base.to_owned(), token }
    }

    /// The request that asks for an operation.
    ///
    /// # Panics
    /// The URL of the KMS, with the `kid` behind it, is none.
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

    /// What an answer means; `None`: there is none.
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
            // Whatever its word for a key that does not decrypt: a failure that looks different would tell a
            // forger something.
            (400, code) if code != "Throttled" => KeyFailure::DoesNotUnwrap,
            _ => KeyFailure::Unavailable,
        };
        failed(failure, KmsError::Refused { status: status.as_u16(), code: code.to_owned() })
    }
}

impl fmt::Display for KmsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer => f.write_str("the KMS has not answered"),
            Self::Refused { status, code } => write!(f, "the KMS has answered {status} {code}"),
            Self::Unreadable => f.write_str("the KMS has answered something that cannot be read"),
        }
    }
}

impl Error for KmsError {}

impl fmt::Debug for KmsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsClient").field("base", &self.base).finish_non_exhaustive()
    }
}
