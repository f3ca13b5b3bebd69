//! Tests of logins by QR code.

use std::{io::Write as _, net::TcpStream, thread, time::Duration};

use axum::response::IntoResponse as _;
use itsme_reqwest::axum::{InMemory, QrPage};
use itsme_testkit::{Browser, Person, Server};

use crate::site::{Site, send};

fn stored() -> Site {
    Site::with(|settings| settings, |logins| logins.keep_in(InMemory::new()))
}

pub fn scan(op: &Server, person: &Person) {
    let session = op.op().pending_sessions().last().map(|session| (*session).to_owned());
    op.op().scan(&session.expect("a QR code is shown"), person);
}

pub fn asked(op: &Server) -> String {
    let asked = op.op().pending_backchannel().first().map(|asked| asked.auth_req_id.clone());
    asked.expect("a user is being asked")
}

fn approve(op: &Server) {
    let asked = asked(op);
    op.op().approve_backchannel(&asked);
}

fn is_code(text: &str) -> bool {
    text.contains("src=\"data:image/png;base64,") && text.contains("action=\"/itsme/qr/stop\"")
}

fn is_asked(text: &str) -> bool {
    text.contains("Look at your phone") && !text.contains("<img")
}

fn open(browser: &mut Browser) -> String {
    browser.open("/itsme/qr").expect("a page").text
}

#[test]
fn somebody_who_scans_the_code_arrives() {
    let site = stored();
    let mut browser = site.browser();
    let page = browser.submit("/itsme/qr?return_to=/orders", &[]).expect("a page");
    assert!(page.url.ends_with("/itsme/qr") && is_code(&page.text), "{}", page.text);
    let (name, value) = browser.cookies().next().expect("a cookie");
    assert!(name == "itsme_qr" && value.len() < 300, "{name}={value}");
    let request = http::Request::get("/itsme/qr").body(Vec::new()).expect("a request");
    let answer = browser.send(request).expect("an answer");
    assert_eq!(answer.headers()["refresh"], "1");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert!(!answer.headers().contains_key("set-cookie"), "a waiting page sets no cookies");

    scan(&site.itsme, &Person::ioana());
    assert!(is_asked(&open(&mut browser)));
    approve(&site.itsme);
    assert_eq!(open(&mut browser), "orders");
    assert_eq!((site.names(), browser.cookies().count()), (vec!["Ioana".to_owned()], 0));
    let arrived = site.seen().remove(0);
    assert!(arrived.claims.is_some_and(|claims| claims.contains("given_name")));
    assert_eq!(arrived.note, None);
    assert_eq!(open(&mut browser), "home", "the login is over");
    assert_eq!(site.names().len(), 1);
}

#[test]
fn two_tabs_poll_as_one_and_one_arrives() {
    let site = stored();
    let mut browser = site.browser();
    browser.submit("/itsme/qr", &[]).expect("a page");
    let both = |browser: &Browser| {
        thread::scope(|scope| {
            let look = || {
                let mut tab = browser.clone();
                scope.spawn(move || open(&mut tab))
            };
            [look(), look()].map(|tab| tab.join().expect("the thread does not panic"))
        })
    };
    let polls = |op: &Server| op.op().asked().iter().filter(|it| **it == "POST /token").count();
    scan(&site.itsme, &Person::daan());
    both(&browser);
    assert!(both(&browser).iter().all(|page| is_asked(page)));
    assert_eq!(site.itsme.op().pending_backchannel().len(), 1, "he is asked only once");
    let before = polls(&site.itsme);
    assert!(both(&browser).iter().all(|page| is_asked(page)));
    assert_eq!(polls(&site.itsme), before + 1, "only one of the two requests polls");
    approve(&site.itsme);
    both(&browser);
    both(&browser);
    assert_eq!(site.names(), ["Daan"]);
}

