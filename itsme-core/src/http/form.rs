use http::{HeaderValue, header};
use url::form_urlencoded;

use crate::{
    flow::attempt::Attempt,
    http::{Request, endpoint::Endpoint},
};

/// What in a form authenticates the client (OIDC Core §9).
pub(crate) enum Authentication<'a> {
    /// Nothing: it is in a header.
    Elsewhere,
    Secret {
        client_id: &'a str,
        secret: &'a str,
    },
    Assertion {
        client_id: &'a str,
        jwt: &'a str,
    },
}

/// Behind other parameters, and before the assertion.
const ASSERTION: &str = "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
                         &client_assertion=";

/// A form to an endpoint whose URL was checked, which answers JSON (RFC 6749, appendix B).
pub(crate) fn post(
    (endpoint, url): (Endpoint, &str),
    parameters: &[(&str, &str)],
    authentication: Authentication<'_>,
) -> Request {
    // An assertion has some 2 KB.
    let mut body = form_urlencoded::Serializer::new(String::with_capacity(4096));
    body.extend_pairs(parameters);
    let body = match authentication {
        Authentication::Elsewhere => body.finish(),
        Authentication::Secret { client_id, secret } => {
            body.append_pair("client_id", client_id).append_pair("client_secret", secret).finish()
        }
        // Nothing in a JWT needs escaping.
        Authentication::Assertion { client_id, jwt } => {
            let mut body = body.append_pair("client_id", client_id).finish();
            body.push_str(ASSERTION);
            body.push_str(jwt);
            body
        }
    };
    http::Request::post(url)
        .extension(Attempt::at(endpoint))
        .header(header::ACCEPT, HeaderValue::from_static("application/json"))
        .header(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
        .body(body.into_bytes())
        .expect("the URL was checked")
}
