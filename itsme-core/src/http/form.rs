use http::{HeaderValue, Method, header};

use crate::{
    flow::attempt::Attempt,
    http::{Request, endpoint::Endpoint},
};

/// How a form authenticates the client (OIDC Core §9).
pub(crate) enum Authentication<'a> {
    /// The form does not authenticate the client; a header does.
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

/// Goes between other parameters and the assertion.
const ASSERTION: &[u8] =
    b"&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
                         &client_assertion=";

/// Appends parameters whose names need no escaping, either to other parameters or to a URL that ends in `?`.
pub(crate) fn append<'a>(
    text: &mut Vec<u8>,
    parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
) {
    for (name, value) in parameters {
        if !matches!(text.last(), None | Some(b'?')) {
            text.push(b'&');
        }
        text.extend_from_slice(name.as_bytes());
        text.push(b'=');
        escape(value.as_bytes(), text);
    }
}

/// Faster for JSON than `form_urlencoded`, which copies the pieces between escaped characters one by one: in JSON they
/// are short.
fn escape(value: &[u8], text: &mut Vec<u8>) {
    // Most values need no escaping.
    if value.iter().all(|byte| IS_SENT_AS_IT_IS[usize::from(*byte)]) {
        return text.extend_from_slice(value);
    }
    let digit = |value: u8| b"0123456789ABCDEF"[usize::from(value)];
    text.reserve(3 * value.len());
    for byte in value {
        if IS_SENT_AS_IT_IS[usize::from(*byte)] {
            text.push(*byte);
        } else {
            text.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 0xf)]);
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

/// A form for an endpoint whose URL has been checked and which returns JSON (RFC 6749, appendix B).
pub(crate) fn post(
    (endpoint, url): (Endpoint, &str),
    parameters: &[(&str, &str)],
    authentication: Authentication<'_>,
) -> Request {
    // An assertion takes about 2 KB.
    let mut body = Vec::with_capacity(4096);
    append(&mut body, parameters.iter().copied());
    match authentication {
        Authentication::Elsewhere => {}
        Authentication::Secret { client_id, secret } => {
            append(&mut body, [("client_id", client_id), ("client_secret", secret)]);
        }
        // A JWT contains no characters that need escaping.
        Authentication::Assertion { client_id, jwt } => {
            append(&mut body, [("client_id", client_id)]);
            body.extend_from_slice(ASSERTION);
            body.extend_from_slice(jwt.as_bytes());
        }
    }
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = url.parse().expect("the URL was checked");
    request.extensions_mut().insert(Attempt::at(endpoint));
    for (name, value) in [
        (header::ACCEPT, "application/json"),
        (header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
    ] {
        request.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    request
}

#[cfg(test)]
mod tests {
    use url::form_urlencoded;

    use super::*;

    #[test]
    fn every_value_arrives_as_it_is() {
        let values = ["", "plain-._*9", "a b", "a+b", "a&b=c", "100%", "http://x/?y#z", "\u{e9}\0"];
        let mut text = Vec::new();
        append(&mut text, values.map(|value| ("n", value)));
        let read: Vec<_> = form_urlencoded::parse(&text).collect();
        assert_eq!(read, values.map(|value| ("n".into(), value.into())));
    }
}
