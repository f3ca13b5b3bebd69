//! Every page of the shop, in every language.

use itsme_testkit::{Clock, Person, Reaction, Server};
use serde_json::json;

use crate::{
    browser::{Browser, PHONE, browse_in},
    database,
    fleet::Fleet,
    port,
    program::Program,
    texts::{self, Said, Texts},
};

/// All pages: the end of the test fails if one was left out.
const PAGES: [&str; 33] = [
    "account",
    "account-with-data",
    "another-account",
    "another-site",
    "confirmation-cancelled",
    "confirmation-our-fault",
    "confirmation-start-over",
    "confirmation-try-later",
    "link-asks",
    "link-code-wrong",
    "link-done",
    "link-is-over",
    "link-needs-support",
    "linked-already",
    "linked-elsewhere",
    "logged-out",
    "login-cancelled",
    "login-our-fault",
    "login-start-over",
    "login-try-later",
    "no-such-page",
    "outbox",
    "outbox-empty",
    "paid-elsewhere",
    "qr-code",
    "qr-scanned",
    "receipt",
    "shared",
    "shared-lacking",
    "shop",
    "somebody-else",
    "unknown-login",
    "welcome-without-name",
];

struct Tour<'a> {
    browser: &'a Browser,
    texts: &'static Texts,
    language: &'static str,
    op: Server,
    fleet: Fleet,
    shop: Program,
    seen: Vec<&'static str>,
}

