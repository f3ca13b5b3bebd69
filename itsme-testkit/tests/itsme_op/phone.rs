//! Tests of the simulated phone, in memory.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{Request, header};
use itsme_core::{
    Acr, AuthorizationRequest, Backchannel, BackchannelRequest, Claim, Client, FreeText, Payment,
    Scope, UserDiscovery,
};
use itsme_testkit::{
    CONFIRM_SERVICE, FakeOp, Person, Reaction, RegisteredClient, SERVICE, World, play, private_keys,
};
use url::form_urlencoded;

use crate::page::{Form, Page, click};

const PHONE: &str = "https://op.example/v2/phone";

struct Scene {
    world: World,
    op: FakeOp,
    client: Client,
}

impl Scene {
    fn new() -> Self {
        let world = World::new();
        let op = FakeOp::new(world.clock());
        let client = Client::new(op.settings()).expect("the settings are sound");
        Self { world, op, client }
    }

    fn play<T>(&mut self, flow: itsme_core::Flow<T>) -> T {
        play(flow, &mut self.op, &mut self.world).expect("the flow succeeds")
    }

    fn get(&mut self, url: &str) -> Page {
        let request = Request::get(url).body(Vec::new()).expect("a request");
        Page::of(self.op.handle(request).expect("an answer"))
    }

    fn submit(&mut self, form: Form) -> Page {
        Page::of(self.op.handle(click(PHONE, form)).expect("an answer"))
    }

    /// Submits a form on the phone.
    fn press(&mut self, button: &str, selected: &[(&str, &str)]) {
        let form = self.get(PHONE).form(button, selected);
        assert_eq!(self.submit(form).location(), PHONE);
    }
}

#[test]
fn somebody_scans_and_approves() {
    let mut scene = Scene::new();
    let ticket = scene.play(scene.client.discover_user());
    scene.press("Scan", &[("person", "ioana")]);
    let UserDiscovery::Found(who) = scene.play(scene.client.poll_user_discovery(ticket)) else {
        panic!("Ioana has scanned")
    };
    let login =
        AuthorizationRequest::login(SERVICE).claim(Claim::GivenName.essential()).acr(Acr::Advanced);
    let request = BackchannelRequest::discovered(who, login);
    let ticket = scene.play(scene.client.start_backchannel(request));
    let page = scene.get(PHONE).body;
    for shown in [
        "<strong>Test application</strong>",
        "For Ioana Popescu",
        "<li>your first name<span class=\"tag\">required</span></li>",
        "<dd>TEST_LOGIN</dd>",
        "Advanced: PIN code only",
    ] {
        assert!(page.contains(shown), "no {shown} in {page}");
    }
    scene.press("Approve", &[]);
    let Backchannel::LoggedIn(who) = scene.play(scene.client.poll_backchannel(ticket)) else {
        panic!("Ioana has approved")
    };
    assert_eq!(who.user.given_name.as_deref(), Some("Ioana"));
    assert_eq!(scene.op.pending_backchannel().len(), 0);
}

#[test]
fn what_is_to_be_confirmed_is_shown_and_can_be_refused() {
    let mut scene = Scene::new();
    let ann = scene.op.sub_of(&Person::ann());
    let text = FreeText::new("Order <b>2 & 3</b>?<br>Now.");
    let confirm = AuthorizationRequest::confirm(CONFIRM_SERVICE, text).known_user(&ann);
    let confirm = scene.play(scene.client.authorize(confirm));
    scene.get(&confirm.url);
    let page = scene.get(PHONE);
    let text = "<blockquote>Order <b>2 &amp; 3</b>?<br>Now.</blockquote>";
    assert!(page.body.contains(text), "{}", page.body);
    assert!(
        page.body.contains("<option value=\"ann\" selected>"),
        "the known user holds the phone"
    );
    assert!(page.body.contains("Basic: fingerprint"), "{}", page.body);
    let form = page.form("Refuse", &[("person", "ann")]);
    scene.submit(form.clone());
    let callback = scene.get(&confirm.url).location();
    assert!(callback.contains("error=access_denied"), "{callback}");

    assert_eq!(scene.submit(form).status, 400, "a decision is final");
    assert_eq!(scene.get(&confirm.url).location(), callback);

    let payment = Payment::new("1250", "EUR", "BE68539007547034");
    let confirm =
        scene.play(scene.client.authorize(AuthorizationRequest::confirm(CONFIRM_SERVICE, payment)));
    scene.get(&confirm.url);
    let page = scene.get(PHONE).body;
    assert!(page.contains(">1250 EUR</dd><dt>To</dt><dd>BE68539007547034</dd>"), "{page}");
}

