//! Tests when pending logins and sessions end, and what is left of them.

use std::{thread, time::Duration};

use itsme_testkit::{Browser, Person};

use crate::{
    callbacks::Site,
    visit::{Visit as _, path},
};

/// Starts a login and returns the path of its callback.
fn begin(site: &Site<'_>, browser: &mut Browser) -> String {
    let to_itsme = browser.get(site.app, site.login).location();
    path(&site.op.approve(&to_itsme, &Person::ann()))
}

fn is_logged_in(site: &Site<'_>, browser: &mut Browser) -> bool {
    browser.get(site.app, "/").text.contains("Ann")
}

/// Logs a user in to this browser.
#[track_caller]
fn log_in(site: &Site<'_>, browser: &mut Browser) {
    let callback = begin(site, browser);
    browser.get(site.app, &callback).leads_to("/");
    assert!(is_logged_in(site, browser));
}

/// Starts one login too many in a browser.
pub fn the_oldest_is_given_up(site: &Site<'_>, most: usize) {
    let mut browser = Browser::new(&site.app.address);
    log_in(site, &mut browser);
    let callbacks: Vec<_> = (0..=most).map(|_| begin(site, &mut browser)).collect();
    for (place, callback) in callbacks.iter().enumerate() {
        let page = browser.get(site.app, callback);
        assert_eq!(page.status, if place == 0 { 400 } else { 303 }, "login {place}");
    }
}

pub fn a_session_ends_by_log_out(site: &Site<'_>) {
    let mut browser = Browser::new(&site.app.address);
    log_in(site, &mut browser);
    // A GET must not log anyone out.
    assert_eq!(browser.get(site.app, "/log-out").status, 404);
    assert!(is_logged_in(site, &mut browser));
    let mut with_the_old_cookie = browser.clone();
    let pending = begin(site, &mut browser);
    browser.post(site.app, "/log-out").leads_to("/");
    assert!(!browser.has("session") && !browser.has("id"));
    assert!(!is_logged_in(site, &mut browser));
    assert!(!is_logged_in(site, &mut with_the_old_cookie));
    assert_eq!(browser.settle(site.app, &pending).status, 400);

    // Logging out without a session is harmless, and a new login works.
    Browser::new(&site.app.address).post(site.app, "/log-out").leads_to("/");
    with_the_old_cookie.post(site.app, "/log-out").leads_to("/");
    log_in(site, &mut browser);
}

pub fn a_login_gets_a_session_of_its_own(site: &Site<'_>, cookie: &str) {
    let mut browser = Browser::new(&site.app.address);
    let callback = begin(site, &mut browser);
    let mut who_planted_it = browser.clone();
    let page = browser.get(site.app, &callback);
    page.leads_to("/");
    let set = page.set_cookie(cookie);
    for attribute in ["Path=/", "HttpOnly", "Secure", "SameSite=Lax", "Max-Age=28800"] {
        assert!(set.split("; ").any(|it| it == attribute), "{attribute}: {set}");
    }
    assert!(is_logged_in(site, &mut browser));
    assert!(!is_logged_in(site, &mut who_planted_it));
}

pub fn a_cancelled_login_is_used_up(site: &Site<'_>) {
    let mut browser = Browser::new(&site.app.address);
    let to_itsme = browser.get(site.app, site.login).location();
    let callback = path(&site.op.deny(&to_itsme));
    let statuses = [(); 2].map(|()| browser.settle(site.app, &callback).status);
    assert_eq!(statuses, [200, 400]);
}

pub fn a_late_callback_begins_again(site: &Site<'_>) {
    let mut browser = Browser::new(&site.app.address);
    let callback = begin(site, &mut browser);
    thread::sleep(Duration::from_secs(1));
    assert_eq!(browser.settle(site.app, &callback).status, 400);
    assert!(!is_logged_in(site, &mut browser));
}

pub fn a_cookie_stays_small(site: &Site<'_>) {
    let mut browser = Browser::new(&site.app.address);
    log_in(site, &mut browser);
    let sizes = [(); 8].map(|()| {
        let page = browser.get(site.app, site.login);
        page.set_cookie("id").split(';').next().expect("a pair").len()
    });
    // Leave a quarter of the size free, for longer redirect URIs and larger requests.
    assert!(sizes.into_iter().all(|size| size < 3 * 1024), "{sizes:?}");
}
