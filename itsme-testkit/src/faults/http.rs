//! Responses that do not come from the OP, or that differ from what it sent.

use http::{HeaderValue, StatusCode, header};
use itsme_core::Response;

use super::{Area, ENDPOINTS, Fault, Outcome};

pub(super) fn faults() -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, endpoint) in ENDPOINTS {
        for status in [
            201, 202, 203, 204, 206, 300, 301, 302, 303, 304, 305, 306, 307, 308, 400, 401, 403,
            404, 405, 429, 500, 502, 503,
        ] {
            faults.push(with_status(path, endpoint, status));
        }
        for (what, change, outcome) in changes(endpoint) {
            faults.push(Fault::new(
                Area::Http,
                format!("{endpoint}: {what}"),
                outcome,
                move |op| {
                    op.tamper(path, change);
                },
            ));
        }
    }
    for (what, challenge) in [
        ("a challenge", r#"Bearer realm="itsme", error="invalid_token""#),
        ("a bare challenge", "Bearer"),
    ] {
        let name = format!("Userinfo: status 401 with {what}");
        faults.push(Fault::new(Area::Http, name, "Refused(InvalidToken)", move |op| {
            op.tamper("/userinfo", move |response| {
                *response.status_mut() = StatusCode::UNAUTHORIZED;
                let challenge = HeaderValue::from_static(challenge);
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
                response.body_mut().clear();
            });
        }));
    }
    for (what, wrap) in [
        ("a JSON string", (|token| format!("\"{token}\"")) as fn(&str) -> String),
        ("a JSON string with white space in and around it", |token| format!(" \"{token}\\n\" \n")),
    ] {
        let name = format!("Userinfo: the token is {what}");
        faults.push(Fault::new(Area::Http, name, Outcome::LoggedIn, move |op| {
            op.tamper("/userinfo", move |response| {
                let token = String::from_utf8_lossy(response.body()).into_owned();
                *response.body_mut() = wrap(&token).into_bytes();
            });
        }));
    }
    faults
}

/// Sends a correct body with the wrong status.
fn with_status(path: &'static str, endpoint: &str, status: u16) -> Fault {
    let body = if matches!(status, 204 | 304) { "no body" } else { "a good body" };
    let name = format!("{endpoint}: status {status} with {body}");
    let outcome = format!("UnexpectedReply({endpoint}, {status})");
    Fault::new(Area::Http, name, outcome, move |op| {
        let elsewhere = format!("{}/elsewhere", super::elsewhere(op.issuer()));
        let elsewhere = HeaderValue::try_from(elsewhere).expect("a URL is a header value");
        op.tamper(path, move |response| {
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            if (300..400).contains(&status) {
                response.headers_mut().insert(header::LOCATION, elsewhere.clone());
            }
            if matches!(status, 204 | 304) {
                response.body_mut().clear();
            }
        });
    })
}

type Change = fn(&mut Response);

fn changes(endpoint: &str) -> Vec<(&'static str, Change, Outcome)> {
    let malformed = |what: &str| Outcome::from(format!("Malformed({endpoint}, {what})"));
    let token = |what: &str| Outcome::from(format!("Userinfo(Malformed {{ what: {what:?} }})"));
    let unexpected = || Outcome::from(format!("UnexpectedReply({endpoint}, 200)"));
    let five_parts = || token("an encrypted token must have five parts");
    let not_json = match endpoint {
        "KeySet" => malformed("it is not JSON"),
        "Userinfo" => five_parts(),
        _ => unexpected(),
    };
    let refused = |status: &str| match endpoint {
        "KeySet" if status == "200" => malformed("it has no `keys` array"),
        "KeySet" => Outcome::from(format!("UnexpectedReply({endpoint}, {status})")),
        _ => "Refused(ServerError)".into(),
    };
    let no_object = |what: &str| match endpoint {
        "Userinfo" => five_parts(),
        _ => malformed(what),
    };
    let not_text = match endpoint {
        "Userinfo" => malformed("it is not text"),
        _ => not_json.clone(),
    };
    let bad_part = match endpoint {
        "Userinfo" => token("a part is not base64url"),
        _ => not_json.clone(),
    };
    vec![
        ("status 200 with an error body", |r| error(r, 200), refused("200")),
        ("status 500 with an error body", |r| error(r, 500), refused("500")),
        ("status 200 with a page", |r| page(r, 200), not_json.clone()),
        (
            "status 503 with a page",
            |r| page(r, 503),
            format!("UnexpectedReply({endpoint}, 503)").into(),
        ),
        ("an empty body", |r| r.body_mut().clear(), no_object("the JSON is truncated")),
        ("bytes that are not text", |r| *r.body_mut() = vec![0xff; 9], not_text),
        (
            "a list in place of an object",
            |r| body(r, "[1]"),
            no_object("it is JSON, but not an object"),
        ),
        (
            "a body cut in the middle that says it is whole",
            cut,
            match endpoint {
                "Userinfo" => five_parts(),
                _ => malformed("the JSON is truncated"),
            },
        ),
        ("something after the body", |r| r.body_mut().push(b'}'), bad_part),
        (
            "100,000 brackets",
            |r| body(r, &"[".repeat(100_000)),
            match endpoint {
                "Userinfo" => "Userinfo(TooLarge { limit: 65536 })".into(),
                _ => malformed("it is JSON, but not an object"),
            },
        ),
        ("white space around the body", |r| around(r, "\r\n\t "), Outcome::LoggedIn),
        (
            "a byte order mark before the body",
            |r| drop(r.body_mut().splice(0..0, *b"\xef\xbb\xbf")),
            Outcome::LoggedIn,
        ),
        ("a wrong media type", |r| media_type(r, "text/plain"), Outcome::LoggedIn),
        (
            "no media type",
            |r| drop(r.headers_mut().remove(header::CONTENT_TYPE)),
            Outcome::LoggedIn,
        ),
        ("said to be compressed, and is not", |r| encoding(r), Outcome::LoggedIn),
        (
            "a compressed bomb",
            bomb,
            match endpoint {
                "Userinfo" => malformed("it is not text"),
                _ => not_json,
            },
        ),
    ]
}

fn body(response: &mut Response, text: &str) {
    *response.body_mut() = text.as_bytes().to_vec();
}

fn around(response: &mut Response, space: &str) {
    response.body_mut().splice(0..0, space.bytes());
    response.body_mut().extend(space.bytes());
}

fn media_type(response: &mut Response, media_type: &'static str) {
    let value = HeaderValue::from_static(media_type);
    response.headers_mut().insert(header::CONTENT_TYPE, value);
}

fn error(response: &mut Response, status: u16) {
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    media_type(response, "application/json");
    body(response, r#"{"error":"server_error","detail":"the lights are out"}"#);
}

fn page(response: &mut Response, status: u16) {
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    media_type(response, "text/html");
    body(response, "<!DOCTYPE html><title>Maintenance</title>");
}

fn cut(response: &mut Response) {
    let half = response.body().len() / 2;
    // Cut within the first part of a token, or inside an object.
    response.body_mut().truncate(half.min(90));
}

fn encoding(response: &mut Response) {
    let gzip = HeaderValue::from_static("gzip");
    response.headers_mut().insert(header::CONTENT_ENCODING, gzip);
}

fn bomb(response: &mut Response) {
    encoding(response);
    *response.body_mut() = super::BOMB.to_vec();
}
