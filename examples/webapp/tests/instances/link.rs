//! A new itsme account opens an account only with a code that does not depend on itsme, and only
//! for the same person.

use std::thread;

use itsme_testkit::{Browser, Clock, Person, Server};

use crate::{
    database::texts,
    fleet::Fleet,
    program::Program,
    visit::{Page, Visit as _},
};

const ASKS: &str = "Link your new itsme account";
const SUPPORT: (u16, &str) = (403, "Please contact us");
const OVER: (u16, &str) = (400, "This code can no longer be used");

/// Ann is logged in, in a browser that anyone could be using.
struct Shop {
    op: Server,
    fleet: Fleet,
    app: Program,
    browser: Browser,
}

impl Shop {
    fn of(person: &Person, name: &str) -> Self {
        let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
        let fleet = Fleet::new(name, &op);
        let app = fleet.start();
        let mut browser = Browser::new(&app.address);
        browser.log_in(&app, &op, person);
        Self { op, fleet, app, browser }
    }

    /// Requests a link, and lets this person approve it.
    fn link(&mut self, approves: &Person) -> Page {
        let to_itsme = self.browser.post(&self.app, "/link").location();
        let callback = self.op.approve(&to_itsme, approves);
        let page = self.browser.back(&self.app, &callback);
        match page.status {
            303 => {
                page.leads_to("/link");
                self.browser.get(&self.app, "/link")
            }
            _ => page,
        }
    }

    /// The heading of the page that a code leads to.
    fn enter(&mut self, code: &str) -> (u16, String) {
        let page = self.browser.submit("/link/confirm", &[("code", code)]).expect("a page");
        let heading = page.text.split("<h1>").nth(1).and_then(|rest| rest.split("</h1>").next());
        (page.status, heading.unwrap_or_default().to_owned())
    }

    fn texts(&self, query: &str) -> Vec<String> {
        texts(self.fleet.database(), query)
    }

    fn letters(&self) -> Vec<String> {
        self.texts("SELECT body FROM outbox ORDER BY sent_at, subject DESC")
    }

    /// The last code that was sent.
    fn code(&self) -> String {
        let codes = self
            .texts("SELECT body FROM outbox WHERE subject LIKE 'Your code%' ORDER BY sent_at DESC");
        codes.first().and_then(|body| body.lines().last()).expect("a code was sent").to_owned()
    }

    fn subs(&self) -> Vec<String> {
        self.texts("SELECT sub FROM account ORDER BY sub")
    }

    fn audit(&self) -> Vec<String> {
        self.texts("SELECT event FROM audit ORDER BY at, event")
    }
}

fn wrong(code: &str) -> String {
    let last = if code.ends_with('0') { '1' } else { '0' };
    format!("{}{last}", &code[..code.len() - 1])
}

#[test]
fn with_the_code_it_is_linked_told_and_ends_other_sessions() {
    let mut shop = Shop::of(&Person::ann(), "link-done");
    let mut elsewhere = Browser::new(&shop.app.address);
    elsewhere.log_in(&shop.app, &shop.op, &Person::ann());
    let account = shop.texts("SELECT id FROM account");

    shop.op.op().recreate_account(&Person::ann());
    let page = shop.link(&Person::ann());
    assert_eq!((page.status, page.heading()), (200, ASKS));
    assert!(
        !page.text.contains("mail.example") && !page.text.contains(&account[0]),
        "{}",
        page.text
    );
    assert_eq!(shop.subs().len(), 1, "nothing has changed yet");
    let (old, code) = (shop.subs(), shop.code());
    assert_eq!(code.len(), 8);
    assert_eq!(shop.enter(&wrong(&code)), (200, ASKS.to_owned()));
    assert_eq!(shop.subs(), old);
    let spaced = format!(" {} {} ", &code[..4], &code[4..]);
    assert_eq!(shop.enter(&spaced), (200, "Your new itsme account is linked".to_owned()));

    assert_eq!(shop.subs(), [shop.op.op().sub_of(&Person::ann())]);
    assert!(shop.browser.get(&shop.app, "/").text.contains("Welcome, Ann"));
    assert!(!elsewhere.get(&shop.app, "/").text.contains("Welcome, Ann"), "it must be logged out");
    assert_eq!(shop.audit(), ["link: code sent", "link: done", "link: wrong code"]);
    assert_eq!(shop.letters().len(), 2);
    let addresses = shop.texts("SELECT DISTINCT email FROM outbox");
    assert_eq!(addresses, ["ann.peeters@mail.example"]);
    // A code works once, and the new itsme account opens the same account.
    assert_eq!(shop.enter(&code), (OVER.0, OVER.1.to_owned()));
    elsewhere.log_in(&shop.app, &shop.op, &Person::ann());
    assert_eq!(shop.texts("SELECT id FROM account"), account);
}

