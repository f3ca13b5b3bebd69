//! Unusable responses from the OP: each ends in an error that names it, and nothing of it is
//! kept.

mod common;

use std::time::Duration;

use common::{DISCOVERY, KEYS, Scene, TOKEN, USERINFO, flow_error, id_token_error, userinfo_error};
use itsme_core::{
    AuthorizationRequest, Endpoint, Error, ErrorCode, JoseError, MAX_RESPONSE_BYTES, MetadataError,
    Response, Scope, TokenError, UrlError,
};
use itsme_testkit::{Document, Reaction, SERVICE};
use serde_json::{Value, json};

fn reply(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Reaction {
    let response = http::Response::builder().status(status).header("content-type", media_type);
    Reaction::Reply(response.body(body.into()).expect("a response"))
}

const JSON: &str = "application/json";
const HTML: &str = "text/html";
const PAGE: &str = "<!DOCTYPE html><h1>Sorry</h1>";

/// How a cold login ends when `path` responds like this.
fn login_error(path: &str, reaction: Reaction) -> (Error, Scene) {
    let mut scene = Scene::new();
    scene.play(scene.client.refresh()).expect("the OP answers");
    scene.op.forget_asked();
    scene.op.react(path, reaction);
    let result = scene
        .log_in_for(AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo());
    (flow_error(result), scene)
}

fn discovery_error(
    change: impl FnMut(&mut serde_json::Map<String, Value>) + Send + 'static,
) -> Error {
    let mut scene = Scene::new();
    scene.op.alter(Document::Discovery, change);
    let error =
        flow_error(scene.play(scene.client.authorize(AuthorizationRequest::login(SERVICE))));
    assert_eq!(scene.op.asked(), [DISCOVERY], "nothing else is requested");
    assert!(scene.client.provider().is_none(), "no partial result is stored");
    error
}

/// JSON is never quoted, because it could contain personal data; not even after a byte order
/// mark.
#[test]
fn json_of_another_status_is_not_quoted() {
    for start in ["", "\u{feff}", " \n", "\u{feff}\r\n "] {
        for body in [r#"{"message":"Ann"}"#, r#"["Ann"]"#, "\"Ann\""] {
            for status in [201, 404, 503] {
                let mut scene = Scene::new();
                let response = http::Response::builder().status(status);
                let response = response.body([start, body].concat().into_bytes());
                scene.op.react("/token", Reaction::Reply(response.expect("a response")));
                let error = flow_error(scene.log_in());
                let Error::UnexpectedReply(reply) = error else { panic!("{error}") };
                assert_eq!((reply.status, reply.excerpt.as_str()), (status, ""));
            }
        }
    }
}

#[test]
fn discovery_of_another_issuer() {
    for other in ["https://evil.example", "https://op.example/v2/", ""] {
        let error = discovery_error(move |document| {
            document.insert("issuer".into(), json!(other));
        });
        let Error::Metadata(MetadataError::ForeignIssuer { expected, found }) = &error else {
            panic!("{error}")
        };
        assert_eq!((expected.as_str(), found.as_str()), ("https://op.example/v2", other));
    }
}

#[test]
fn discovery_without_or_with_bad_endpoints() {
    for member in
        ["issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"]
    {
        for missing in [None, Some(Value::Null), Some(json!(7)), Some(json!(["https://x"]))] {
            let error = discovery_error(move |document| {
                document.remove(member);
                document.extend(missing.clone().map(|value| (member.to_owned(), value)));
            });
            let found =
                matches!(&error, Error::Metadata(MetadataError::Missing(m)) if *m == member);
            assert!(found, "{member}: {error}");
        }
        if member == "issuer" {
            continue;
        }
        for (url, expected) in [
            ("http://op.example/x", UrlError::NotHttps),
            ("http://localhost/x", UrlError::NotHttps),
            ("file:///etc/passwd", UrlError::NotAUrl),
            ("javascript:alert(1)", UrlError::NotAUrl),
            ("/relative", UrlError::NotAUrl),
            ("https://user:pass@op.example/", UrlError::Credentials),
            ("https://op.example/#x", UrlError::Fragment),
            ("https://op.example/a\r\nX: y", UrlError::NotAUrl),
        ] {
            let error = discovery_error(move |document| {
                document.insert(member.to_owned(), json!(url));
            });
            let Error::Metadata(MetadataError::Url { member: found, error: fault }) = &error else {
                panic!("{error}")
            };
            assert_eq!((*found, *fault), (member, expected), "{url}");
        }
    }
}

#[test]
fn discovery_that_is_no_document() {
    for (reaction, expected) in [
        (
            reply(200, HTML, PAGE),
            "the discovery endpoint returned an unexpected response: status 200, text/html, beginning `<!DOCTYPE html><h1>Sorry</h1>`",
        ),
        (
            reply(404, HTML, PAGE),
            "the discovery endpoint returned an unexpected response: status 404, text/html, beginning `<!DOCTYPE html><h1>Sorry</h1>`",
        ),
        (
            reply(200, JSON, "[]"),
            "the discovery endpoint returned an unusable response: it is JSON, but not an object",
        ),
        (
            reply(200, JSON, ""),
            "the discovery endpoint returned an unusable response: the JSON is truncated",
        ),
        (
            reply(200, JSON, r#"{"issuer":"a","issuer":"b"}"#),
            "the discovery endpoint returned an unusable response: a JSON member appears twice",
        ),
        (
            reply(500, JSON, r#"{"error":"server_error","detail":"down"}"#),
            "the OP returned an error: server_error (status 500): down",
        ),
        (
            reply(200, JSON, vec![b' '; MAX_RESPONSE_BYTES + 1]),
            "the discovery endpoint returned an unusable response: it is larger than 1 MiB",
        ),
        (
            reply(200, JSON, vec![b' '; MAX_RESPONSE_BYTES]),
            "the discovery endpoint returned an unusable response: the JSON is truncated",
        ),
    ] {
        let mut scene = Scene::new();
        scene.op.react("/.well-known/openid-configuration", reaction);
        let error =
            flow_error(scene.play(scene.client.authorize(AuthorizationRequest::login(SERVICE))));
        assert_eq!(error.to_string(), expected);
        assert!(scene.client.provider().is_none());
        assert!(scene.log_in().is_ok(), "the next login tries again");
    }
}

#[test]
fn key_sets_that_are_none() {
    for (reaction, expected) in [
        (
            reply(200, HTML, PAGE),
            "the key set endpoint returned an unusable response: it is not JSON",
        ),
        (
            reply(200, JSON, "{}"),
            "the key set endpoint returned an unusable response: it has no `keys` array",
        ),
        (
            reply(200, JSON, r#"{"keys":{}}"#),
            "the key set endpoint returned an unusable response: it has no `keys` array",
        ),
        (
            reply(200, JSON, vec![b' '; 256 * 1024 + 1]),
            "the key set endpoint returned an unusable response: it is larger than 256 KiB",
        ),
        (
            reply(503, HTML, ""),
            "the key set endpoint returned an unexpected response: status 503, text/html",
        ),
    ] {
        let mut scene = Scene::new();
        scene.op.react("/jwkSet", reaction);
        let error =
            flow_error(scene.play(scene.client.authorize(AuthorizationRequest::login(SERVICE))));
        assert_eq!(error.to_string(), expected);
        assert_eq!(scene.op.asked(), [DISCOVERY, KEYS]);
        assert!(scene.client.provider().is_none(), "no partial result is stored");
    }
}

#[test]
fn token_answers_that_are_none() {
    let unexpected = |status, rest: &str| {
        format!("the token endpoint returned an unexpected response: status {status}, {rest}")
    };
    let page = "text/html, beginning `<!DOCTYPE html><h1>Sorry</h1>`";
    let good = r#"{"access_token":"a-very-secret-access-token","token_type":"Bearer","id_token":"eyJhbGciOiJub25lIn0.e30."}"#;
    for (reaction, expected) in [
        (reply(200, HTML, PAGE), unexpected(200, page)),
        (reply(429, HTML, PAGE), unexpected(429, page)),
        (reply(500, HTML, PAGE), unexpected(500, page)),
        (reply(400, JSON, "{}"), unexpected(400, "application/json")),
        (reply(204, JSON, ""), unexpected(204, "application/json")),
        (reply(500, JSON, good), unexpected(500, "application/json")),
        (reply(302, HTML, ""), unexpected(302, "text/html")),
        (
            reply(200, JSON, ""),
            "the token endpoint returned an unusable response: the JSON is truncated".to_owned(),
        ),
        (
            reply(200, JSON, vec![b'{'; 10 * 1024 * 1024]),
            "the token endpoint returned an unusable response: it is larger than 1 MiB".to_owned(),
        ),
        (
            reply(200, JSON, r#"{"error":"invalid_grant"}"#),
            "the OP returned an error: invalid_grant (status 200)".to_owned(),
        ),
    ] {
        let (error, scene) = login_error("/token", reaction);
        assert_eq!(error.to_string(), expected);
        assert_eq!(scene.op.asked(), [TOKEN], "the code is not redeemed again");
    }
}

#[test]
fn token_refusals_keep_the_words_of_the_op() {
    for (status, body, code, description, uid) in [
        (
            400,
            r#"{"error":"invalid_grant","detail":"spent"}"#,
            ErrorCode::InvalidGrant,
            Some("spent"),
            None,
        ),
        (
            401,
            r#"{"error":"invalid_client","error_description":"who?","uid":"u-1"}"#,
            ErrorCode::InvalidClient,
            Some("who?"),
            Some("u-1"),
        ),
        (429, r#"{"error":"slow_down"}"#, ErrorCode::SlowDown, None, None),
        (
            500,
            r#"{"error":"brand_new","detail":"a\r\nb"}"#,
            ErrorCode::Other("brand_new".into()),
            Some("a  b"),
            None,
        ),
        (
            400,
            r#"{"error":"unauthorized_client","error_description":"","detail":"x"}"#,
            ErrorCode::UnauthorizedClient,
            Some("x"),
            None,
        ),
    ] {
        let (error, _) = login_error("/token", reply(status, JSON, body));
        let Error::Refused(refusal) = error else { panic!("{error}") };
        assert_eq!(refusal.code, code);
        assert_eq!(refusal.status, Some(status));
        assert_eq!(refusal.description.as_deref(), description);
        assert_eq!(refusal.uid.as_deref(), uid);
    }
}

#[test]
fn an_id_token_must_be_nested() {
    for (token, expected) in [
        ("eyJhbGciOiJSUzI1NiJ9.e30.AAAA", TokenError::Jose(JoseError::NotEncrypted)),
        (
            "e30",
            TokenError::Jose(JoseError::Malformed {
                what: "an encrypted token must have five parts",
            }),
        ),
        ("a.b.c.d.e", TokenError::Jose(JoseError::Malformed { what: "a header is not base64url" })),
    ] {
        let mut scene = Scene::warm();
        scene.op.alter(Document::TokenAnswer, move |members| {
            members.insert("id_token".into(), json!(token));
        });
        assert_eq!(id_token_error(scene.log_in()), expected);
    }
}

#[test]
fn a_token_is_large_only_where_a_picture_can_be() {
    let mut scene = Scene::warm();
    scene.op.alter(Document::IdToken, |claims| {
        claims.insert("picture".into(), json!("x".repeat(100_000)));
    });
    assert_eq!(
        id_token_error(scene.log_in()),
        TokenError::Jose(JoseError::TooLarge { limit: 64 * 1024 })
    );
    let login = AuthorizationRequest::login(SERVICE).claim(itsme_core::Claim::Picture);
    let who = scene.log_in_for(login).expect("a person");
    assert_eq!(who.user.picture.as_ref().map(String::len), Some(100_000));
}

#[test]
fn userinfo_answers_that_are_none() {
    let (error, scene) = login_error("/userinfo", reply(403, HTML, PAGE));
    assert!(
        matches!(&error, Error::UnexpectedReply(reply)
            if reply.endpoint == Endpoint::Userinfo && reply.status == 403),
        "{error}"
    );
    assert_eq!(scene.op.asked(), [TOKEN, USERINFO]);
    let (error, _) = login_error("/userinfo", reply(200, "application/jwt", [0xff, 0xfe]));
    assert_eq!(
        error.to_string(),
        "the userinfo endpoint returned an unusable response: it is not text"
    );
    let person = reply(500, HTML, "Ann Peeters");
    let (error, _) = login_error("/userinfo", person);
    assert_eq!(
        error.to_string(),
        "the userinfo endpoint returned an unexpected response: status 500, text/html",
        "nothing is quoted, because it could be about the person"
    );
    let (error, _) = login_error("/userinfo", reply(200, JSON, r#"{"sub":"plain JSON"}"#));
    assert!(
        matches!(error, Error::Userinfo(TokenError::Jose(JoseError::Malformed { .. }))),
        "{error}"
    );
    let (error, _) = login_error("/userinfo", reply(200, "application/jwt", "e30.e30.AAAA"));
    assert!(matches!(error, Error::Userinfo(TokenError::Jose(JoseError::NotEncrypted))), "{error}");
}

#[test]
fn userinfo_refusals_are_read_from_the_challenge() {
    let challenge = |value: &str| {
        let response = http::Response::builder().status(401).header("www-authenticate", value);
        Reaction::Reply(response.body(Vec::new()).expect("a response"))
    };
    for (value, code, description) in [
        (
            r#"Bearer realm="x", error="invalid_token", error_description="old""#,
            ErrorCode::InvalidToken,
            Some("old"),
        ),
        (r#"bearer realm="x""#, ErrorCode::InvalidToken, None),
        (
            r#"Bearer error="insufficient_scope""#,
            ErrorCode::Other("insufficient_scope".into()),
            None,
        ),
    ] {
        let (error, _) = login_error("/userinfo", challenge(value));
        let Error::Refused(refusal) = error else { panic!("{error}") };
        assert_eq!((refusal.code, refusal.status), (code, Some(401)));
        assert_eq!(refusal.description.as_deref(), description);
    }
    let (error, _) = login_error("/userinfo", reply(400, JSON, r#"{"error":"invalid_request"}"#));
    let Error::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!((refusal.code, refusal.status), (ErrorCode::InvalidRequest, Some(400)));
    let (error, _) = login_error("/userinfo", challenge("Basic realm=\"proxy\""));
    assert!(matches!(error, Error::UnexpectedReply(_)), "{error}");
}

/// An access token that becomes invalid halfway: an honest OP's own error.
#[test]
fn userinfo_of_an_unknown_access_token_is_refused() {
    let mut scene = Scene::warm();
    scene.op.alter(Document::TokenAnswer, |members| {
        members.insert("access_token".into(), json!("unknown"));
    });
    let error =
        flow_error(scene.log_in_for(
            AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo(),
        ));
    let Error::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!(refusal.code, ErrorCode::InvalidToken);
}

#[test]
fn white_space_and_media_type_of_userinfo_do_not_matter() {
    let mut scene = Scene::warm();
    let login = scene
        .authorize(AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo());
    let callback = scene.op.approve(&login.url, &itsme_testkit::Person::ann());
    let Scene { world, op, client } = &mut scene;
    let spaced = |mut response: Response| {
        response.headers_mut().remove("content-type");
        response.body_mut().splice(0..0, *b" \r\n");
        response.body_mut().push(b'\n');
        response
    };
    let who = itsme_core::drive(
        client.finish_login(login.state, callback),
        world,
        |request| {
            let userinfo = request.uri().path().ends_with("/userinfo");
            let answer = op.handle(request).map_err(|why| (why, why));
            answer.map(|answer| if userinfo { spaced(answer) } else { answer })
        },
        |_: Duration| (),
    );
    assert!(who.expect("a person").user.email.is_some());
}

#[test]
fn userinfo_of_another_person_is_refused() {
    let mut scene = Scene::warm();
    scene.op.alter(Document::Userinfo, |claims| {
        claims.insert("sub".into(), json!("0".repeat(36)));
    });
    let result = scene
        .log_in_for(AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo());
    assert_eq!(userinfo_error(result), TokenError::Subject);
}
