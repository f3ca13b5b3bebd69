use http::header;
use url::form_urlencoded;

use crate::{Request, attempt::Attempt, error::Endpoint};

/// A form to an endpoint whose URL was checked, which answers JSON (RFC 6749, appendix B).
pub(crate) fn post(
    (endpoint, url): (Endpoint, &str),
    parameters: &[(&str, &str)],
    authentication: &[(&str, String)],
) -> Request {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .extend_pairs(authentication)
        .finish();
    http::Request::post(url)
        .extension(Attempt::at(endpoint))
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body.into_bytes())
        .expect("the URL was checked")
}