#[test]
fn somebody_else_is_not_linked_whatever_they_know() {
    let mut shop = Shop::of(&Person::ann(), "link-somebody-else");
    let before = shop.subs();
    let page = shop.link(&Person::daan());
    assert_eq!((page.status, page.heading()), SUPPORT);
    assert!(!page.text.contains("Peeters") && !page.text.contains("mail.example"), "{}", page.text);
    assert_eq!(shop.audit(), ["link: refused, different name or date of birth"]);
    // There is no code for someone who reads Ann's mail to enter.
    assert!(shop.letters().is_empty());
    assert_eq!(shop.enter("00000000"), (OVER.0, OVER.1.to_owned()));

    // Someone with the same name, once the shop knows Ann's date of birth; or without a date of
    // birth.
    let to_itsme = shop.browser.post(&shop.app, "/share").location();
    let callback = shop.op.approve(&to_itsme, &Person::ann());
    shop.browser.back(&shop.app, &callback).leads_to("/shared");
    let namesake = Person::new("namesake").with("name", "Ann Peeters");
    for (namesake, outcome) in [
        (namesake.clone().with("birthdate", "1990-01-31"), SUPPORT),
        (namesake.clone(), SUPPORT),
        (Person::new("nameless").with("birthdate", "1987-04-12"), SUPPORT),
        (namesake.clone().with("birthdate", "1987-04-12"), (200, ASKS)),
    ] {
        let page = shop.link(&namesake);
        assert_eq!((page.status, page.heading()), outcome, "{:?}", namesake.claims());
    }
    // Names are written in many ways.
    let page = shop
        .link(&Person::new("shouts").with("name", "ANN  PEETERS ").with("birthdate", "1987-04-12"));
    assert_eq!((page.status, page.heading()), (200, ASKS));
    assert_eq!(shop.subs(), before);
}

#[test]
fn without_a_second_factor_it_is_a_case_for_support() {
    // Daan has given no address, and logging in with the new account adds none.
    let mut shop = Shop::of(&Person::daan(), "link-no-address");
    let before = shop.subs();
    shop.op.op().recreate_account(&Person::daan());
    let page = shop.link(&Person::daan().with("email", "daan@mail.example"));
    assert_eq!((page.status, page.heading()), SUPPORT);
    assert_eq!(shop.audit(), ["link: refused, no second factor"]);
    assert!(shop.letters().is_empty());
    assert_eq!(shop.subs(), before);
}

#[test]
fn a_code_cannot_be_guessed() {
    let mut shop = Shop::of(&Person::ann(), "link-guessed");
    shop.op.op().recreate_account(&Person::ann());
    let before = shop.subs();
    shop.link(&Person::ann());
    let code = shop.code();
    for _ in 0..4 {
        assert_eq!(shop.enter(&wrong(&code)), (200, ASKS.to_owned()));
    }
    // The fifth wrong code is the last, and the page says so.
    assert_eq!(shop.enter(&wrong(&code)), (OVER.0, OVER.1.to_owned()));
    assert_eq!(shop.enter(&code), (OVER.0, OVER.1.to_owned()), "five wrong ones are enough");

    shop.link(&Person::ann());
    let code = shop.code();
    shop.texts("UPDATE link SET expires_at = expires_at - 600 RETURNING id");
    assert_eq!(shop.enter(&code), (OVER.0, OVER.1.to_owned()), "ten minutes are over");

    shop.link(&Person::ann());
    assert_eq!(shop.letters().len(), 3);
    let page = shop.link(&Person::ann());
    assert_eq!((page.status, page.heading()), SUPPORT, "three codes in an hour are enough");
    assert_eq!(shop.letters().len(), 3);
    assert_eq!(shop.subs(), before);
}

