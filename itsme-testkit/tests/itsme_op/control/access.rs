//! Tests of who can use the control interface.

use std::{fs, net::TcpListener};

use http::{Method, Request, header};
use serde_json::{Value, json};

use super::Control;
use crate::sandbox::{self, run};

/// Sends a request and returns the status and the error code of the response.
fn ask(
    control: &Control,
    method: Method,
    path: &str,
    headers: &[(header::HeaderName, &str)],
) -> (u16, Value) {
    let url = format!("{}{path}", control.sandbox.issuer);
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let request = request.body(Vec::new()).expect("a request");
    let answer = control.sandbox.send(request).expect("an answer");
    let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    (answer.status().as_u16(), body["error"].clone())
}

#[test]
fn a_foreign_host_sees_no_page_and_controls_nothing() {
    let control = Control::start(&[]);
    let port = control.sandbox.issuer.split([':', '/']).nth(4).expect("a port").to_owned();
    let get = |path: &str, host: &str| ask(&control, Method::GET, path, &[(header::HOST, host)]);
    let own = [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")];
    for host in &own {
        assert_eq!(get("/control/v1/state", host).0, 200, "{host}");
        assert_eq!(get("/phone", host).0, 200, "{host}");
    }
    for host in ["evil.example", &format!("evil.example:{port}"), "127.0.0.1", "127.0.0.1:1"] {
        assert_eq!(get("/control/v1/state", host), (403, json!("foreign_host")), "{host}");
        for path in ["/", "/phone", "/faults", "/journal", "/waiting", "/scan", "/authorization"] {
            assert_eq!(get(path, host).0, 403, "{path} at {host}");
        }
        for path in ["/.well-known/openid-configuration", "/jwkSet"] {
            assert_eq!(get(path, host).0, 200, "{path} at {host}");
        }
    }
}

#[test]
fn a_foreign_page_controls_nothing() {
    let control = Control::start(&[]);
    let json = (header::CONTENT_TYPE, "application/json");
    let own = control.sandbox.issuer.trim_end_matches("/v2").to_owned();
    let by_https = own.replace("http", "https");
    let reset = |headers: &[_]| ask(&control, Method::POST, "/control/v1/reset", headers);
    for origin in
        ["http://evil.example", "null", &by_https, "http://127.0.0.1:1", "http://localhost"]
    {
        let refused = reset(&[json.clone(), (header::ORIGIN, origin)]);
        assert_eq!(refused, (403, json!("foreign_origin")), "{origin}");
    }
    assert_eq!(reset(&[json.clone(), (header::ORIGIN, &own)]).0, 200);
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        let refused = reset(&[(header::CONTENT_TYPE, media_type)]);
        assert_eq!(refused, (415, json!("unsupported_media_type")), "{media_type}");
    }
    assert_eq!(reset(&[]).0, 415);
    assert_eq!(reset(&[(header::CONTENT_TYPE, "Application/JSON; charset=utf-8")]).0, 200);

    let state = "/control/v1/state";
    assert_eq!(ask(&control, Method::POST, state, &[json]), (405, json!("method_not_allowed")));
    assert_eq!(ask(&control, Method::GET, "/control/v1/x", &[]), (404, json!("not_found")));
}

#[test]
fn with_a_token_only_those_who_have_it_control_it() {
    let file = sandbox::directory("token").join("token");
    let path = file.to_str().expect("a path in UTF-8");
    fs::write(&file, "a-token-of-many-letters\n").expect("a file");
    let sandbox = sandbox::Sandbox::start(&["--control-token-file", path]);
    let control = Control { sandbox, document: Value::Null };
    let state = |token: &str| {
        ask(&control, Method::GET, "/control/v1/state", &[(header::AUTHORIZATION, token)])
    };
    assert_eq!(state("Bearer a-token-of-many-letters").0, 200);
    for token in ["", "a-token-of-many-letters", "Bearer ", "Bearer a-token-of-many-letterS"] {
        assert_eq!(state(token), (401, json!("unauthorized")), "{token}");
    }
    let document = ask(&control, Method::GET, "/control/openapi.json", &[]);
    assert_eq!(document, (401, json!("unauthorized")));

    for token in ["short", "", "a token of many letters"] {
        fs::write(&file, token).expect("a file");
        let (code, _, error) = run(&["--listen", "127.0.0.1:0", "--control-token-file", path]);
        assert_eq!(code, Some(1), "{error}");
        assert!(error.contains("at least 16 printable characters"), "{error}");
    }
}

#[test]
fn behind_a_foreign_name_it_must_be_asked_for_with_a_token() {
    let file = sandbox::directory("abroad").join("token");
    let token = file.to_str().expect("a path in UTF-8");
    fs::write(&file, "a-token-of-many-letters").expect("a file");
    let free = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port");
    let place = free.to_string();
    let issuer = format!("http://op.test:{}/v2", free.port());
    let abroad = |more: &[&str]| {
        let sandbox = sandbox::Sandbox::start_at(&place, &[&["--issuer", &issuer], more].concat());
        let host = issuer.split('/').nth(2).expect("a host");
        let request = Request::get(format!("http://{place}/control/v1/state"))
            .header(header::HOST, host)
            .header(header::AUTHORIZATION, "bearer a-token-of-many-letters");
        let answer = sandbox.send(request.body(Vec::new()).expect("a request")).expect("an answer");
        let body: Value = serde_json::from_slice(answer.body()).expect("JSON");
        (answer.status().as_u16(), body["error"].clone(), sandbox.introduction.contains("control"))
    };
    assert_eq!(abroad(&[]), (404, json!("control_is_off"), false));
    assert_eq!(abroad(&["--control", "--control-token-file", token]), (200, Value::Null, true));
    for (given, missing) in [
        (["--control"].as_slice(), "--control requires --control-token-file"),
        (&["--control-token-file", token], "--control-token-file requires --control"),
    ] {
        let listen = ["--listen", "127.0.0.1:0", "--issuer", &issuer];
        let (code, _, error) = run(&[listen.as_slice(), given].concat());
        assert!(code == Some(1) && error.contains(missing), "{error}");
    }
}

#[test]
fn it_is_below_the_server_too_and_the_introduction_says_where() {
    let control = Control::start(&["--json"]);
    let introduction: Value = serde_json::from_str(&control.sandbox.introduction).expect("JSON");
    assert_eq!(introduction["control"], control.url("").trim_end_matches('/'));
    let root = control.sandbox.issuer.trim_end_matches("/v2");
    assert_eq!(control.sandbox.get(&format!("{root}/control/v1/state")).status, 200);
}