#[test]
fn foreign_texts_stay_texts() {
    let hostile = "</p><script>alert(\"1\")</script>";
    let mut scene = Scene::new();
    scene.op.know(Person::new(hostile).with("name", hostile));
    let client = RegisteredClient::new(hostile, &private_keys().public_jwks())
        .redirect_uri("https://rp.example/cb")
        .service(hostile.replace(' ', ""));
    scene.op.register(client);
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", hostile)
        .append_pair("redirect_uri", "https://rp.example/cb")
        .append_pair("response_type", "code")
        .append_pair("scope", &format!("openid service:{} {hostile}", hostile.replace(' ', "")))
        .append_pair("state", hostile)
        .append_pair("claims", &serde_json::json!({ "userinfo": { hostile: null } }).to_string())
        .finish();
    let sign_in = scene.get(&format!("https://op.example/v2/authorization?{query}"));
    let refused = scene
        .get("https://op.example/v2/authorization?client_id=TEST_CLIENT&redirect_uri=%3Cscript%3E");
    for page in [sign_in, scene.get(PHONE), refused] {
        assert!(page.body.contains("&lt;script&gt;"), "{}", page.body);
        assert!(!page.body.contains("<script"), "{}", page.body);
        assert!(!page.body.contains("\"1\""), "{}", page.body);
    }
}

#[test]
fn pages_run_nothing_and_are_kept_nowhere() {
    let mut scene = Scene::new();
    let login = scene
        .play(scene.client.authorize(AuthorizationRequest::login(SERVICE).scope(Scope::Email)));
    let sign_in = scene.get(&login.url);
    let waiting = sign_in.link("Wait for the phone");
    for page in [sign_in, scene.get(PHONE), scene.get(&waiting)] {
        let header = |name| page.headers.get(name).expect("the header").to_str().expect("ASCII");
        let policy = header(header::CONTENT_SECURITY_POLICY);
        let (_, style) = page.body.split_once("<style>").expect("a style sheet");
        let (style, _) = style.split_once("</style>").expect("its end");
        let style = STANDARD.encode(openssl::sha::sha256(style.as_bytes()));
        let style = format!("style-src 'sha256-{style}'");
        for rule in ["default-src 'none'", "frame-ancestors 'none'", style.as_str()] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!policy.contains("script-src"), "{policy}");
        assert_eq!(header(header::CACHE_CONTROL), "no-store");
        for select in page.body.split("<select id=\"").skip(1) {
            let id = select.split('"').next().unwrap_or_default();
            assert!(page.body.contains(&format!("<label for=\"{id}\">")), "{}", page.body);
        }
    }
}

#[test]
fn what_nobody_waits_for_is_refused() {
    let mut scene = Scene::new();
    scene.play(scene.client.discover_user());
    let form = scene.get(PHONE).form("Scan", &[("person", "ann")]);
    assert_eq!(scene.submit(form.clone()).status, 303);
    assert_eq!(scene.submit(form).status, 400, "the QR code has already been scanned");
    for (kind, decision) in [("login", "approve"), ("request", "deny"), ("", "")] {
        let form = [("kind", kind), ("id", "x"), ("decision", decision), ("person", "ann")];
        let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(scene.submit(form.to_vec()).status, 400, "{kind}");
    }
}

