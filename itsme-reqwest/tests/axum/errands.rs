//! Errands: tasks other than a login for which an application sends users to itsme.

use itsme_testkit::Person;

use crate::site::Site;

#[test]
fn an_errand_comes_back_with_its_note_and_what_was_asked() {
    let site = Site::start();
    let mut browser = site.browser();
    let at_itsme = browser.submit("/confirm?order=7&who=%22é", &[]).expect("a redirect");
    let (_, cookie) = browser.cookies().next().expect("a cookie");
    assert!(!cookie.contains("order"), "the cookie is encrypted");
    let page = browser.open(&site.itsme.approve(&at_itsme.url, &Person::ann())).expect("a page");
    assert_eq!(page.text, "orders");
    let arrived = site.seen().remove(0);
    assert_eq!(arrived.note.as_deref(), Some("order=7&who=%22%C3%A9"));
    assert_eq!(arrived.who.user.sub, site.itsme.op().sub_of(&Person::ann()));
    let claims = arrived.claims.expect("a confirmation is requested in the claims");
    assert!(claims.contains("Close your account?"), "{claims}");
    assert!(arrived.who.evidence.asked_claims_sha256().is_some());

    // A login has no note.
    let back = site.begin(&mut browser, "");
    browser.open(&back).expect("a page");
    assert_eq!(site.seen()[1].note, None);
}

#[test]
fn an_errand_that_ends_leads_back() {
    let site = Site::start();
    let mut browser = site.browser();
    let at_itsme = browser.submit("/confirm?order=7", &[]).expect("a redirect");
    let page = browser.open(&site.itsme.deny(&at_itsme.url)).expect("a page");
    assert!(page.text.contains("You cancelled. <a href=\"/orders\">"), "{}", page.text);
    assert!(site.seen().is_empty());
}

#[test]
fn what_is_too_long_for_a_cookie_is_told() {
    let site = Site::start();
    let mut browser = site.browser();
    // The longest accepted cookie must fit in a browser even under its https name, with `__Host-`.
    let mut kept = 0;
    for length in (0..2_000).step_by(50) {
        let mut browser = site.browser();
        let note = "a".repeat(length);
        let page = browser.submit(&format!("/confirm?{note}"), &[]).expect("a page");
        if page.status == 303 {
            let (name, value) = browser.cookies().next().expect("a cookie");
            let size = "__Host-".len() + name.len() + value.len();
            assert!(size <= 4_096, "{length}: {size}");
            kept = length;
            continue;
        }
        assert_eq!((page.status, browser.cookies().count()), (500, 0), "{length}: {}", page.text);
        assert!(page.text.contains("an error on our side"), "{}", page.text);
    }
    assert!((500..1_900).contains(&kept), "{kept}");
    let page = browser.submit(&format!("/confirm?{}", "a".repeat(kept)), &[]);
    let back = site.itsme.approve(&page.expect("a redirect").url, &Person::ann());
    assert_eq!(browser.open(&back).expect("a page").text, "orders");
}
