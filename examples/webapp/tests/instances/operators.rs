//! What supervisors, proxies and Prometheus see.

use std::{
    thread,
    time::{Duration, Instant},
};

use itsme_testkit::{Browser, Clock, Person, Reaction, Server};
use serde_json::{Value, json};

use crate::{
    fleet::Fleet,
    program::Program,
    visit::{Page, Visit as _},
};

/// Longer than a retry takes.
const PATIENCE: Duration = Duration::from_secs(20);

fn ready(app: &Program) -> (u16, Value) {
    let page = Browser::new(&app.address).get(app, "/health/ready");
    (page.status, serde_json::from_str(&page.text).expect("JSON"))
}

fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        match look() {
            Some(seen) => return seen,
            None if begun.elapsed() > PATIENCE => panic!("not seen in {PATIENCE:?}"),
            None => thread::sleep(Duration::from_millis(100)),
        }
    }
}

#[test]
fn it_is_ready_when_itsmes_keys_are_there() {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    let fleet = Fleet::new("ready", &op);
    let issuer = url::Url::parse(op.op().issuer()).expect("a URL");
    drop(op);
    let app = fleet.start();
    let without_keys = json!({ "database": true, "keys": false, "draining": false });
    assert_eq!(ready(&app), (503, without_keys));
    let mut browser = Browser::new(&app.address);
    assert_eq!(browser.get(&app, "/health/live").status, 200);
    assert_eq!(browser.get(&app, "/").status, 200, "what needs no login is served");

    let op = Server::start_on_localhost(issuer.port().expect("a port"), Clock::system());
    let _op = op.expect("the port is free again");
    let seen = until(|| Some(ready(&app)).filter(|(status, _)| *status == 200));
    assert_eq!(seen.1, json!({ "database": true, "keys": true, "draining": false }));
}

#[cfg(unix)]
#[test]
fn it_goes_on_serving_while_the_proxy_finds_out() {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    op.op().polling_interval(Some(4));
    let mut app = Fleet::new("drain", &op).start_with_options(&["--drain", "2"]);
    until(|| (ready(&app).0 == 200).then_some(()));
    // Someone is waiting for their QR code to be scanned.
    let mut browser = Browser::new(&app.address);
    browser.post(&app, "/itsme/qr").leads_to("/itsme/qr");
    let url = format!("{}/itsme/qr", app.address);
    let waiting = thread::spawn(move || {
        browser.send(http::Request::get(url).body(Vec::new()).expect("a request"))
    });
    thread::sleep(Duration::from_millis(500));
    let told = Instant::now();
    app.tell_to_stop();
    let (_, seen) = until(|| Some(ready(&app)).filter(|(status, _)| *status == 503));
    assert_eq!(seen, json!({ "database": true, "keys": true, "draining": true }));
    assert_eq!(Browser::new(&app.address).get(&app, "/").status, 200);
    thread::sleep(Duration::from_millis(2_500).saturating_sub(told.elapsed()));
    let late = std::net::TcpStream::connect(app.address.trim_start_matches("http://"));
    assert!(late.is_err(), "it takes no more connections");
    let page = waiting.join().expect("no panic").expect("what was begun is answered");
    assert_eq!(page.status(), 200);
    assert!(told.elapsed() > Duration::from_millis(2_500), "it was answered after that");
    assert_eq!(app.wait().code(), Some(0));
}

#[test]
fn metrics_count_logins_and_time_requests() {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    let app = Fleet::new("metrics", &op).start_with_options(&["--metrics", "127.0.0.1:0"]);
    let metrics = app.metrics.clone().expect("it says where");
    let mut browser = Browser::new(&app.address);
    browser.log_in(&app, &op, &Person::ann());
    let to_itsme = browser.get(&app, "/itsme/login").location();
    assert_eq!(browser.back(&app, &op.deny(&to_itsme)).heading(), "You cancelled");
    let to_itsme = browser.post(&app, "/share").location();
    assert_eq!(browser.back(&app, &op.approve(&to_itsme, &Person::daan())).status, 403);
    let page = Browser::new(&metrics).open(&metrics).expect("a page").text;
    for expected in [
        "itsme_logins_total{purpose=\"login\",outcome=\"succeeded\"} 1\n",
        "itsme_logins_total{purpose=\"login\",outcome=\"cancelled\"} 1\n",
        "itsme_logins_total{purpose=\"share\",outcome=\"rejected\"} 1\n",
        "itsme_request_seconds_count{endpoint=\"Token\",status=\"200\"} 2\n",
        "itsme_request_seconds_count{endpoint=\"KeySet\",status=\"200\"} 1\n",
        "itsme_keys_age_seconds ",
    ] {
        assert!(page.contains(expected), "no {expected} in {page}");
    }
    // There are none at the address that people use.
    assert_eq!(browser.get(&app, "/metrics").status, 404);
}

#[test]
fn the_number_on_the_page_is_in_the_log() {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    let app = Fleet::new("incidents", &op).start_with_options(&[
        "--log-format",
        "json",
        "--log",
        "trace",
    ]);
    let mut browser = Browser::new(&app.address);
    let to_itsme = browser.get(&app, "/itsme/login").location();
    op.op().react("/token", Reaction::Lost);
    let from_itsme = op.approve(&to_itsme, &Person::ann());
    let pages =
        [browser.get(&app, "/nope"), browser.post(&app, "/share"), browser.back(&app, &from_itsme)];
    let log = app.log();
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for page in pages {
        let incident = incident(&page);
        let logged = lines.iter().find(|line| line["fields"]["incident"] == incident.as_str());
        let logged = logged.unwrap_or_else(|| panic!("{incident} is not in {log}"));
        assert!(!logged["fields"]["message"].as_str().unwrap_or_default().is_empty(), "{logged}");
    }
    assert!(!log.contains("Peeters") && !log.contains("mail.example"), "{log}");
}

fn incident(page: &Page) -> String {
    let (_, rest) = page.text.split_once("Incident number: ").expect("a number");
    rest.split('<').next().unwrap_or_default().to_owned()
}
