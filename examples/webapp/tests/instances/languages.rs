//! People read the shop in their own language.

use itsme_testkit::{Browser, Clock, Server};

use crate::{
    fleet::Fleet,
    visit::{Visit as _, parameter},
};

#[test]
fn a_page_is_in_the_language_that_was_chosen_or_that_the_browser_prefers() {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    let app = Fleet::new("languages", &op).start();
    for (accepted, heading, language) in [
        ("nl-BE,nl;q=0.9,en;q=0.8", "Welkom", "nl"),
        ("fr", "Bienvenue", "fr"),
        ("pl, de;q=0.5, fr;q=0.4", "Willkommen", "de"),
        ("en;q=0.1, fr;q=0.9", "Bienvenue", "fr"),
        ("pl", "Welcome", "en"),
        ("*", "Welcome", "en"),
        (";;q=,", "Welcome", "en"),
    ] {
        let mut browser = Browser::new(&app.address);
        let accepts = [("Accept-Language", accepted)];
        let page = browser.ask("GET", &app, "/", &accepts);
        assert_eq!(page.heading(), heading, "{accepted}");
        let to_itsme = browser.ask("GET", &app, "/itsme/login", &accepts).location();
        assert_eq!(parameter(&to_itsme, "ui_locales"), language, "{accepted}");
    }
    let mut browser = Browser::new(&app.address);
    let page = browser.submit("/language", &[("language", "de")]).expect("a page");
    assert!(page.text.contains("<html lang=\"de\">") && page.text.contains("Willkommen"));
    let page = browser.ask("GET", &app, "/nope", &[("Accept-Language", "nl")]);
    assert_eq!((page.status, page.heading()), (404, "Seite nicht gefunden"));
    let to_itsme = browser.get(&app, "/itsme/login").location();
    assert_eq!(parameter(&to_itsme, "ui_locales"), "de");
    // An unknown language changes nothing.
    let page = browser.submit("/language", &[("language", "xx")]).expect("a page");
    assert!(page.text.contains("Willkommen"), "{}", page.text);
}
