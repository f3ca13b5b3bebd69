//! The fake itsme by itself, under a name that phones could reach: which login an approval
//! concerns, and its pages in other languages.

use std::{net::TcpListener, thread::sleep, time::Duration};

use itsme_core::{
    AuthorizationRequest, Claim, Client, Payment, Scope, SystemPlatform, UiLocale, drive,
};
use itsme_testkit::{CONFIRM_SERVICE, Clock, FakeOp, SHARE_SERVICE, Server};
use url::form_urlencoded;

use crate::browser::{Browser, HOST, browse};

/// The sandbox's landing page, where the browser comes back to.
const BACK: &str = "A sandbox for itsme";
/// The age at which the phone marks a request as old.
const OLD: Duration = Duration::from_secs(180);

struct Sandbox {
    server: Server,
    clock: Clock,
    issuer: String,
}

impl Sandbox {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let issuer = format!("http://{HOST}:{port}/v2");
        let clock = Clock::adjustable();
        let mut op = FakeOp::with_issuer(&issuer, clock.clone());
        op.keep_journal();
        op.allow_redirect_uri(format!("{issuer}/"));
        let server = Server::serve(listener, op).expect("it listens");
        Self { server, clock, issuer }
    }

    fn phone(&self) -> String {
        format!("{}/phone", self.issuer)
    }

    /// The URL to which an application sends the browser.
    fn request(&self, state: &str) -> String {
        let redirect_uri = format!("{}/", self.issuer);
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("client_id", "TEST_CLIENT"), ("response_type", "code")])
            .extend_pairs([("scope", "openid service:TEST_LOGIN"), ("state", state)])
            .append_pair("redirect_uri", &redirect_uri)
            .finish();
        format!("{}/authorization?{query}", self.issuer)
    }

    /// The page has the same title before and after an answer, so only the OP can tell.
    fn waits_for(&self, logins: usize) -> Option<()> {
        (self.server.op().all_waiting().len() == logins).then_some(())
    }
}

impl Browser {
    /// Begins a login with this state, up to the page that waits for the phone.
    async fn wait_for_phone(&self, sandbox: &Sandbox, state: &str) {
        self.goto(&sandbox.request(state)).await;
        self.arrives_at("Log in").await;
        self.press("Wait for the phone").await;
        self.arrives_at("Waiting for the phone").await;
    }

    /// Waits until the browser is back at the application, logged in.
    async fn comes_back(&self, state: &str) {
        self.arrives_at(BACK).await;
        let url = self.script("return location.href").await;
        let url = url.as_str().unwrap_or_default();
        assert!(url.contains("?code=") && url.ends_with(&format!("&state={state}")), "{url}");
    }
}

#[tokio::test]
async fn an_approval_concerns_the_newest_request() {
    let sandbox = Sandbox::start();
    browse(async |browser| {
        browser.wait_for_phone(&sandbox, "older").await;
        sandbox.clock.set_ahead(OLD);
        let older = browser.new_tab().await;
        browser.wait_for_phone(&sandbox, "newer").await;
        let newer = browser.new_tab().await;
        browser.goto(&sandbox.phone()).await;
        browser.sees("just now").await;
        let text = browser.text().await;
        let (just_now, old) = (text.find("just now"), text.find("3 min ago old"));
        assert!(just_now.is_some() && just_now < old, "{text}");
        browser.examine("itsme-phone-two-logins").await;
        browser.press("Approve").await;
        browser.until("one login that waits", async || sandbox.waits_for(1)).await;
        browser.arrives_at("Phone").await;

        let phone = browser.to_tab(newer).await;
        browser.comes_back("newer").await;
        browser.to_tab(phone).await;
        browser.press_by_keyboard("Dismiss").await;
        browser.sees("Nothing to do").await;
        browser.tab(older).await;
        browser.arrives_at("Request refused").await;
        browser.sees("this login has already ended").await;
        assert_eq!(browser.console().await.len(), 1, "the status of that page");
    })
    .await;
}

#[tokio::test]
async fn an_approval_concerns_what_the_qr_code_names() {
    let sandbox = Sandbox::start();
    browse(async |browser| {
        browser.goto(&sandbox.request("older")).await;
        browser.arrives_at("Log in").await;
        browser.examine("itsme-sign-in-code").await;
        browser.press("Wait for the phone").await;
        browser.arrives_at("Waiting for the phone").await;
        browser.examine("itsme-waiting-code").await;
        let code = browser.qr_code().await;
        assert!(code.starts_with(&format!("{}?login=", sandbox.phone())), "{code}");
        let older = browser.new_tab().await;
        browser.wait_for_phone(&sandbox, "newer").await;
        let newer = browser.new_tab().await;
        browser.goto(&code).await;
        browser.arrives_at("Phone").await;
        browser.examine("itsme-phone-one-login").await;
        let approve = "return [...document.querySelectorAll('button')].filter(it => it.innerText === 'Approve').length";
        assert_eq!(browser.script(approve).await, 1);
        browser.press("Approve").await;
        browser.until("one login that waits", async || sandbox.waits_for(1)).await;
        browser.arrives_at("Phone").await;

        let phone = browser.to_tab(older).await;
        browser.comes_back("older").await;
        browser.to_tab(newer).await;
        browser.arrives_at("Waiting for the phone").await;
        browser.to_tab(phone).await;
        browser.goto(&code).await;
        browser.sees("answered or dismissed, or it has timed out").await;
        browser.examine("itsme-phone-over").await;
    })
    .await;
}

#[tokio::test]
async fn pages_speak_the_languages_of_belgium() {
    let server = Server::start_on_localhost(0, Clock::system()).expect("it listens");
    let client = Client::new(server.settings()).expect("the settings are sound");
    let begin = |request: AuthorizationRequest| {
        let mut op = server.op();
        let send = |request| op.handle(request).map_err(|failure| (failure, failure));
        drive(client.authorize(request), &mut SystemPlatform::new(), send, sleep)
            .expect("a URL")
            .url
    };
    browse(async |browser| {
        for (language, locale, share, confirm) in [
            ("nl", UiLocale::Dutch, "Deel je gegevens", "Bevestigen"),
            ("fr", UiLocale::French, "Partagez vos données", "Confirmer"),
            ("de", UiLocale::German, "Teilen Sie Ihre Daten", "Bestätigen"),
        ] {
            let data = AuthorizationRequest::share_data(SHARE_SERVICE, Claim::Name.essential())
                .claim(Claim::Birthdate)
                .claim(Claim::IdDocumentSn)
                .scope(Scope::Address)
                .ui_locales([locale]);
            browser.goto(&begin(data)).await;
            browser.arrives_at(share).await;
            browser.examine(&format!("itsme-share-{language}")).await;
            let payment = Payment::new("1250", "EUR", "BE68539007547034");
            let payment =
                AuthorizationRequest::confirm(CONFIRM_SERVICE, payment).ui_locales([locale]);
            browser.goto(&begin(payment)).await;
            browser.arrives_at(confirm).await;
            browser.examine(&format!("itsme-confirm-{language}")).await;
        }
        browser.goto(&format!("{}/phone", server.op().issuer())).await;
        browser.arrives_at("Phone").await;
        browser.examine("itsme-phone-many").await;
    })
    .await;
}
