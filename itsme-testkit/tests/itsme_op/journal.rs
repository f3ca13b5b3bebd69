//! Tests of the journal, which records requests with their tokens, and pings.

use std::time::Duration;

use http::header;
use itsme_core::{
    AuthorizationRequest, BackchannelRequest, Claim, Client, JwtProtection, Scope, UserDiscovery,
};
use itsme_testkit::{FakeOp, Fault, Person, REDIRECT_URI, Reaction, SERVICE, Wire, World, play};

use crate::page::{Form, Page, click};

const JOURNAL: &str = "https://op.example/v2/journal";

struct Scene {
    world: World,
    op: FakeOp,
    client: Client,
}

impl Scene {
    fn new(form: JwtProtection) -> Self {
        let world = World::new();
        let mut op = FakeOp::new(world.clock());
        op.keep_journal();
        let settings = op.settings().client_assertion(form);
        let client = Client::new(settings).expect("the settings are sound");
        Self { world, op, client }
    }

    fn play<T>(&mut self, flow: itsme_core::Flow<T>) -> T {
        play(flow, &mut self.op, &mut self.world).expect("the flow succeeds")
    }

    fn get(&mut self, url: &str) -> Page {
        let request = http::Request::get(url).body(Vec::new()).expect("a request");
        Page::of(self.op.handle(request).expect("an answer"))
    }

    fn submit(&mut self, url: &str, form: Form) -> Page {
        Page::of(self.op.handle(click(url, form)).expect("an answer"))
    }

    /// Returns the journal page of the last request to this path.
    fn last(&mut self, path: &str) -> String {
        let link = self.get(JOURNAL).link(path);
        self.get(&format!("https://op.example/v2/{link}")).body.replace("&quot;", "\"")
    }
}

#[test]
fn assertions_and_login_hints_are_decoded() {
    for (form, shown) in [
        (JwtProtection::Signed, "client_assertion, header (verified)"),
        (JwtProtection::Nested, "client_assertion, header (encrypted, verified)"),
    ] {
        let mut scene = Scene::new(form);
        let ann = scene.op.sub_of(&Person::ann());
        let request = BackchannelRequest::known_user(&ann, AuthorizationRequest::login(SERVICE));
        scene.play(scene.client.start_backchannel(request));
        let page = scene.last("/backchannel/authentication");
        for shown in [
            shown,
            "\"jti\": ",
            "request, header (verified)",
            "login_hint_token, header (verified)",
            "\"type\": \"subject_code\"",
            "outcome: 200",
            "\"auth_req_id\":",
        ] {
            assert!(page.contains(shown), "no {shown} in {page}");
        }
    }
}

#[test]
fn tokens_are_shown_as_they_were_before_they_were_encrypted() {
    let mut scene = Scene::new(JwtProtection::Signed);
    let login = AuthorizationRequest::login(SERVICE)
        .claim(Claim::GivenName)
        .scope(Scope::Email)
        .scopes_by_userinfo();
    let login = scene.play(scene.client.authorize(login));
    let callback = scene.op.approve(&login.url, &Person::ann());
    scene.play(scene.client.finish_login(login.state, callback));
    let page = scene.last("/token");
    assert!(page.contains("answer, claims of IdToken"), "{page}");
    assert!(page.contains("\"given_name\": \"Ann\"") && page.contains("\"nonce\":"), "{page}");
    let page = scene.last("/userinfo");
    assert!(page.contains("\"email\": \"ann.peeters@mail.example\""), "{page}");
    assert!(!page.contains("IdToken"), "{page}");
}

#[test]
fn it_says_why_a_token_is_not_believed() {
    let mut scene = Scene::new(JwtProtection::Signed);
    let url = "https://op.example/v2/authorization?client_id=TEST_CLIENT&request=e30.e30.AA";
    scene.get(url);
    let page = scene.last("/authorization");
    assert!(page.contains("not verified: the signature algorithm is not RS256"), "{page}");
    scene.get(&url.replace("TEST", "NO"));
    let page = scene.last("/authorization");
    assert!(page.contains("not verified: unknown client"), "{page}");
    scene.get(&url.replace("AA", "AA.AA.AA"));
    let page = scene.last("/authorization");
    assert!(page.contains("request, not decrypted"), "{page}");
}

