//! Logins by QR code, with several tabs and instances at work.

use std::{thread, time::Duration};

use itsme_testkit::{Browser, Clock, Person, Server};

use crate::{fleet::Fleet, visit::Visit as _};

fn sandbox() -> Server {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    op.op().polling_interval(Some(1));
    op
}

fn scan(op: &Server, person: &Person) {
    let session = op.op().pending_sessions().last().map(|session| (*session).to_owned());
    op.op().scan(&session.expect("a code is shown"), person);
}

fn approve(op: &Server) {
    let asked = op.op().pending_backchannel().first().map(|asked| asked.auth_req_id.clone());
    op.op().approve_backchannel(&asked.expect("somebody is asked"));
}

#[test]
fn a_qr_login_goes_on_at_any_instance() {
    let op = sandbox();
    let fleet = Fleet::new("qr", &op);
    let (one, two) = (fleet.start(), fleet.start());
    let mut browser = Browser::new(&one.address);

    browser.post(&one, "/itsme/qr").leads_to("/itsme/qr");
    let page = browser.get(&two, "/itsme/qr");
    assert!(page.text.contains("data:image/png;base64,"), "{}", page.text);
    scan(&op, &Person::ioana());
    assert_eq!(browser.get(&one, "/itsme/qr").heading(), "Look at your phone");
    assert_eq!(browser.get(&two, "/itsme/qr").heading(), "Look at your phone");
    approve(&op);
    browser.get(&one, "/itsme/qr").leads_to("/");
    assert!(browser.get(&two, "/").text.contains("Ioana"));
}

#[test]
fn two_tabs_at_once_do_not_lose_it() {
    let op = sandbox();
    let fleet = Fleet::new("qr-tabs", &op);
    let (one, two) = (fleet.start(), fleet.start());
    let mut browser = Browser::new(&one.address);
    browser.post(&one, "/itsme/qr").leads_to("/itsme/qr");

    let both = |expected: &[&str]| {
        thread::scope(|scope| {
            let look = |app| {
                let mut tab = browser.clone();
                scope.spawn(move || tab.get(app, "/itsme/qr"))
            };
            for tab in [look(&one), look(&two)] {
                let page = tab.join().expect("it does not panic");
                assert!(expected.contains(&page.heading()), "{}", page.text);
            }
        });
    };
    both(&["Scan this code"]);
    scan(&op, &Person::daan());
    both(&["Scan this code", "Look at your phone"]);
    both(&["Look at your phone"]);
    assert_eq!(op.op().pending_backchannel().len(), 1, "he is asked only once");
    let polls = |op: &Server| op.op().asked().iter().filter(|it| **it == "POST /token").count();
    let before = polls(&op);
    both(&["Look at your phone"]);
    assert_eq!(polls(&op), before + 1, "only one of the two polls");
    approve(&op);
    browser.get(&two, "/itsme/qr").leads_to("/");
    assert!(browser.get(&one, "/").text.contains("Welcome, Daan"));
}

#[test]
fn a_page_that_waits_undoes_nothing_in_other_tabs() {
    let op = sandbox();
    let app = Fleet::new("qr-waits", &op).start();
    let mut browser = Browser::new(&app.address);
    browser.log_in(&app, &op, &Person::ann());
    browser.post(&app, "/itsme/qr").leads_to("/itsme/qr");

    let mut waiting = browser.clone();
    let page = thread::scope(|scope| {
        let page = scope.spawn(|| waiting.get(&app, "/itsme/qr"));
        thread::sleep(Duration::from_millis(300));
        browser.post(&app, "/log-out").leads_to("/");
        page.join().expect("it does not panic")
    });
    // Logging out dropped it.
    page.leads_to("/");
    assert!(!page.sets("session"));
    // Neither here nor with the earlier cookies.
    for browser in [&mut browser, &mut waiting] {
        assert!(browser.get(&app, "/").text.contains("Log in with itsme"));
    }
}

#[test]
fn what_ended_is_over() {
    let op = sandbox();
    let app = Fleet::new("qr-over", &op).start();
    let mut browser = Browser::new(&app.address);
    browser.post(&app, "/itsme/qr").leads_to("/itsme/qr");
    browser.post(&app, "/itsme/qr/stop").leads_to("/");
    browser.get(&app, "/itsme/qr").leads_to("/");

    browser.post(&app, "/itsme/qr").leads_to("/itsme/qr");
    scan(&op, &Person::daan());
    assert_eq!(browser.get(&app, "/itsme/qr").heading(), "Look at your phone");
    let asked = op.op().pending_backchannel().first().map(|asked| asked.auth_req_id.clone());
    op.op().deny_backchannel(&asked.expect("he is asked"));
    assert_eq!(browser.get(&app, "/itsme/qr").heading(), "You cancelled");
    browser.get(&app, "/itsme/qr").leads_to("/");

    // A poll that gets no answer is retried.
    browser.post(&app, "/itsme/qr").leads_to("/itsme/qr");
    drop(op);
    assert_eq!(browser.get(&app, "/itsme/qr").heading(), "Scan this code");
}

#[test]
fn a_browser_that_goes_away_takes_nothing_with_it() {
    let op = sandbox();
    let app = Fleet::new("qr-away", &op).start();
    let mut browser = Browser::new(&app.address);
    browser.post(&app, "/itsme/qr").leads_to("/itsme/qr");
    scan(&op, &Person::daan());
    browser.leave(&app, "/itsme/qr", Duration::from_millis(200));
    thread::sleep(Duration::from_millis(1_500));
    assert_eq!(browser.get(&app, "/itsme/qr").heading(), "Look at your phone");
    approve(&op);
    browser.get(&app, "/itsme/qr").leads_to("/");
}
