//! Failures, as shown to the user and in the log.

use std::collections::HashSet;

use axum::{http::HeaderMap, response::IntoResponse as _};
use itsme_reqwest::axum::Problem;
use itsme_testkit::{Browser, Person, Reaction};

use crate::{log::Log, site::Site};

#[test]
fn what_went_wrong_is_told_with_the_way_to_begin_again() {
    let site = Site::start();
    let mut browser = site.browser();
    let at_itsme = browser.open("/itsme/login?return_to=/orders").expect("a redirect");
    let page = browser.open(&site.itsme.deny(&at_itsme.url)).expect("a page");
    assert_eq!(page.status, 200);
    let again = "You cancelled the login. <a href=\"/itsme/login?return_to=%2Forders\">";
    assert!(page.text.contains(again), "{}", page.text);

    // Nothing has been fetched from this OP yet, and every request to it fails.
    let site = Site::start();
    site.itsme.op().react_when(|_| Some(Reaction::Lost));
    let page = site.browser().open("/itsme/login?return_to=/orders").expect("a page");
    assert_eq!(page.status, 503);
    let again = "<a href=\"/itsme/login?return_to=%2Forders\">Try again</a>";
    assert!(page.text.contains(again), "{}", page.text);
}

#[test]
fn an_application_makes_its_own_pages() {
    let page = |problem: &Problem, headers: &HeaderMap| {
        let language = headers["accept-language"].to_str().expect("text");
        let Problem { again, cause, note, .. } = problem;
        let said = format!("{language} {:?} {again} {note:?} {cause}", problem.advice());
        (problem.status(), said).into_response()
    };
    let site = Site::with(|settings| settings, |logins| logins.page(page));
    let mut browser = site.browser();
    let open = |browser: &mut Browser, url: &str| {
        let request = http::Request::get(url).header("accept-language", "nl").body(Vec::new());
        let answer = browser.send(request.expect("a request")).expect("an answer");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        String::from_utf8(answer.into_body()).expect("text")
    };
    let at_itsme = browser.open("/itsme/login?return_to=/orders").expect("a redirect");
    let page = open(&mut browser, &site.itsme.deny(&at_itsme.url));
    let expected =
        "nl Cancelled /itsme/login?return_to=%2Forders None the user declined or cancelled";
    assert!(page.starts_with(expected), "{page}");
    let page = open(&mut browser, "/itsme/callback?code=a&state=b&again");
    let expected = "nl StartOver /itsme/login None this browser has no such login in progress";
    assert_eq!(page, expected);
    let at_itsme = browser.submit("/confirm?order=7", &[]).expect("a redirect");
    let page = open(&mut browser, &site.itsme.deny(&at_itsme.url));
    assert!(page.starts_with("nl Cancelled /orders Some(\"order=7\")"), "{page}");
}

#[test]
fn an_incident_is_found_in_the_log() {
    let log = Log::start();
    let site = Site::start();
    let mut browser = site.browser();
    let mut incidents = Vec::new();
    for status in [400, 503, 500] {
        let page = match status {
            400 => browser.open("/itsme/callback?code=a&state=b&again"),
            500 => browser.submit(&format!("/confirm?{}", "a".repeat(3_000)), &[]),
            _ => {
                let at_itsme = browser.open("/itsme/login").expect("a redirect");
                let back = site.itsme.approve(&at_itsme.url, &Person::ann());
                let body = br#"{"error":"temporarily_unavailable"}"#.to_vec();
                let reply = http::Response::builder().status(400).body(body).expect("a reply");
                site.itsme.op().react("/token", Reaction::Reply(reply));
                browser.open(&back)
            }
        };
        let page = page.expect("a page");
        assert_eq!(page.status, status, "{}", page.text);
        let (_, incident) =
            page.text.split_once("Incident ").expect("the page contains the incident");
        incidents.push((status, incident[..8].to_owned()));
    }
    let log = log.text();
    for (status, incident) in &incidents {
        let line = log.lines().find(|line| line.contains(&format!("incident=\"{incident}\"")));
        let line = line.unwrap_or_else(|| panic!("no log line for {incident}"));
        let level = match status {
            400 => "INFO",
            503 => "WARN",
            _ => "ERROR",
        };
        assert!(line.contains(level) && line.contains("itsme: a login "), "{line}");
    }
    let names: HashSet<_> = incidents.iter().map(|(_, incident)| incident).collect();
    assert_eq!(names.len(), 3, "{incidents:?}");
}
