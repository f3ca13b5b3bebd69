//! Tests of the control interface.

mod access;
mod described;
mod registration;

use http::{Request, Response, header};
use itsme_core::{
    AuthorizationRequest, BackchannelRequest, Claim, Client, DriveError, Error, Progress, QrLogin,
};
use itsme_testkit::{CLIENT_ID, FakeOp, Person, SERVICE, World};
use serde_json::{Value, json};

use crate::sandbox::Sandbox;

const REDIRECT_URI: &str = "http://127.0.0.1:8080/callback";

/// A sandbox, used the way a test in a different language would use it. Every response is checked
/// against the OpenAPI document.
struct Control {
    sandbox: Sandbox,
    document: Value,
}

impl Control {
    fn start(arguments: &[&str]) -> Self {
        let sandbox = Sandbox::start(arguments);
        let url = format!("{}/control/openapi.json", sandbox.issuer);
        let document = serde_json::from_str(&sandbox.get(&url).body).expect("JSON");
        Self { sandbox, document }
    }

    fn client(&self) -> Client {
        self.sandbox.client(CLIENT_ID, REDIRECT_URI)
    }

    /// Begins a login and opens the sign-in page.
    fn begin(&self, client: &Client) -> itsme_core::Redirect {
        let login = self.sandbox.play(client.authorize(AuthorizationRequest::login(SERVICE)));
        assert_eq!(self.sandbox.get(&login.url).status, 200);
        login
    }

    fn get(&self, path: &str) -> (u16, Value) {
        self.exchange(Request::get(self.url(path)).body(Vec::new()).expect("a request"))
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = Request::post(self.url(path))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_string().into_bytes());
        self.exchange(request.expect("a request"))
    }

    /// Posts a request that must succeed, and returns the response.
    fn done(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.post(path, body);
        assert!(status < 300, "{path} {body}: {status} {answer}");
        answer
    }

    /// Posts a request that must be rejected with this status and `error`, and with a detail that
    /// contains `part`.
    fn refuses(&self, path: &str, body: &Value, status: u16, code: &str, part: &str) {
        let (found, answer) = self.post(path, body);
        assert_eq!((found, &answer["error"]), (status, &json!(code)), "{path} {body}: {answer}");
        assert!(answer["detail"].as_str().is_some_and(|it| it.contains(part)), "{answer}");
    }

    fn url(&self, path: &str) -> String {
        format!("{}/control/v1/{path}", self.sandbox.issuer)
    }

    fn exchange(&self, request: Request<Vec<u8>>) -> (u16, Value) {
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        let answer: Response<Vec<u8>> = self.sandbox.send(request).expect("an answer");
        let status = answer.status().as_u16();
        let body = serde_json::from_slice(answer.body()).expect("JSON");
        let path = path.strip_prefix("/v2").unwrap_or(&path);
        described::check(&self.document, &method, path, status, &body);
        (status, body)
    }
}

#[test]
fn what_waits_is_listed_and_approved() {
    let control = Control::start(&["--redirect-uri", REDIRECT_URI]);
    let client = control.client();
    let request = AuthorizationRequest::login(SERVICE).claim(Claim::GivenName);
    let login = control.sandbox.play(client.authorize(request));
    control.sandbox.get(&login.url);

    let (_, listed) = control.get("waiting");
    let waiting = &listed["waiting"][0];
    let id = waiting["id"].as_str().expect("an id");
    assert_eq!(
        (&waiting["kind"], &waiting["client_id"], &waiting["service"], &waiting["claims"]),
        (&json!("login"), &json!(CLIENT_ID), &json!(SERVICE), &json!(["given_name"]))
    );
    assert!(waiting["age"].as_u64().is_some_and(|age| age < 60), "{waiting}");

    let done = control.done("approve", &json!({ "id": id, "person": "daan" }));
    let callback = done["redirect"].as_str().expect("a URL");
    assert_eq!(
        control.sandbox.get(&login.url).location(),
        callback,
        "the browser must also be redirected there"
    );
    let who = control.sandbox.play(client.finish_login(login.state, callback));
    assert_eq!(who.user.given_name.as_deref(), Some("Daan"));
    control.refuses("approve", &json!({ "person": "ann" }), 404, "nothing_waits", "v1/waiting");
}

