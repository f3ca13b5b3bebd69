use std::fmt;

use thiserror::Error;

use super::UrlError;
use crate::{
    ground::text::{printable, without_secrets},
    http::endpoint::Endpoint,
};

/// What is wrong with a discovery document (OIDC Discovery §4.3).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The document is for a different issuer than the configured one.
    #[error("its issuer is `{}`; expected `{expected}`", printable(found))]
    ForeignIssuer {
        /// The configured issuer.
        expected: String,
        /// The issuer in the document.
        found: String,
    },
    /// A required member is missing or is not a string.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// An endpoint's URL breaks a rule for URLs that the client calls.
    #[error("`{member}` {error}")]
    Url {
        /// The member that contains the URL.
        member: &'static str,
        /// What is wrong with the URL.
        error: UrlError,
    },
    /// The OP publishes no key with which to encrypt client assertions.
    #[error(
        "the OP's key set has no encryption key; if the OP accepts unencrypted client assertions, use \
         `Settings::client_assertion(JwtProtection::Signed)`"
    )]
    NoEncryptionKey,
}

/// A response that does not appear to come from the OP, with details that help you find out what sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnexpectedReply {
    /// The endpoint that was called.
    pub endpoint: Endpoint,
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub media_type: Option<String>,
    /// The beginning of the body, at most 512 characters, with anything that could be a token, a
    /// code or a key replaced with `…`. Empty for JSON and for responses from the userinfo and picture
    /// endpoints, which could contain personal data.
    pub excerpt: String,
}

impl UnexpectedReply {
    pub(crate) fn new(endpoint: Endpoint, response: &http::Response<Vec<u8>>) -> Self {
        let media_type = response.headers().get(http::header::CONTENT_TYPE);
        let body = response.body();
        let start = String::from_utf8_lossy(&body[..body.len().min(4096)]);
        let start = start.trim_start_matches('\u{feff}');
        let json = start.trim_start().starts_with(['{', '[', '"']);
        let personal = json || matches!(endpoint, Endpoint::Picture | Endpoint::Userinfo);
        Self {
            endpoint,
            status: response.status().as_u16(),
            media_type: media_type.and_then(|value| value.to_str().ok()).map(printable),
            excerpt: if personal { String::new() } else { printable(&without_secrets(start)) },
        }
    }
}

impl fmt::Display for UnexpectedReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let media_type = self.media_type.as_deref().unwrap_or("no media type");
        let Self { endpoint, status, .. } = self;
        write!(f, "the {endpoint} returned an unexpected response: status {status}, {media_type}")?;
        if !self.excerpt.is_empty() {
            write!(f, ", beginning `{}`", self.excerpt)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_names_the_trouble_and_no_secret() {
        let body = "<h1>Maintenance</h1> code=3fa85f64-5717-4562-b3fc-2c963f66afa6 &amp; eyJhbGciOiJub25lIn0.e30.";
        let response = http::Response::builder()
            .status(503)
            .header("content-type", "text/html")
            .body(body.as_bytes().to_vec())
            .expect("a response");
        let reply = UnexpectedReply::new(Endpoint::Token, &response);
        assert_eq!(reply.excerpt, "<h1>Maintenance</h1> … &amp; …");
        assert_eq!(
            reply.to_string(),
            "the token endpoint returned an unexpected response: status 503, text/html, beginning \
             `<h1>Maintenance</h1> … &amp; …`"
        );
    }

    #[test]
    fn an_excerpt_is_short_and_one_line() {
        let response = http::Response::new("a b\r\n".repeat(10_000).into_bytes());
        let reply = UnexpectedReply::new(Endpoint::KeySet, &response);
        assert_eq!(reply.excerpt.chars().count(), 512);
        assert!(!reply.excerpt.contains('\n'));
    }
}
