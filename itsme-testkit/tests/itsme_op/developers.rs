//! Tests of the pages for developers: the landing page and the list of faults.

use http::Request;
use itsme_core::{AuthorizationRequest, Client};
use itsme_testkit::{
    FakeOp, Fault, RegisteredClient, SERVICE, World, faults::Area, play, private_keys, quirks,
};

use crate::page::{Form, Page, click};

const ISSUER: &str = "https://op.example/v2";
const FAULTS: &str = "https://op.example/v2/faults";
const FAULT: &str = "discovery: another issuer";

fn get(op: &mut FakeOp, url: &str) -> Page {
    let request = Request::get(url).body(Vec::new()).expect("a request");
    Page::of(op.handle(request).expect("an answer"))
}

fn submit(op: &mut FakeOp, form: Form) -> Page {
    Page::of(op.handle(click(FAULTS, form)).expect("an answer"))
}

#[test]
fn the_front_door_says_what_this_is_and_leads_on() {
    let mut op = FakeOp::new(World::new().clock());
    let shop = RegisteredClient::new("SHOP", &private_keys().public_jwks()).name("A <b>shop</b>");
    op.register(shop.service("LOGIN"));
    for url in ["https://op.example/", ISSUER, "https://op.example/v2/"] {
        let page = get(&mut op, url);
        assert_eq!(page.status, 200, "{url}");
        for shown in [
            "https://op.example/v2/.well-known/openid-configuration",
            "A &lt;b&gt;shop&lt;/b&gt;",
            "TEST_SECRET_CLIENT",
            "Ioana Popescu",
        ] {
            assert!(page.body.contains(shown), "no {shown} in {}", page.body);
        }
        assert_eq!(page.link("Phone"), "/v2/phone");
        assert_eq!(page.link("Faults"), "/v2/faults");
        assert!(!page.body.contains(">Journal</a>"), "no journal is kept");
    }
    op.keep_journal();
    assert_eq!(get(&mut op, ISSUER).link("Journal"), "/v2/journal");
}

#[test]
fn every_fault_that_an_op_can_have_is_offered_once() {
    let mut op = FakeOp::new(World::new().clock());
    let page = get(&mut op, FAULTS);
    assert!(!page.refreshes(), "the page must not discard typed text");
    let (faults, quirks_shown) = page.body.split_once("<h2>Quirks</h2>").expect("both headings");
    for (shown, list) in [(faults, Fault::all()), (quirks_shown, quirks::all())] {
        for fault in list {
            let name = fault.name().replace('&', "&amp;").replace('"', "&quot;");
            let button = format!(" value=\"{}\">", name.replace('<', "&lt;").replace('>', "&gt;"));
            let expected = usize::from(fault.area() != Area::KeyHolder);
            assert_eq!(shown.matches(&button).count(), expected, "{button}");
        }
    }
}

#[test]
fn faults_are_found_by_their_words() {
    let mut op = FakeOp::new(World::new().clock());
    let page = get(&mut op, &format!("{FAULTS}?find=ISSUER+another"));
    assert!(page.body.contains(&format!("value=\"{FAULT}\"")), "{}", page.body);
    assert!(!page.body.contains("value=\"discovery: no issuer\""), "{}", page.body);
    assert!(page.body.contains("<details class=\"group\" open>"), "search results must be open");
    assert_eq!(page.link("Show all"), "/v2/faults");
    let page = get(&mut op, &format!("{FAULTS}?find=%22%3E%3Cscript%3E"));
    assert_eq!(page.body.matches("<p>None.</p>").count(), 2);
    assert!(!page.body.contains("<script"), "{}", page.body);
}

#[test]
fn an_active_fault_is_on_every_page_and_one_click_clears_it() {
    let mut world = World::new();
    let mut op = FakeOp::new(world.clock());
    op.keep_journal();
    let client = Client::new(op.settings()).expect("the settings are sound");
    let login = client.authorize(AuthorizationRequest::login(SERVICE));
    let login = play(login, &mut op, &mut world).expect("it is begun");
    let sign_in = get(&mut op, &login.url);
    let metadata = format!("{ISSUER}/.well-known/openid-configuration");
    let honest = get(&mut op, &metadata).body;
    let here = |path: &str| format!("{ISSUER}{path}");
    for page in [
        login.url.clone(),
        sign_in.link("Wait for the phone"),
        here("/phone"),
        here("/faults?find=x"),
        here("/journal"),
        here("/journal?request=1"),
        here("/"),
        "https://op.example/".to_owned(),
    ] {
        assert!(!get(&mut op, &page).body.contains("Active fault"), "{page}");
        let form = get(&mut op, FAULTS).form(FAULT, &[]);
        assert_eq!(submit(&mut op, form.clone()).location(), FAULTS);
        // Clicking a fault again has no further effect.
        submit(&mut op, form);
        assert_ne!(get(&mut op, &metadata).body, honest);
        let shown = get(&mut op, &page);
        assert!(shown.body.contains(&format!("Active fault: <strong>{FAULT}</strong>")), "{page}");
        assert_eq!(submit(&mut op, shown.form("Clear", &[])).location(), page);
        assert_eq!(get(&mut op, &metadata).body, honest);
    }
}

#[test]
fn whoever_clears_a_fault_stays_here() {
    let mut op = FakeOp::new(World::new().clock());
    let form = |fields: &[(&str, &str)]| {
        fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<Form>()
    };
    for (back, location) in [
        ("//evil.example", "https://op.example//evil.example"),
        ("https://evil.example", FAULTS),
        ("@evil.example", FAULTS),
        ("/\r\nset-cookie: x", FAULTS),
        ("", FAULTS),
    ] {
        let page = submit(&mut op, form(&[("decision", "clear"), ("back", back)]));
        assert_eq!(page.location(), location);
    }
    for wrong in
        [&[("fault", "none such")][..], &[("decision", "x")], &[("fault", "a"), ("fault", "b")]]
    {
        assert_eq!(submit(&mut op, form(wrong)).status, 400, "{wrong:?}");
    }
}