#[test]
fn a_login_is_denied() {
    let control = Control::start(&["--redirect-uri", REDIRECT_URI]);
    let client = control.client();
    let login = control.begin(&client);
    let callback = control.done("deny", &json!({}))["redirect"].clone();
    let flow = client.finish_login(login.state, callback.as_str().expect("a URL"));
    let ended = control.sandbox.try_play(flow);
    assert!(matches!(ended, Err(DriveError::Flow(Error::Cancelled))));
}

#[test]
fn nobody_does_anything_until_the_time_is_up() {
    let control = Control::start(&["--redirect-uri", REDIRECT_URI]);
    let client = control.client();
    control.begin(&client);
    assert_eq!(control.done("dismiss", &json!({}))["redirect"], Value::Null);
    assert_eq!(control.get("waiting").1["waiting"], json!([]));

    let ann = FakeOp::new(World::new().clock()).pairwise_sub(CLIENT_ID, &Person::ann());
    let request = BackchannelRequest::known_user(ann, AuthorizationRequest::login(SERVICE));
    let ticket = control.sandbox.play(client.start_backchannel(request));
    control.done("dismiss", &json!({}));
    let ended = control.sandbox.try_play(client.poll_backchannel(ticket));
    assert!(matches!(ended, Err(DriveError::Flow(Error::LoginExpired))), "{ended:?}");
}

#[test]
fn a_qr_code_is_scanned_and_the_request_approved() {
    let control = Control::start(&[]);
    let client = control.client();
    let mut login = QrLogin::new(AuthorizationRequest::login(SERVICE).claim(Claim::Name));
    let who = loop {
        login = match control.sandbox.play(client.next_qr_step(login)) {
            Progress::Scan { then, .. } => {
                let (_, listed) = control.get("waiting");
                assert_eq!(listed["waiting"][0]["kind"], "qr_session", "{listed}");
                control.refuses("scan", &json!({}), 400, "does_not_fit", "name the person");
                control.refuses(
                    "deny",
                    &json!({}),
                    400,
                    "does_not_fit",
                    "only be scanned or dismissed",
                );
                control.done("scan", &json!({ "person": "daan" }));
                then
            }
            Progress::Scanned { then } => then,
            Progress::Waiting { then } => {
                let (_, listed) = control.get("waiting");
                assert_eq!(listed["waiting"][0]["person"], "daan", "{listed}");
                let ann = json!({ "person": "ann" });
                control.refuses("approve", &ann, 400, "does_not_fit", "for daan, not for ann");
                control.done("approve", &json!({}));
                then
            }
            Progress::LoggedIn(who) => break who,
        };
    };
    assert_eq!(who.user.name.as_deref(), Some("Daan de Vries"));
}

#[test]
fn it_acts_on_nothing_by_guess() {
    let control = Control::start(&["--redirect-uri", REDIRECT_URI]);
    let client = control.client();
    for _ in 0..2 {
        control.begin(&client);
    }
    control.refuses("deny", &json!({}), 409, "several_wait", "give an id");
    let second = control.get("waiting").1["waiting"][1]["id"].clone();
    control.refuses("approve", &json!({ "id": second }), 400, "does_not_fit", "name the person");
    let nobody = json!({ "id": second, "person": "nobody" });
    control.refuses("approve", &nobody, 404, "unknown_person", "\"nobody\"");
    let scan = json!({ "id": second, "person": "ann" });
    control.refuses("scan", &scan, 400, "does_not_fit", "only a QR session");
    control.done("deny", &json!({ "id": second }));
    assert_eq!(control.get("state").1["waiting"], 1);

    control.refuses("deny", &json!({ "who": "ann" }), 400, "invalid_body", "unknown field `who`");
    control.refuses("reset", &json!({ "all": true }), 400, "invalid_body", "unknown field `all`");
    for ahead in [json!(-1), json!(0.5), json!(4_294_967_296_u64)] {
        let ahead = json!({ "ahead": ahead });
        control.refuses("clock", &ahead, 400, "invalid_body", "from 0 to 4294967295");
    }
    control.refuses("deny", &json!({ "id": "x" }), 404, "nothing_waits", "\"x\": it is unknown");
    assert_eq!(
        control.get("journal?from=1").1["detail"],
        "unknown parameter `from`, expected `since`"
    );
    assert_eq!(control.get("journal?since=x").0, 400);
}

