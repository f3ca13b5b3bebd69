//! Pings, with which itsme reports that a user has answered.

use std::time::{Duration, Instant};

use itsme_core::Settings;
use itsme_reqwest::axum::InMemory;
use itsme_testkit::{Browser, Person, Reaction};

use crate::{
    qr::{asked, scan},
    site::Site,
};

/// Starts a site in ping mode. Its user is being asked in the app, and the next poll is due in five
/// minutes.
fn waiting() -> (Site, Browser) {
    let site = Site::with(Settings::ping, |logins| logins.keep_in(InMemory::new()));
    site.itsme.op().ping_at("https://rp.example/itsme/ping");
    let mut browser = site.browser();
    browser.submit("/itsme/qr", &[]).expect("a page");
    scan(&site.itsme, &Person::daan());
    browser.open("/itsme/qr").expect("a page");
    let later = http::Response::builder().status(429).header("retry-after", "300").body(Vec::new());
    site.itsme.op().react("/token", Reaction::Reply(later.expect("a response")));
    let page = browser.open("/itsme/qr").expect("a page");
    assert!(page.text.contains("Look at your phone"), "{}", page.text);
    (site, browser)
}

/// Sends a ping to the application and returns the status.
fn deliver(site: &Site, request: http::Request<Vec<u8>>) -> u16 {
    let (mut parts, body) = request.into_parts();
    parts.uri = "/itsme/ping".parse().expect("a path");
    let request = http::Request::from_parts(parts, body);
    site.browser().send(request).expect("an answer").status().as_u16()
}

#[test]
fn a_ping_has_it_polled_at_once() {
    let (site, mut browser) = waiting();
    let asked = asked(&site.itsme);
    site.itsme.op().approve_backchannel(&asked);
    let ping = site.itsme.op().pings().remove(0);
    assert_eq!(deliver(&site, ping.clone()), 204);
    let begun = Instant::now();
    assert_eq!(browser.open("/itsme/qr").expect("a page").text, "home");
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    assert_eq!(site.names(), ["Daan"]);
    assert_eq!(deliver(&site, ping), 404, "the ping works only once");
}

#[test]
fn a_stranger_uses_nothing_up() {
    let (site, mut browser) = waiting();
    let asked = asked(&site.itsme);
    site.itsme.op().approve_backchannel(&asked);
    let ping = site.itsme.op().pings().remove(0);
    let with = |name: &'static str, value: &str| {
        let mut forged = ping.clone();
        forged.headers_mut().insert(name, value.parse().expect("a value"));
        forged
    };
    assert_eq!(deliver(&site, with("authorization", "Bearer guessed")), 401);
    assert_eq!(deliver(&site, with("content-type", "text/plain")), 415);
    let mut unknown = ping.clone();
    *unknown.body_mut() = br#"{"auth_req_id":"another"}"#.to_vec();
    assert_eq!(deliver(&site, unknown), 404);
    for length in [5_000, 20_000] {
        let mut long = ping.clone();
        *long.body_mut() = vec![b' '; length];
        assert_eq!(deliver(&site, long), 413, "{length}");
    }
    let mut looked_at = ping.clone();
    *looked_at.method_mut() = http::Method::GET;
    assert_eq!(deliver(&site, looked_at), 405);

    assert_eq!(deliver(&site, ping.clone()), 204);
    assert_eq!(browser.open("/itsme/qr").expect("a page").text, "home");
    assert_eq!(site.names(), ["Daan"]);
}
