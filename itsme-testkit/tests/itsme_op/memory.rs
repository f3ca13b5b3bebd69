//! A sandbox runs for weeks: what it remembers has an end.

use std::fs;

use http::{Request, header};
use itsme_testkit::{CLIENT_SECRET, SECRET_CLIENT_ID};
use serde_json::Value;
use url::form_urlencoded;

use crate::sandbox::Sandbox;

const REQUESTS: usize = 100_000;
const REQUESTS_OF_A_LOGIN: usize = 5;
const MOST_GROWTH: u64 = 5 * 1024 * 1024;
const REDIRECT_URI: &str = "http://127.0.0.1:8080/callback";

/// One that everybody sends: metadata, a page, what was clicked on it, and the two requests behind it.
fn log_in(sandbox: &Sandbox, number: usize) {
    let get = |url: &str| sandbox.get(url);
    let metadata = get(&format!("{}/.well-known/openid-configuration", sandbox.issuer));
    assert_eq!(metadata.status, 200);
    let request = form(&[
        ("client_id", SECRET_CLIENT_ID),
        ("response_type", "code"),
        ("scope", "openid service:TEST_LOGIN profile address"),
        ("redirect_uri", REDIRECT_URI),
        ("state", &number.to_string()),
    ]);
    let page = format!("{}/authorization?{request}", sandbox.issuer);
    assert_eq!(get(&page).status, 200);
    let decision = form(&[("request", &request), ("person", "ann"), ("decision", "approve")]);
    let callback = post(sandbox, "authorization", decision);
    let callback = callback.headers()[header::LOCATION].to_str().expect("an address").to_owned();
    let (_, code) = callback.split_once("?code=").expect("a code");
    let redemption = form(&[
        ("grant_type", "authorization_code"),
        ("code", code.split('&').next().unwrap_or_default()),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", SECRET_CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
    ]);
    let tokens = post(sandbox, "token", redemption);
    let tokens: Value = serde_json::from_slice(tokens.body()).expect("JSON");
    let token = tokens["access_token"].as_str().unwrap_or_else(|| panic!("no token in {tokens}"));
    let userinfo = Request::get(format!("{}/userinfo", sandbox.issuer))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Vec::new());
    let userinfo = sandbox.send(userinfo.expect("a request")).expect("an answer");
    assert_eq!(userinfo.status(), 200);
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn post(sandbox: &Sandbox, path: &str, form: String) -> http::Response<Vec<u8>> {
    let request = Request::post(format!("{}/{path}", sandbox.issuer))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form.into_bytes());
    sandbox.send(request.expect("a request")).expect("an answer")
}

/// What the program has in the machine's memory, in bytes.
fn memory(sandbox: &Sandbox) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", sandbox.id())).expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kilobytes * 1024
}

#[test]
fn a_hundred_thousand_requests_leave_little_behind() {
    let sandbox = Sandbox::start(&["--redirect-uri", REDIRECT_URI]);
    // The first login loads what every later one needs.
    log_in(&sandbox, 0);
    let before = memory(&sandbox);
    for number in 1..=REQUESTS / REQUESTS_OF_A_LOGIN {
        log_in(&sandbox, number);
    }
    let growth = memory(&sandbox).saturating_sub(before);
    assert!(growth < MOST_GROWTH, "{growth} bytes more than {before}");
}