#[test]
fn faults_are_listed_injected_and_ended() {
    let control = Control::start(&[]);
    let (_, all) = control.get("faults");
    let areas = all["areas"].as_array().expect("a list");
    let has = |area: &str, list: &str, name: &str| {
        let area = areas.iter().find(|it| it["area"] == area).expect("the area");
        area[list].as_array().is_some_and(|faults| faults.iter().any(|it| it["name"] == name))
    };
    assert!(has("Discovery", "faults", "discovery: another issuer"));
    assert!(has("TokenAnswer", "quirks", "token answer: a byte order mark and nulls"));
    assert!(!areas.iter().any(|it| it["area"] == "KeyHolder"));

    let injected = json!({ "name": "discovery: another issuer" });
    let active = json!({ "active": ["discovery: another issuer"] });
    assert_eq!(control.done("faults/inject", &injected), active);
    assert_eq!(
        control.done("faults/inject", &injected),
        active,
        "injecting a fault twice must count as once"
    );
    assert_eq!(control.get("faults/active").1, active);
    let metadata = format!("{}/.well-known/openid-configuration", control.sandbox.issuer);
    let is_well = || {
        let issuer = format!("\"issuer\":\"{}\"", control.sandbox.issuer);
        control.sandbox.get(&metadata).body.contains(&issuer)
    };
    assert!(!is_well());
    assert_eq!(control.done("faults/recover", &json!({})), json!({ "active": [] }));
    assert!(is_well());

    control.refuses("faults/inject", &json!({ "name": "x" }), 404, "unknown_fault", "\"x\"");
    let holders = itsme_testkit::Fault::all().into_iter().find(|fault| fault.is_at_key_holder());
    let name = holders.expect("there are some").name().to_owned();
    control.refuses("faults/inject", &json!({ "name": name }), 400, "does_not_fit", "not in an OP");
}

#[test]
fn the_journal_tells_reasons_and_the_clock_can_be_moved() {
    let control = Control::start(&["--redirect-uri", REDIRECT_URI]);
    let client = control.client();
    let login = control.begin(&client);
    let done = control.done("approve", &json!({ "person": "ann" }));
    let last = control.get("state").1["journal"].clone();
    // A code is valid for three minutes, while the client's assertion is valid for longer.
    assert_eq!(control.done("clock", &json!({ "ahead": 200 }))["ahead"], 200);
    let flow = client.finish_login(login.state, done["redirect"].as_str().expect("a URL"));
    control.sandbox.try_play(flow).expect_err("it has expired");
    let (_, journal) = control.get(&format!("journal?since={last}"));
    let entries = journal["entries"].as_array().expect("a list");
    let entry = entries.last().expect("an entry");
    assert_eq!((&entry["path"], &entry["outcome"]), (&json!("/token"), &json!("400")), "{entry}");
    assert_eq!(entry["reason"], "invalid_grant: the code has expired");
    let numbers: Vec<_> = entries.iter().map(|entry| entry["number"].as_u64()).collect();
    assert!(numbers.is_sorted() && numbers[0] > last.as_u64(), "{numbers:?}");

    let state = control.done("clock", &json!({ "ahead": 0 }));
    assert!(entry["at"].as_u64() > state["time"].as_u64(), "the clock is back: {state}");
}
