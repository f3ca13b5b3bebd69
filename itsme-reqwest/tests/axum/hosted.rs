//! Request objects that the application hosts and itsme fetches.

use std::time::Duration;

use itsme_reqwest::axum::InMemory;
use itsme_testkit::{Browser, Person};

use crate::site::Site;

/// The redirect URI that is registered with the fake itsme. Request objects are fetched from the
/// site's real address instead.
const REDIRECT_URI: &str = "https://rp.example/itsme/callback";

fn hosting() -> Site {
    let site = Site::with(
        |settings| settings.redirect_uri(REDIRECT_URI).login_lifetime(Duration::from_secs(600)),
        |logins| logins.keep_in(InMemory::new()).host_requests(),
    );
    let origin = site.origin.clone();
    site.itsme.op().host(move |uri| {
        let path = uri.strip_prefix("https://rp.example:443").expect("the port is written out");
        let request = http::Request::get(path).body(Vec::new()).expect("a request");
        Some(Browser::new(&origin).send(request).expect("an answer"))
    });
    site
}

fn path(callback: &str) -> String {
    callback.strip_prefix("https://rp.example").expect("the redirect URI").to_owned()
}

#[test]
fn itsme_fetches_what_is_asked() {
    let site = hosting();
    let mut browser = site.browser();
    for (errand, place) in [(false, "home"), (true, "orders")] {
        let at_itsme = match errand {
            true => browser.submit("/confirm?order=7", &[]),
            false => browser.open("/itsme/login"),
        };
        let url = at_itsme.expect("a redirect").url;
        assert!(!url.contains("&request=") && !url.contains("claims"), "{url}");
        let (_, uri) = url.split_once("request_uri=").expect("by reference");
        let uri = uri.split('&').next().unwrap_or_default();
        let (_, name) = uri.rsplit_once("request%2F").expect("a name");
        let request = http::Request::get(format!("/itsme/request/{name}"));
        let answer = site.browser().send(request.body(Vec::new()).expect("a request"));
        let answer = answer.expect("an answer");
        let header = |name| answer.headers()[name].to_str().expect("text");
        assert_eq!(
            (answer.status().as_u16(), header("content-type"), header("cache-control")),
            (200, "application/jwt", "no-store")
        );
        let callback = site.itsme.approve(&url, &Person::ann());
        assert_eq!(browser.open(&path(&callback)).expect("a page").text, place);
    }
    assert_eq!(site.names(), ["Ann", ""], "a confirmation requests no name");
    assert_eq!(browser.open("/itsme/request/other").expect("a page").status, 404);
    // No other entry in the store is served there.
    let back = browser.open("/itsme/login").expect("a redirect").url;
    let (_, state) = back.split_once("state=").expect("a state");
    let state = state.split('&').next().unwrap_or_default();
    for name in [state.to_owned(), format!("login:{state}"), format!("..%2Flogin:{state}")] {
        let page = browser.open(&format!("/itsme/request/{name}")).expect("a page");
        assert_eq!(page.status, 404, "{name}");
    }
}

#[test]
#[should_panic(expected = "call keep_in first")]
fn a_store_comes_first() {
    Site::with(|settings| settings, |logins| logins.host_requests());
}
