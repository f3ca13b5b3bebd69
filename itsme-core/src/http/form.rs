use std::borrow::Cow;

use http::{HeaderValue, header};
use url::form_urlencoded;

use crate::{
    flow::attempt::Attempt,
    http::{Request, endpoint::Endpoint},
};

/// A form to an endpoint whose URL was checked, which answers JSON (RFC 6749, appendix B).
pub(crate) fn post(
    (endpoint, url): (Endpoint, &str),
    parameters: &[(&str, &str)],
    authentication: &[(&str, Cow<'_, str>)],
) -> Request {
    // An assertion has some 2 KB.
    let body = form_urlencoded::Serializer::new(String::with_capacity(4096))
        .extend_pairs(parameters)
        .extend_pairs(authentication)
        .finish();
    http::Request::post(url)
        .extension(Attempt::at(endpoint))
        .header(header::ACCEPT, HeaderValue::from_static("application/json"))
        .header(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
        .body(body.into_bytes())
        .expect("the URL was checked")
}