impl Tour<'_> {
    /// Waits for the page with this heading, and examines it once.
    async fn sees(&mut self, name: &'static str, heading: &str) {
        self.browser.arrives_at(heading).await;
        let language = self.browser.script("return document.documentElement.lang").await;
        assert_eq!(language, self.language, "{name}");
        let file = format!("tour-{}-{name}", self.language);
        if self.language == "en" {
            self.browser.examine(&file).await;
        } else {
            // Longer texts of this language must fit on a small screen.
            self.browser.examine_on(PHONE, &file).await;
        }
        self.seen.push(name);
    }

    async fn says(&mut self, name: &'static str, said: &Said) {
        self.sees(name, said.heading).await;
        self.browser.sees(said.text).await;
    }

    async fn goto(&self, path: &str) {
        self.browser.goto(&format!("{}{path}", self.shop.address)).await;
    }

    async fn press(&self, label: &str) {
        self.browser.press(label).await;
    }

    /// The URL of the page at itsme.
    async fn at_itsme(&self) -> String {
        let issuer = self.op.op().issuer().to_owned();
        self.browser.is_at(&issuer).await
    }

    async fn approve(&self, person: &Person) {
        let url = self.at_itsme().await;
        let callback = self.op.approve(&url, person);
        self.browser.goto(&callback).await;
    }

    async fn log_in(&self, person: &Person) {
        self.goto("/").await;
        self.goto("/itsme/login").await;
        self.approve(person).await;
    }

    async fn log_out(&self) {
        self.goto("/").await;
        self.press(self.texts.log_out).await;
        self.browser.arrives_at(self.texts.welcome).await;
    }

    fn welcome(&self, name: &str) -> String {
        format!("{}, {name}", self.texts.welcome)
    }

    fn pay(&self) -> String {
        (self.texts.pay)("20")
    }

    /// The four unsuccessful endings, each after `begin`.
    async fn endings(
        &mut self,
        names: [&'static str; 4],
        said: [&'static Said; 4],
        begin: &str,
        again: &str,
    ) {
        let refusals = [
            (400, r#"{"error":"invalid_grant"}"#),
            (503, "<h1>Maintenance</h1>"),
            (400, r#"{"error":"invalid_client"}"#),
        ];
        let [cancelled, failures @ ..] = names;
        let [said_if_cancelled, said_if_failed @ ..] = said;
        self.goto("/").await;
        self.press(begin).await;
        let denied = self.op.deny(&self.at_itsme().await);
        self.browser.goto(&denied).await;
        self.says(cancelled, said_if_cancelled).await;
        for ((name, said), (status, body)) in failures.into_iter().zip(said_if_failed).zip(refusals)
        {
            self.goto("/").await;
            self.press(begin).await;
            self.at_itsme().await;
            let refusal = http::Response::builder().status(status).body(body.into());
            self.op.op().react("/token", Reaction::Reply(refusal.expect("an answer")));
            self.approve(&Person::ann()).await;
            self.says(name, said).await;
            self.browser.sees(self.texts.incident).await;
        }
        self.press(again).await;
    }

    async fn without_a_login(&mut self) {
        let texts = self.texts;
        self.sees("shop", texts.welcome).await;
        self.goto("/outbox").await;
        self.says("outbox-empty", &texts.outbox).await;
        self.goto("/nope").await;
        self.says("no-such-page", &texts.no_such_page).await;
        self.goto("/shared").await;
        self.says("logged-out", &texts.logged_out).await;
        self.goto("/itsme/callback?code=1&state=2").await;
        self.says("unknown-login", &texts.unknown_login).await;
        self.browser.goto("about:blank").await;
        let form = "const form = document.createElement('form'); form.method = 'post';\
                    form.action = arguments_0; document.body.append(form); form.submit()";
        let form = form.replace("arguments_0", &format!("'{}/log-out'", self.shop.address));
        self.browser.script(&form).await;
        self.says("another-site", &texts.another_site).await;

        let login = &texts.login;
        let said = [&login.cancelled, &login.start_over, &login.try_later, &login.our_fault];
        let names = ["login-cancelled", "login-start-over", "login-try-later", "login-our-fault"];
        self.endings(names, said, texts.log_in, texts.log_in_again).await;
        self.approve(&Person::new("nobody")).await;
        self.sees("welcome-without-name", texts.welcome).await;
        self.log_out().await;
    }

    async fn by_qr_code(&mut self) {
        let texts = self.texts;
        self.press(texts.log_in_by_qr).await;
        self.says("qr-code", &texts.scan).await;
        let session = self.op.op().pending_sessions().last().map(|it| (*it).to_owned());
        self.op.op().scan(&session.expect("a code is shown"), &Person::ioana());
        self.says("qr-scanned", &texts.look_at_your_phone).await;
        let asked = self.op.op().pending_backchannel().first().map(|it| it.auth_req_id.clone());
        self.op.op().approve_backchannel(&asked.expect("she is asked"));
        self.browser.arrives_at(&self.welcome("Ioana Popescu")).await;
        self.log_out().await;
    }

    async fn sharing(&mut self) {
        let texts = self.texts;
        self.log_in(&Person::daan()).await;
        self.press(texts.share).await;
        self.approve(&Person::daan()).await;
        self.says("shared-lacking", &texts.shared).await;
        self.browser.sees(texts.itsme_lacks).await;

        self.log_in(&Person::ann()).await;
        self.sees("account", &self.welcome("Ann Peeters")).await;
        self.press(texts.share).await;
        self.approve(&Person::ann()).await;
        self.says("shared", &texts.shared).await;
        self.press(texts.back).await;
        self.sees("account-with-data", &self.welcome("Ann Peeters")).await;
        self.press(texts.share).await;
        self.approve(&Person::daan()).await;
        self.says("somebody-else", &texts.somebody_else).await;

        self.goto("/").await;
        self.press(texts.share).await;
        let of_ann = self.op.approve(&self.at_itsme().await, &Person::ann());
        self.log_in(&Person::ioana()).await;
        self.browser.goto(&of_ann).await;
        self.says("another-account", &texts.another_account).await;
        self.log_in(&Person::ann()).await;
    }

    async fn paying(&mut self) {
        let (texts, pay) = (self.texts, self.pay());
        let said = &texts.errand;
        let said = [&said.cancelled, &said.start_over, &said.try_later, &said.our_fault];
        let names = [
            "confirmation-cancelled",
            "confirmation-start-over",
            "confirmation-try-later",
            "confirmation-our-fault",
        ];
        self.endings(names, said, &pay, texts.back).await;
        self.press(&pay).await;
        self.approve(&Person::ann()).await;
        self.says("receipt", &texts.paid).await;
        self.browser.sees(&(texts.paid_summary)("20 EUR", "BE68539007547034")).await;

        self.goto("/").await;
        self.press(&pay).await;
        self.at_itsme().await;
        let session = json!({ "name": "session", "domain": "127.0.0.1" });
        self.browser.devtools("Network.deleteCookies", session).await;
        self.approve(&Person::ann()).await;
        self.sees("paid-elsewhere", texts.paid.heading).await;
        self.browser.sees(texts.paid_elsewhere).await;
        self.log_in(&Person::ann()).await;
    }

    async fn linking(&mut self) {
        let texts = self.texts;
        // As if Ann had logged in with a new itsme account before linking it.
        let ann_again =
            Person::new("ann-again").with("name", "Ann Peeters").with("birthdate", "1987-04-12");
        self.log_in(&ann_again).await;
        self.log_in(&Person::ann()).await;
        for (name, person, said) in [
            ("linked-already", Person::ann(), &texts.linked_already),
            ("linked-elsewhere", ann_again, &texts.linked_elsewhere),
            ("link-needs-support", Person::new("stranger"), &texts.link_needs_support),
        ] {
            self.goto("/").await;
            self.press(texts.link).await;
            self.approve(&person).await;
            self.says(name, said).await;
        }
        self.goto("/link").await;
        self.says("link-is-over", &texts.link_is_over).await;

        self.op.op().recreate_account(&Person::ann());
        self.goto("/").await;
        self.press(texts.link).await;
        self.approve(&Person::ann()).await;
        self.says("link-asks", &texts.linking).await;
        self.browser.sees(&(texts.linking_whom)("Ann Peeters")).await;
        self.enter("1").await;
        self.browser.sees(texts.wrong_code).await;
        self.says("link-code-wrong", &texts.linking).await;
        let letters = database::texts(self.fleet.database(), "SELECT body FROM outbox");
        let code = letters[0].lines().last().expect("a code").to_owned();
        assert!(letters[0].starts_with(texts.code_letter.body), "{}", letters[0]);
        self.enter(&code).await;
        self.says("link-done", &texts.linked).await;
        self.goto("/outbox").await;
        self.says("outbox", &texts.outbox).await;
        for letter in [&texts.code_letter, &texts.linked_letter] {
            self.browser.sees(letter.subject).await;
            self.browser.sees(letter.body).await;
        }
    }

    async fn enter(&self, code: &str) {
        self.browser.fill(self.texts.code, code).await;
        self.press(self.texts.link_now).await;
    }
}

async fn tour(language: &'static str, texts: &'static Texts) {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    op.op().polling_interval(Some(1));
    let port = port::free();
    let address = format!("http://127.0.0.1:{port}");
    let fleet = Fleet::at(&address, &format!("tour-{language}"), &op);
    let listen = format!("127.0.0.1:{port}");
    let shop = fleet.start_with_options(&["--listen", &listen, "--danger-show-outbox"]);
    browse_in(language, async |browser| {
        browser.goto(&shop.address).await;
        let mut tour = Tour { browser, texts, language, op, fleet, shop, seen: Vec::new() };
        tour.without_a_login().await;
        tour.by_qr_code().await;
        tour.sharing().await;
        tour.paying().await;
        tour.linking().await;
        tour.seen.sort_unstable();
        assert_eq!(tour.seen, PAGES);
        // Error pages have an error status, which the browser logs.
        let said = browser.console().await;
        assert!(
            said.iter().all(|line| line.contains("the server responded with a status of")),
            "{said:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn every_page_in_dutch() {
    tour("nl", &texts::NL).await;
}

#[tokio::test]
async fn every_page_in_french() {
    tour("fr", &texts::FR).await;
}

#[tokio::test]
async fn every_page_in_german() {
    tour("de", &texts::DE).await;
}

#[tokio::test]
async fn every_page_in_english() {
    tour("en", &texts::EN).await;
}
