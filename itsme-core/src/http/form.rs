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

/// Appends parameters whose names need no escaping. Most values need none either, and are copied as a whole.
pub(crate) fn append<'a>(
    text: &mut String,
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
) {
    for (name, value) in parameters {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        if value.bytes().all(|byte| IS_SENT_AS_IT_IS[usize::from(byte)]) {
            text.push_str(value);
        } else {
            text.extend(form_urlencoded::byte_serialize(value.as_bytes()));
        }
    }
}

const IS_SENT_AS_IT_IS: [bool; 256] = {
    let (mut table, mut byte) = ([false; 256], 0u8);
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        byte += 1;
    }
    table
};

/// A form to an endpoint whose URL was checked, which answers JSON (RFC 6749, appendix B).
pub(crate) fn post(
    (endpoint, url): (Endpoint, &str),
    parameters: &[(&str, &str)],
    authentication: Authentication<'_>,
) -> Request {
    // An assertion has some 2 KB.
    let mut body = String::with_capacity(4096);
    append(&mut body, parameters.iter().copied());
    match authentication {
        Authentication::Elsewhere => {}
        Authentication::Secret { client_id, secret } => {
            append(&mut body, [("client_id", client_id), ("client_secret", secret)]);
        }
        // Nothing in a JWT needs escaping.
        Authentication::Assertion { client_id, jwt } => {
            append(&mut body, [("client_id", client_id)]);
            body.push_str(ASSERTION);
            body.push_str(jwt);
        }
    }
    http::Request::post(url)
        .extension(Attempt::at(endpoint))
        .header(header::ACCEPT, HeaderValue::from_static("application/json"))
        .header(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
        .body(body.into_bytes())
        .expect("the URL was checked")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_arrives_as_it_is() {
        let values = ["", "plain-._*9", "a b", "a+b", "a&b=c", "100%", "http://x/?y#z", "\u{e9}\0"];
        let mut text = String::new();
        append(&mut text, values.map(|value| ("n", value)));
        let read: Vec<_> = form_urlencoded::parse(text.as_bytes()).collect();
        assert_eq!(read, values.map(|value| ("n".into(), value.into())));
    }
}