#[test]
fn what_ended_is_over() {
    let site = stored();
    let mut browser = site.browser();
    assert_eq!(open(&mut browser), "home", "no login was started");
    browser.submit("/itsme/qr", &[]).expect("a page");
    let mut copy = browser.clone();
    assert_eq!(browser.submit("/itsme/qr/stop", &[]).expect("a page").text, "home");
    assert_eq!(browser.cookies().count(), 0);
    assert_eq!(open(&mut copy), "home", "no one can continue it");
    // Logging out ends the login, too.
    browser.submit("/itsme/qr", &[]).expect("a page");
    let mut copy = browser.clone();
    browser.submit("/log-out", &[]).expect("a page");
    assert_eq!((open(&mut copy).as_str(), browser.cookies().count()), ("home", 0));

    browser.submit("/itsme/qr?return_to=/orders", &[]).expect("a page");
    scan(&site.itsme, &Person::daan());
    assert!(is_asked(&open(&mut browser)));
    let asked = asked(&site.itsme);
    site.itsme.op().deny_backchannel(&asked);
    let mut copy = browser.clone();
    let page = open(&mut browser);
    let again = "You cancelled the login. <a href=\"/itsme/login?return_to=%2Forders\">";
    assert!(page.contains(again), "{page}");
    assert_eq!((open(&mut browser).as_str(), open(&mut copy).as_str()), ("home", "home"));
    assert!(site.seen().is_empty());
}

/// Requests the page and disconnects before the response.
fn leave(site: &Site, browser: &Browser) {
    let address = site.origin.trim_start_matches("http://");
    let cookies: Vec<_> =
        browser.cookies().map(|(name, value)| format!("{name}={value}")).collect();
    let cookies = cookies.join("; ");
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(stream, "GET /itsme/qr HTTP/1.1\r\nHost: {address}\r\nCookie: {cookies}\r\n\r\n")
        .expect("it listens");
    thread::sleep(Duration::from_millis(200));
    drop(stream);
    // The poll continues without the browser.
    thread::sleep(Duration::from_millis(1_500));
}

#[test]
fn a_browser_that_goes_away_takes_nothing_with_it() {
    let site = stored();
    let mut browser = site.browser();
    browser.submit("/itsme/qr", &[]).expect("a page");
    scan(&site.itsme, &Person::daan());
    leave(&site, &browser);
    assert_eq!(site.itsme.op().pending_backchannel().len(), 1, "he was asked anyway");
    assert!(is_asked(&open(&mut browser)));
    // The same happens after he has approved: the tokens are fetched with no browser connected.
    approve(&site.itsme);
    leave(&site, &browser);
    assert!(site.seen().is_empty());
    assert_eq!(open(&mut browser), "home");
    assert_eq!(site.names(), ["Daan"]);
}

#[test]
fn forms_come_from_pages_of_this_site() {
    let site = stored();
    let mut browser = site.browser();
    for path in ["/itsme/qr", "/itsme/qr/stop"] {
        let url = format!("{}{path}", site.origin);
        for other in ["cross-site", "same-site"] {
            let answer = send(&mut browser, "POST", &url, ("sec-fetch-site", other));
            assert_eq!(answer, (403, 0), "{path} {other}");
        }
        for own in
            [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "none"), ("accept", "*/*")]
        {
            assert_eq!(send(&mut browser, "POST", &url, own).0, 303, "{path} {own:?}");
        }
    }
    let url = format!("{}/itsme/qr", site.origin);
    browser.submit("/itsme/qr", &[]).expect("a page");
    assert_eq!(send(&mut browser, "GET", &url, ("sec-purpose", "prefetch")), (204, 0));
    // Without a store, these routes do not exist.
    assert_eq!(Site::start().browser().open("/itsme/qr").expect("a page").status, 404);
}

#[test]
fn an_application_makes_its_own_page() {
    let page = |page: &QrPage, headers: &axum::http::HeaderMap| {
        assert!(!format!("{page:?}").contains("base64"));
        let code = page.code.as_deref().map_or("none", |code| &code[..10]);
        format!("{:?} {code} {}", headers.get("accept-language"), page.stop).into_response()
    };
    let site =
        Site::with(|settings| settings, |logins| logins.keep_in(InMemory::new()).qr_page(page));
    let mut browser = site.browser();
    let page = browser.submit("/itsme/qr", &[]).expect("a page");
    assert_eq!(page.text, "None data:image /itsme/qr/stop");
    scan(&site.itsme, &Person::daan());
    assert_eq!(open(&mut browser), "None none /itsme/qr/stop");
}
