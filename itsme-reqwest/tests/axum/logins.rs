//! Logins as a browser sees them.

use std::{collections::HashSet, thread, time::Duration};

use axum::response::IntoResponse as _;
use axum_extra::extract::cookie::{Key, PrivateCookieJar};
use itsme_core::UiLocale;

use crate::site::{Site, send};

#[test]
fn a_person_arrives_where_they_wanted_to_be_and_once() {
    let site = Site::start();
    let mut browser = site.browser();
    let back = site.begin(&mut browser, "?return_to=/orders%3Fa=b");
    let page = browser.open(&back).expect("a page");
    assert_eq!((page.url, page.text.as_str()), (format!("{}/orders?a=b", site.origin), "orders"));
    assert_eq!(site.names(), ["Ann"]);
    assert_eq!(browser.cookies().count(), 0, "the login is used up");
    let page = browser.open(&back).expect("a page");
    assert_eq!(page.status, 400);
    assert!(page.text.contains("<a href=\"/itsme/login\">"), "{}", page.text);
    assert_eq!(site.names(), ["Ann"]);

    let back = site.begin(&mut browser, "?return_to=//evil.example");
    assert_eq!(browser.open(&back).expect("a page").text, "home");
}

#[test]
fn looks_ahead_use_nothing_up() {
    let site = Site::start();
    let mut browser = site.browser();
    let back = site.begin(&mut browser, "");
    for (method, header) in [
        ("GET", ("sec-purpose", "prefetch;prerender")),
        ("GET", ("purpose", "prefetch")),
        ("GET", ("x-purpose", "preview")),
        ("HEAD", ("accept", "*/*")),
    ] {
        assert_eq!(send(&mut browser, method, &back, header), (204, 0), "{method} {header:?}");
        let login = format!("{}/itsme/login", site.origin);
        assert_eq!(send(&mut browser, method, &login, header), (204, 0), "{method} {header:?}");
    }
    browser.open(&back).expect("a page");
    assert_eq!(site.names(), ["Ann"]);
}

#[test]
fn without_cookies_it_is_asked_once_more() {
    let site = Site::start();
    let mut browser = site.browser();
    let back = site.begin(&mut browser, "");
    // Send the request without cookies, as some browsers do when a user comes back from an app.
    let request = http::Request::get(&back).body(Vec::new()).expect("a request");
    let answer = site.browser().send(request).expect("an answer");
    let refresh = answer.headers()["refresh"].to_str().expect("text");
    let query = refresh.strip_prefix("0;url=").expect("an immediate refresh");
    let again = format!("{}/itsme/callback{query}", site.origin);
    assert_eq!(site.browser().open(&again).expect("a page").status, 400, "once");
    // A different cookie from the application, such as its session, does not prove that no cookie
    // was withheld.
    let jar = PrivateCookieJar::new(Key::from(&[7; 64])).add(("session", "Ann"));
    let session = jar.into_response().headers()["set-cookie"].clone();
    let request = http::Request::get(&back).header("cookie", session).body(Vec::new());
    let answer = site.browser().send(request.expect("a request")).expect("an answer");
    assert!(answer.headers().contains_key("refresh"));
    // A browser with its own login in progress gets no second attempt.
    let mut other = site.browser();
    site.begin(&mut other, "");
    assert_eq!(other.open(&back).expect("a page").status, 400);
    assert_eq!(site.names(), [""; 0]);
    assert_eq!(browser.open(&again).expect("a page").text, "home");
    assert_eq!(site.names(), ["Ann"]);
}

#[test]
fn tabs_do_not_meet_and_the_oldest_login_is_given_up() {
    let site = Site::start();
    let mut browser = site.browser();
    let mut backs = Vec::new();
    for _ in 0..8 {
        backs.push(site.begin(&mut browser, ""));
        // The start times used to find the oldest login are in milliseconds.
        thread::sleep(Duration::from_millis(5));
    }
    let names: HashSet<_> = browser.cookies().map(|(name, _)| name.to_owned()).collect();
    assert!(names.len() == 6 && names.iter().all(|name| name.starts_with("itsme-")), "{names:?}");
    for (place, back) in backs.iter().enumerate().rev() {
        let is_kept = place >= 2;
        assert_eq!(browser.open(back).expect("a page").status == 200, is_kept, "{place}");
    }
}

#[test]
fn a_log_out_gives_up_every_login() {
    let site = Site::start();
    let mut browser = site.browser();
    let backs = [site.begin(&mut browser, ""), site.begin(&mut browser, "")];
    assert_eq!(browser.cookies().count(), 2);
    assert_eq!(browser.submit("/log-out", &[]).expect("a page").text, "home");
    assert_eq!(browser.cookies().count(), 0);
    for back in backs {
        assert_eq!(browser.open(&back).expect("a page").status, 400);
    }
}

#[test]
fn a_login_waits_for_as_long_as_the_settings_say() {
    let lifetime = Duration::from_secs(3_600);
    let site = Site::with(|settings| settings.login_lifetime(lifetime), |logins| logins);
    let request = http::Request::get("/itsme/login").body(Vec::new()).expect("a request");
    let answer = site.browser().send(request).expect("an answer");
    let cookie = answer.headers()["set-cookie"].to_str().expect("text");
    assert!(cookie.contains("Max-Age=3600") && cookie.contains("SameSite=Lax"), "{cookie}");
}

#[test]
fn a_cookie_of_another_hand_is_none() {
    let site = Site::start();
    let mut browser = site.browser();
    let back = site.begin(&mut browser, "");
    let (_, state) = back.split_once("state=").expect("a state");
    let forged = format!("itsme-{state}={{\"begun\":0}}");
    let request = http::Request::get(&back).header("cookie", forged).body(Vec::new());
    let answer = site.browser().send(request.expect("a request")).expect("an answer");
    assert!(answer.headers().contains_key("refresh"), "the forged cookie is ignored");
}

#[test]
fn the_keys_are_served() {
    let site = Site::start();
    let page = site.browser().open("/itsme/jwks").expect("a page");
    assert!(page.status == 200 && page.text.contains("\"rp-sig-1\""), "{}", page.text);
    assert!(!page.text.contains("\"d\""), "{}", page.text);
}

#[test]
fn itsme_speaks_the_language_that_the_application_finds() {
    let speaks = |headers: &http::HeaderMap| match headers.get("cookie") {
        Some(cookie) if cookie == "language=de" => UiLocale::German,
        _ => UiLocale::French,
    };
    let site = Site::with(|settings| settings, |logins| logins.ui_locale(speaks));
    let mut browser = site.browser();
    let french = browser.open("/itsme/login").expect("a redirect").url;
    assert!(french.contains("&ui_locales=fr&"), "{french}");
    let mut browser = site.browser();
    browser.set_cookie("language=de; Path=/").expect("a cookie");
    let german = browser.open("/itsme/login").expect("a redirect").url;
    assert!(german.contains("&ui_locales=de&"), "{german}");
}