#[test]
fn a_row_says_why_and_leads_to_all_of_its_login() {
    let mut scene = Scene::new(JwtProtection::Signed);
    scene.get("https://op.example/v2/authorization?client_id=NOBODY");
    scene.get(&format!(
        "https://op.example/v2/authorization?client_id=TEST_CLIENT&redirect_uri={REDIRECT_URI}"
    ));
    let journal = scene.get(JOURNAL).body;
    for reason in ["invalid_client_id: ", "unsupported_response_type: response_type must be code"] {
        let shown = format!("<span class=\"reason\">{reason}");
        assert!(journal.contains(&shown), "no {shown} in {journal}");
    }

    // Decide once on the sign-in page, and once on the phone.
    for by_phone in [false, true] {
        let login = AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo();
        let login = scene.play(scene.client.authorize(login));
        let page = scene.get(&login.url);
        let callback = match by_phone {
            false => scene.submit(&login.url, page.form("Approve as Ann Peeters", &[])).location(),
            true => {
                let phone = scene.get("https://op.example/v2/phone");
                let form = phone.form("Approve", &[("person", "ann")]);
                scene.submit("https://op.example/v2/phone", form);
                scene.get(&login.url).location()
            }
        };
        scene.play(scene.client.finish_login(login.state, callback));
        let journal = scene.get(JOURNAL);
        let (_, number) = journal.body.split_once(">login ").expect("a login");
        let number = number.split('<').next().unwrap_or_default();
        let of_login = scene.get(&format!("{JOURNAL}?login={number}"));
        assert!(!of_login.refreshes());
        let requests = of_login.body.matches("<tr><td").count();
        assert_eq!(requests, 4, "page, decision, token and userinfo: {}", of_login.body);
        for path in ["/authorization", "/token", "/userinfo"] {
            of_login.link(path);
        }
        let request = scene.last("/token");
        assert!(request.contains(&format!("href=\"journal?login={number}\"")), "{request}");
        let place = |text: &str| request.find(text).unwrap_or_else(|| panic!("{text}: {request}"));
        assert!(place("answer, claims of IdToken") < place("As sent"), "the raw text comes last");
        assert!(place("As sent") < place(">grant_type<"));
    }
}

#[test]
fn polls_are_one_row() {
    let mut scene = Scene::new(JwtProtection::Signed);
    let mut ticket = scene.play(scene.client.discover_user());
    for _ in 0..5 {
        // In the meantime, a different login makes a request.
        scene.get("https://op.example/v2/nothing");
        ticket = match scene.play(scene.client.poll_user_discovery(ticket)) {
            UserDiscovery::Waiting(ticket) | UserDiscovery::Redraw(ticket) => ticket,
            UserDiscovery::Found(_) => panic!("nobody scans"),
        };
    }
    let session = scene.op.pending_sessions()[0].to_owned();
    scene.op.scan(&session, &Person::ann());
    let UserDiscovery::Found(who) = scene.play(scene.client.poll_user_discovery(ticket)) else {
        panic!("Ann has scanned")
    };
    let login = BackchannelRequest::discovered(who, AuthorizationRequest::login(SERVICE));
    scene.play(scene.client.start_backchannel(login));
    let page = scene.get(JOURNAL).body;
    assert!(page.contains("× 6 since"), "{page}");
    let (_, number) = page.split_once(">login ").expect("a login");
    let number = number.split('<').next().unwrap_or_default();
    let page = scene.get(&format!("{JOURNAL}?login={number}")).body;
    assert_eq!(
        page.matches("<tr><td").count(),
        3,
        "there must be rows for the beginning, the polls and the request: {page}"
    );
}

