//! Request objects that clients host themselves (RFC 9101 §5.2).

use std::sync::{Arc, Mutex, PoisonError};

use http::header;
use itsme_core::Response;
use url::Url;

use super::{FakeOp, request_object::Refusal};
use crate::RegisteredClient;

/// The first is the media type that itsme documents; the others occur in practice.
const MEDIA_TYPES: [&str; 4] =
    ["application/jwt", "application/oauth-authz-req+jwt", "text/plain", "application/json"];

pub(super) type Fetch = Arc<dyn Fn(&str) -> Result<Response, String> + Send + Sync>;

/// The result of fetching a hosted request object.
pub(crate) struct Fetched {
    pub(super) uri: String,
    pub(super) outcome: Result<Response, String>,
}

impl FakeOp {
    /// Sets which request objects clients host. The OP opens no sockets, so it calls this function
    /// to fetch a `request_uri`. `None` means that nothing is hosted at that URL.
    pub fn host(&mut self, fetch: impl FnMut(&str) -> Option<Response> + Send + 'static) {
        let fetch = Mutex::new(fetch);
        self.fetch_request_objects(move |uri| {
            let mut fetch = fetch.lock().unwrap_or_else(PoisonError::into_inner);
            fetch(uri).ok_or_else(|| "nothing is hosted at this URL".to_owned())
        });
    }

    /// Sets how the OP fetches hosted request objects, for example over HTTP. The function receives
    /// the `request_uri`. If it returns an error, the OP rejects the authorization request with
    /// that text as the reason.
    ///
    /// A [`Server`](crate::Server) does not lock the OP while the function runs, so the application
    /// can request the OP's keys before it responds.
    pub fn fetch_request_objects(
        &mut self,
        fetch: impl Fn(&str) -> Result<Response, String> + Send + Sync + 'static,
    ) {
        self.fetch = Arc::new(fetch);
    }

    /// Fetches the request object at this URL.
    pub(super) fn hosted(
        &mut self,
        uri: &str,
        client: &RegisteredClient,
    ) -> Result<String, Refusal> {
        let refused = |reason: String| ("invalid_request_uri", reason);
        check_uri(uri, client).map_err(|reason| refused(reason.to_owned()))?;
        let outcome = match self.fetched.take() {
            Some(fetched) if fetched.uri == uri => fetched.outcome,
            _ => (self.fetch)(uri),
        };
        if let Ok(request) = http::Request::get(uri).body(Vec::new()) {
            let noted = match &outcome {
                Ok(response) => response.status().as_u16().to_string(),
                Err(reason) => reason.clone(),
            };
            self.note_in_journal(&request, &noted);
        }
        outcome
            .and_then(jwt)
            .map_err(|reason| refused(format!("no request object at {uri}: {reason}")))
    }
}

/// Checks that the client is allowed to host a request object at this URL.
pub(super) fn check_uri(uri: &str, client: &RegisteredClient) -> Result<(), &'static str> {
    let names_its_port = |rest: &str| rest.split('/').next().is_some_and(|it| it.ends_with(":443"));
    // Plain HTTP is only allowed if the client has registered it, for example on loopback.
    let is_plain = uri.starts_with("http://");
    if !is_plain && !uri.strip_prefix("https://").is_some_and(names_its_port) {
        return Err("a request_uri must begin with https:// and include the port :443");
    }
    let origin = |uri: &str| Url::parse(uri).map(|url| url.origin());
    // Compare the origins too, because `https://rp.example` is also a prefix of
    // `https://rp.example.net`.
    let covers = |registered: &String| {
        uri.starts_with(registered) && origin(uri).is_ok() && origin(uri) == origin(registered)
    };
    match client.request_uris.iter().any(covers) {
        true => Ok(()),
        false => Err("this request_uri is not registered"),
    }
}

/// Extracts the JWT from a response.
fn jwt(response: Response) -> Result<String, String> {
    if response.status() != http::StatusCode::OK {
        return Err(format!("the status is {}, expected 200", response.status().as_u16()));
    }
    let media_type = response.headers().get(header::CONTENT_TYPE);
    let media_type = media_type.map_or("", |value| value.to_str().unwrap_or_default());
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !MEDIA_TYPES.iter().any(|known| essence.eq_ignore_ascii_case(known)) {
        let expected = MEDIA_TYPES[0];
        return Err(format!("the media type is {media_type:?}, expected {expected:?}"));
    }
    match str::from_utf8(response.body()) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(_) => Err("the body is not a JWT".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_begins_like_a_registered_one_can_be_another_host() {
        let client = RegisteredClient::new("A", "{}").request_uri("https://rp.example:443");
        for (uri, is_covered) in [
            ("https://rp.example:443/r", true),
            ("https://rp.example:4430/r:443", false),
            ("https://rp.example:443@evil.example:443/r", false),
            ("http://rp.example:443/r", false),
        ] {
            assert_eq!(check_uri(uri, &client).is_ok(), is_covered, "{uri}");
        }
    }
}