#[test]
fn pages_are_there_whatever_goes_wrong() {
    let mut scene = Scene::new();
    scene.op.react_when(|_| Some(Reaction::Lost));
    assert_eq!(scene.get(PHONE).status, 200);
    assert_eq!(scene.op.asked().len(), 0, "pages are not part of the protocol");
}

#[test]
fn the_newest_request_comes_first_and_an_old_one_can_be_dismissed() {
    let mut scene = Scene::new();
    let ann = scene.op.sub_of(&Person::ann());
    let begin = |scene: &mut Scene, text: &str| {
        let text = FreeText::new(text);
        let confirm = AuthorizationRequest::confirm(CONFIRM_SERVICE, text).known_user(&ann);
        let url = scene.play(scene.client.authorize(confirm)).url;
        scene.get(&url).link("Wait for the phone")
    };
    let first = begin(&mut scene, "the first");
    scene.play(scene.client.discover_user());
    let hint = BackchannelRequest::known_user(&ann, AuthorizationRequest::login(SERVICE));
    scene.play(scene.client.start_backchannel(hint));
    scene.world.advance(Duration::from_secs(180));
    begin(&mut scene, "the last");

    let page = scene.get(PHONE);
    let place =
        |text: &str| page.body.find(text).unwrap_or_else(|| panic!("{text}: {}", page.body));
    assert!(place("just now") < place("3 min ago") && place("the last") < place("the first"));
    assert_eq!(page.body.matches("<section class=\"card old\"").count(), 3, "{}", page.body);

    // Dismiss the cards one at a time, newest first.
    for left in [2, 1, 0] {
        scene.press("Dismiss", &[]);
        let page = scene.get(PHONE).body;
        assert_eq!(page.matches("<section class=\"card old\"").count(), left, "{page}");
    }
    assert!(scene.get(PHONE).body.contains("the last"));
    assert_eq!(
        scene.get(&first).status,
        400,
        "a waiting page must report that its login has ended"
    );
    assert_eq!(scene.op.pending_sessions().len() + scene.op.pending_backchannel().len(), 0);
}

#[test]
fn a_qr_code_opens_its_own_request_alone() {
    let mut scene = Scene::new();
    let mut begin = |text: &str| {
        let confirm = AuthorizationRequest::confirm(CONFIRM_SERVICE, FreeText::new(text));
        let url = scene.play(scene.client.authorize(confirm)).url;
        scene.get(&url).link("Open the simulated phone")
    };
    let (one, other) = (begin("this one"), begin("the other"));
    scene.play(scene.client.discover_user());
    let page = scene.get(&one);
    assert!(page.body.contains("this one") && !page.body.contains("the other"), "{}", page.body);
    assert_eq!(page.body.matches("<section").count(), 1);
    assert_eq!(page.link("All requests"), "phone");
    assert_eq!(scene.submit(page.form("Refuse", &[])).location(), PHONE);
    let page = scene.get(&one);
    assert!(page.body.contains("This request was answered") && !page.refreshes(), "{}", page.body);
    assert!(scene.get(&other).body.contains("the other"));

    let session = scene.op.pending_sessions()[0].to_owned();
    let scanned = format!("https://op.example/v2/scan?code=1&session={session}");
    let page = scene.get(&scanned).location();
    let page = scene.get(&page);
    assert!(page.body.contains("shows a QR code") && page.body.matches("<section").count() == 1);
    assert_eq!(scene.get("https://op.example/v2/scan?session=x").location(), PHONE);
}

#[test]
fn once_it_is_redeemed_the_same_request_is_another_login() {
    let mut scene = Scene::new();
    let login = scene.play(scene.client.authorize(AuthorizationRequest::login(SERVICE)));
    scene.get(&login.url);
    scene.press("Approve", &[("person", "ann")]);
    let callback = scene.get(&login.url).location();
    assert_eq!(scene.get(&login.url).location(), callback, "reloading the page");
    scene.play(scene.client.finish_login(login.state, callback));
    assert_eq!(scene.get(&login.url).status, 200, "the page must be shown again");
}
