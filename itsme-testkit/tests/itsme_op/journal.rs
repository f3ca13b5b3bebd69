//! The journal: requests with their tokens, and pings.

use itsme_core::{AuthorizationRequest, BackchannelRequest, Claim, Client, JwtProtection, Scope};
use itsme_testkit::{FakeOp, Fault, Person, Reaction, SERVICE, World, play};

use crate::page::Page;

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

    /// The page of the last request to this path.
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
            "answered: 200",
            "\"auth_req_id\":",
        ] {
            assert!(page.contains(shown), "no {shown} in {page}");
        }
    }
}

#[test]
fn tokens_are_shown_as_they_were_before_they_were_encrypted() {
    let mut scene = Scene::new(JwtProtection::Signed);
    let login = AuthorizationRequest::login(SERVICE).claim(Claim::GivenName).scope(Scope::Email);
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
    assert!(page.contains("not verified: the signature is not RS256"), "{page}");
    scene.get(&url.replace("TEST", "NO"));
    let page = scene.last("/authorization");
    assert!(page.contains("not verified: the client is not known"), "{page}");
    scene.get(&url.replace("AA", "AA.AA.AA"));
    let page = scene.last("/authorization");
    assert!(page.contains("request, not decrypted"), "{page}");
}

#[test]
fn it_holds_the_last_200_requests_and_not_its_own_pages() {
    let mut scene = Scene::new(JwtProtection::Signed);
    for number in 0..=200 {
        scene.get(&format!("https://op.example/v2/nothing/{number}?text={}", "x".repeat(10_000)));
    }
    let page = scene.get(JOURNAL);
    assert!(page.refreshes() && page.body.contains("Nothing here is secret"));
    assert_eq!(page.body.matches("<tr><td>").count(), 200);
    assert!(page.body.contains("/nothing/200") && !page.body.contains("/nothing/0<"));
    let long = scene.last("/nothing/200");
    assert!(long.contains("(cut)") && long.len() < 12_000, "{}", long.len());
    scene.op.react("/nothing", Reaction::Lost);
    let request = http::Request::get("https://op.example/v2/nothing").body(Vec::new());
    scene.op.handle(request.expect("a request")).expect_err("it is lost");
    assert!(scene.last("/nothing").contains("answered: no answer"));
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

    let entries = scene.op.journal_since(1);
    let told: Vec<_> = entries.iter().map(|it| (it.number, it.reason.as_deref())).collect();
    let type_refused = "unsupported_response_type: response_type must be code";
    assert_eq!(
        told,
        [
            (2, Some("invalid_client_id")),
            (3, Some(type_refused)),
            (4, None),
            (5, Some("not_found: there is nothing here"))
        ]
    );
    let faults: Vec<_> = entries.iter().map(|entry| entry.faults.join(", ")).collect();
    assert_eq!(faults, ["", "", "down", ""]);
    assert_eq!(scene.op.journal_since(0)[0].reason, None);
}