#[test]
fn it_holds_the_last_200_requests_and_not_its_own_pages() {
    let mut scene = Scene::new(JwtProtection::Signed);
    for number in 0..=200 {
        scene.get(&format!("https://op.example/v2/nothing/{number}?text={}", "x".repeat(10_000)));
    }
    let page = scene.get(JOURNAL);
    assert!(page.refreshes() && page.body.contains("Nothing here is secret"));
    assert_eq!(page.body.matches("<tr><td").count(), 200);
    assert!(page.body.contains("/nothing/200") && !page.body.contains("/nothing/0<"));
    let long = scene.last("/nothing/200");
    assert!(long.contains("(cut)") && long.matches('x').count() < 8_100, "{}", long.len());
    scene.op.react("/nothing", Reaction::Lost);
    let request = http::Request::get("https://op.example/v2/nothing").body(Vec::new());
    scene.op.handle(request.expect("a request")).expect_err("it is lost");
    assert!(scene.last("/nothing").contains("outcome: no answer"));
}

#[test]
fn without_one_there_is_no_page() {
    let mut op = FakeOp::new(World::new().clock());
    let request = http::Request::get(JOURNAL).body(Vec::new()).expect("a request");
    assert_eq!(op.handle(request).expect("an answer").status(), 404);
}

#[test]
fn it_knows_why_a_request_was_refused_and_which_faults_were_active() {
    let mut scene = Scene::new(JwtProtection::Signed);
    let at = |path: &str| format!("https://op.example/v2/{path}");
    let redirect = "client_id=TEST_CLIENT&redirect_uri=https://rp.example/itsme/callback";
    scene.get(&at("jwkSet"));
    scene.get(&at("authorization?client_id=NOBODY"));
    scene.get(&at(&format!("authorization?{redirect}&response_type=token")));
    Fault::named("down").expect("it is in the list").inject(&mut scene.op);
    let down = http::Request::get(at("jwkSet")).body(Vec::new()).expect("a request");
    scene.op.handle(down).expect_err("it is down");
    scene.op.recover();
    scene.get(&at("nothing"));
    scene.get(&at("userinfo"));
    let late = Reaction::Wire(Wire::Late(Duration::from_secs(1)));
    for wire in [late, Reaction::Wire(Wire::Closed { after: 9 })] {
        scene.op.react("/jwkSet", wire);
        let _ =
            scene.op.handle(http::Request::get(at("jwkSet")).body(Vec::new()).expect("a request"));
    }

    let entries = scene.op.journal_since(1);
    let told: Vec<_> = entries.iter().map(|it| (it.number, it.reason.as_deref())).collect();
    let type_refused = "unsupported_response_type: response_type must be code";
    assert_eq!(
        told,
        [
            (2, Some("invalid_client_id: NOBODY is not one of TEST_CLIENT, TEST_SECRET_CLIENT")),
            (3, Some(type_refused)),
            (4, None),
            (5, Some("not_found: no such endpoint")),
            (6, Some("Bearer realm=\"itsme\", error=\"invalid_token\"")),
            (7, None),
            (8, None),
        ]
    );
    let outcomes: Vec<_> = entries.iter().map(|entry| entry.outcome.as_str()).collect();
    assert_eq!(outcomes[5..], ["200", "200, not sent in full"]);
    let faults: Vec<_> = entries.iter().map(|entry| entry.faults.join(", ")).collect();
    assert_eq!(faults, ["", "", "down", "", "", "", ""]);
    assert_eq!(scene.op.journal_since(0)[0].reason, None);
}

#[test]
fn it_takes_no_request_for_part_of_a_login_that_is_not() {
    let mut scene = Scene::new(JwtProtection::Signed);
    for path in ["authorization", "authorization?x", "nothing", "authorization?client_id=NOBODY"] {
        scene.get(&format!("https://op.example/v2/{path}"));
    }
    let logins: Vec<_> = scene.op.journal_since(0).iter().map(|entry| entry.login).collect();
    assert_eq!(logins, [None, None, None, Some(4)]);
}

#[test]
fn it_keeps_no_secret_that_was_for_somebody_else() {
    let mut scene = Scene::new(JwtProtection::Signed);
    for (path, is_kept) in [("userinfo", true), ("control", false), ("/control/v1/state", false)] {
        let request = http::Request::get(format!("https://op.example/v2/{path}"))
            .header(header::AUTHORIZATION, "Bearer for-somebody")
            .body(Vec::new());
        scene.op.handle(request.expect("a request")).expect("an answer");
        let entry = scene.op.journal_since(0).pop().expect("an entry");
        assert_eq!(format!("{entry:?}").contains("for-somebody"), is_kept, "{path}");
    }
}
