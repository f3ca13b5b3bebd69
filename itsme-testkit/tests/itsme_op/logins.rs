//! Tests of logins over the program's socket: in the browser, on the phone and by QR code.

use itsme_core::{
    AuthorizationRequest, Claim, Client, Environment, Progress, QrLogin, Scope, Settings,
};
use itsme_testkit::{CLIENT_ID, SERVICE, private_keys};

use crate::sandbox::Sandbox;

const REDIRECT_URI: &str = "http://127.0.0.1:8080/callback";

#[test]
fn a_person_logs_in_on_the_page() {
    let sandbox = Sandbox::start(&["--redirect-uri", REDIRECT_URI]);
    let client = sandbox.client(CLIENT_ID, REDIRECT_URI);
    let login =
        sandbox.play(client.authorize(AuthorizationRequest::login(SERVICE).scope(Scope::Profile)));
    let page = sandbox.get(&login.url);
    assert_eq!(page.status, 200, "{}", page.body);
    let callback = sandbox.submit(&login.url, page.form("Approve as Ioana Popescu", &[]));
    let who = sandbox.play(client.finish_login(login.state, callback.location()));
    assert_eq!(who.user.name.as_deref(), Some("Ioana Popescu"));
}

#[test]
fn a_person_logs_in_by_phone() {
    let sandbox = Sandbox::start(&["--redirect-uri", REDIRECT_URI]);
    let client = sandbox.client(CLIENT_ID, REDIRECT_URI);
    let phone = format!("{}/phone", sandbox.issuer);
    assert!(
        sandbox.get(&phone).refreshes(),
        "with nothing to do, the phone page must reload itself"
    );

    let login =
        sandbox.play(client.authorize(AuthorizationRequest::login(SERVICE).scope(Scope::Profile)));
    let waiting = sandbox.get(&login.url).link("Wait for the phone");
    let page = sandbox.get(&waiting);
    assert!(page.refreshes() && page.body.contains("Open the simulated phone"), "{}", page.body);
    assert!(!page.body.contains("<img"), "a phone cannot reach loopback");
    let page = sandbox.get(&phone);
    assert!(!page.refreshes(), "the page must not discard a choice");
    let done = sandbox.submit(&phone, page.form("Approve", &[("person", "daan")]));
    assert_eq!((done.status, done.location()), (303, phone.clone()));
    assert!(sandbox.get(&phone).refreshes());

    let callback = sandbox.get(&waiting).location();
    let who = sandbox.play(client.finish_login(login.state, callback));
    assert_eq!(who.user.name.as_deref(), Some("Daan de Vries"));
    assert_eq!(sandbox.get(&waiting).status, 400, "the browser has moved on");
}

#[test]
fn its_name_is_localhost_where_that_is_asked() {
    let arguments = ["--redirect-uri", REDIRECT_URI];
    let sandbox = Sandbox::start_at("localhost:0", &arguments);
    assert!(sandbox.issuer.starts_with("http://localhost:"), "{}", sandbox.issuer);
    let client = sandbox.client(CLIENT_ID, REDIRECT_URI);
    let login = sandbox.play(client.authorize(AuthorizationRequest::login(SERVICE)));
    assert!(login.url.starts_with(&sandbox.issuer), "{}", login.url);
    let page = sandbox.get(&login.url);
    let callback = sandbox.submit(&login.url, page.form("Approve as Ann Peeters", &[]));
    sandbox.play(client.finish_login(login.state, callback.location()));
}

#[test]
fn the_older_dialect_is_spoken() {
    let sandbox = Sandbox::start(&["--v1", "--redirect-uri", REDIRECT_URI]);
    assert!(sandbox.issuer.ends_with("/oidc"), "{}", sandbox.issuer);
    let metadata = sandbox.get(&format!("{}/.well-known/openid-configuration", sandbox.issuer));
    assert!(!metadata.body.contains("backchannel"), "{}", metadata.body);

    let settings =
        Settings::new(CLIENT_ID, private_keys(), Environment::custom_v1(&sandbox.issuer));
    let settings = settings.redirect_uri(REDIRECT_URI).danger_http_on_loopback();
    let client = Client::new(settings).expect("the settings are sound");
    // Request data by scope, as a claim in userinfo, and in a request object.
    let request = AuthorizationRequest::login(SERVICE)
        .scope(Scope::Email)
        .claim(Claim::GivenName.essential());
    for request in [request.clone(), request.as_request_object()] {
        let login = sandbox.play(client.authorize(request));
        let page = sandbox.get(&login.url);
        let asked = "<li>your first name<span class=\"tag\">required</span></li>";
        assert!(page.body.contains(asked), "{}", page.body);
        let callback = sandbox.submit(&login.url, page.form("Approve as Ann Peeters", &[]));
        let who = sandbox.play(client.finish_login(login.state, callback.location()));
        assert_eq!(who.user.given_name.as_deref(), Some("Ann"));
        assert_eq!(who.user.email.as_deref(), Some("ann.peeters@mail.example"));
    }
}

/// A login without a browser: one screen shows the QR code, and the phone page on a different
/// screen scans and approves it.
#[test]
fn a_person_logs_in_by_qr_code() {
    let sandbox = Sandbox::start(&[]);
    let client = sandbox.client(CLIENT_ID, REDIRECT_URI);
    let phone = format!("{}/phone", sandbox.issuer);
    let press = |button, selected: &[(&str, &str)]| {
        let form = sandbox.get(&phone).form(button, selected);
        assert_eq!(sandbox.submit(&phone, form).location(), phone);
    };
    let mut shown = Vec::new();
    let mut login = QrLogin::new(AuthorizationRequest::login(SERVICE).claim(Claim::Name));
    let who = loop {
        login = match sandbox.play(client.next_qr_step(login)) {
            Progress::Scan { code, then } => {
                shown.push(code.media_type().to_owned());
                press("Scan", &[("person", "daan")]);
                then
            }
            Progress::Scanned { then } => then,
            Progress::Waiting { then } => {
                press("Approve", &[]);
                then
            }
            Progress::LoggedIn(who) => break who,
        };
    };
    assert_eq!(shown, ["image/png"]);
    assert_eq!(who.user.name.as_deref(), Some("Daan de Vries"));
    assert!(sandbox.get(&phone).body.contains("Nothing to do"));
}

#[test]
fn each_page_has_a_title_of_its_own() {
    let sandbox = Sandbox::start(&["--redirect-uri", REDIRECT_URI]);
    let client = sandbox.client(CLIENT_ID, REDIRECT_URI);
    let at = |path: &str| format!("{}/{path}", sandbox.issuer);
    let idle = sandbox.get(&at("phone"));
    let login = sandbox.play(client.authorize(AuthorizationRequest::login(SERVICE)));
    let sign_in = sandbox.get(&login.url);
    let waiting = sandbox.get(&sign_in.link("Wait for the phone"));
    let journal = sandbox.get(&at("journal"));
    let entry = sandbox.get(&at(&journal.link("/jwkSet")));
    let pages = [
        (idle, "Phone"),
        (sign_in, "Log in"),
        (waiting, "Waiting for the phone"),
        (sandbox.get(&at("phone")), "Phone: action needed"),
        (sandbox.get(&at("faults")), "Faults"),
        (journal, "Journal"),
        (entry, "GET /jwkSet"),
        (sandbox.get(&at("waiting?login=none")), "Refused"),
    ];
    for (page, title) in pages {
        let expected = format!("<title>{title}: fake itsme</title>");
        assert!(page.body.contains(&expected), "no {expected} in {}", page.body);
    }
}