#[test]
fn a_code_is_for_the_session_that_has_begun() {
    let mut shop = Shop::of(&Person::ann(), "link-session");
    let mut elsewhere = Browser::new(&shop.app.address);
    elsewhere.log_in(&shop.app, &shop.op, &Person::ann());
    shop.op.op().recreate_account(&Person::ann());
    shop.link(&Person::ann());
    let code = shop.code();
    let page = elsewhere.submit("/link/confirm", &[("code", &code)]).expect("a page");
    assert_eq!(page.status, OVER.0);
    let page = Browser::new(&shop.app.address).submit("/link/confirm", &[("code", &code)]);
    assert_eq!(page.expect("a page").status, 403);
    shop.browser.post(&shop.app, "/link/stop").leads_to("/");
    assert_eq!(shop.enter(&code), (OVER.0, OVER.1.to_owned()), "it was cancelled");
}

#[test]
fn an_itsme_account_opens_one_account() {
    let mut shop = Shop::of(&Person::ann(), "link-elsewhere");
    let page = shop.link(&Person::ann());
    assert_eq!((page.status, page.heading()), (409, "This itsme account is already linked"));
    let mut other = Browser::new(&shop.app.address);
    other.log_in(&shop.app, &shop.op, &Person::daan());
    let page = shop.link(&Person::daan());
    // First of all, the person must be the same.
    assert_eq!((page.status, page.heading()), SUPPORT);

    // An account that is created while the code is on its way.
    shop.op.op().recreate_account(&Person::ann());
    shop.link(&Person::ann());
    other.log_in(&shop.app, &shop.op, &Person::ann());
    let code = shop.code();
    let elsewhere = (409, "There is already an account here for this itsme account".to_owned());
    assert_eq!(shop.enter(&code), elsewhere);
    let page = shop.link(&Person::ann());
    assert_eq!((page.status, page.heading().to_owned()), elsewhere);
    let refused = "link: refused, because it opens another account";
    assert_eq!(shop.audit().iter().filter(|event| *event == refused).count(), 2);

    let page = Browser::new(&shop.app.address).post(&shop.app, "/link");
    assert_eq!((page.status, page.heading()), (403, "You are not logged in"));
    // A link that one account began cannot be finished by another.
    let to_itsme = shop.browser.post(&shop.app, "/link").location();
    shop.browser.log_in(&shop.app, &shop.op, &Person::ioana());
    let callback = shop.op.approve(&to_itsme, &Person::ann());
    let page = shop.browser.back(&shop.app, &callback);
    assert_eq!((page.status, page.heading()), (403, "A different account is logged in"));
}

#[test]
fn however_many_try_at_once_five_codes_are_compared() {
    let mut shop = Shop::of(&Person::ann(), "link-at-once");
    shop.op.op().recreate_account(&Person::ann());
    let before = shop.subs();
    shop.link(&Person::ann());
    let code = shop.code();
    thread::scope(|scope| {
        for _ in 0..20 {
            let (mut browser, wrong) = (shop.browser.clone(), wrong(&code));
            scope.spawn(move || {
                browser.submit("/link/confirm", &[("code", &wrong)]).expect("a page")
            });
        }
    });
    assert_eq!(shop.audit().iter().filter(|event| *event == "link: wrong code").count(), 5);
    assert_eq!(shop.enter(&code), (OVER.0, OVER.1.to_owned()));
    assert_eq!(shop.subs(), before);
}

#[test]
fn however_many_are_asked_for_at_once_three_codes_are_sent() {
    let mut shop = Shop::of(&Person::ann(), "link-sent-at-once");
    shop.op.op().recreate_account(&Person::ann());
    let begin = |_| shop.browser.post(&shop.app, "/link").location();
    let callbacks: Vec<_> =
        (0..6).map(begin).map(|url| shop.op.approve(&url, &Person::ann())).collect();
    thread::scope(|scope| {
        for callback in &callbacks {
            let (mut browser, app) = (shop.browser.clone(), &shop.app);
            scope.spawn(move || browser.back(app, callback));
        }
    });
    assert_eq!(shop.letters().len(), 3);
}
