//! No printed output contains a secret or personal data: not in a successful login, and not in the
//! errors of logins under a fault.

mod common;
#[path = "../../itsme-testkit/tests/secrecy/mod.rs"]
mod secrecy;

use common::Scene;
use itsme_core::{
    AuthorizationRequest, BackchannelRequest, Claim, Client, Country, DriveError, Flow, LoggedIn,
    Ping, Progress, QrLogin, Scope, SendFailure, Step, drive,
};
use itsme_testkit::{FakeOp, Fault, Person, Reaction, SERVICE, World};
use secrecy::{Secrets, texts};
use serde_json::json;

/// The most personal data.
fn login() -> AuthorizationRequest {
    AuthorizationRequest::login(SERVICE)
        .claim(Claim::NationalNumber(Country::Belgium))
        .claim(Claim::Photo)
        .claim(Claim::Picture)
        .scope(Scope::Profile)
        .scope(Scope::Email)
        .scopes_by_userinfo()
}

/// Runs a flow, and collects the secrets that pass through it.
fn run<T>(
    flow: Flow<T>,
    (op, world, secrets): (&mut FakeOp, &mut World, &mut Secrets),
) -> Result<T, DriveError<SendFailure>> {
    let send = |request| {
        secrets.add_request(&request);
        let response = op.handle(request).map_err(|why| (why, why))?;
        secrets.add_response(&response);
        Ok(response)
    };
    let clock = world.clock();
    drive(flow, world, send, |time| clock.advance(time))
}

#[test]
fn a_login_prints_nothing_that_is_secret() {
    let mut scene = Scene::new();
    let mut secrets = Secrets::of(&Person::ann());
    let redirect = scene.authorize(login());
    let callback = scene.op.approve(&redirect.url, &Person::ann());
    secrets.add_login(&redirect.state, &callback);
    let mut shown = format!("{redirect:?} {:?} {:?}", redirect.state, scene.client);
    let Scene { world, op, client } = &mut scene;
    let mut step = client.finish_login(redirect.state, callback).start(world).expect("a step");
    let who: LoggedIn = loop {
        shown.push_str(&format!("\n{step:?}"));
        step = match step {
            Step::Send(request, pending) => {
                shown.push_str(&format!("\n{pending:?} {:?}", request.headers()));
                secrets.add_request(&request);
                let response = op.handle(request).expect("an answer");
                secrets.add_response(&response);
                pending.receive(response, world).expect("a step")
            }
            Step::Wait(_, paused) => paused.resume(world).expect("a step"),
            Step::UseKey(operation, _) => {
                panic!("no key is external, but {operation:?} was requested")
            }
            Step::Done(who) => break who,
        };
    };
    secrets.add_token(who.evidence.id_token());
    assert!(who.user.photo.is_some() && who.user.national_numbers.len() == 1);
    let provider = client.provider();
    shown.push_str(&format!("\n{who:?} {:?} {:?} {:?}", who.user, who.access_token, who.evidence));
    shown.push_str(&format!("\n{client:?} {provider:?} {:?}", who.user.photo));
    secrets.assert_hidden_in("a login", &shown);
    secrets.assert_seen();
}

#[test]
fn a_login_without_a_browser_prints_nothing_that_is_secret() {
    let Scene { mut world, mut op, .. } = Scene::new();
    op.ping_at("https://rp.example/itsme/ping");
    let itsme = Client::new(op.settings().ping()).expect("the settings are sound");
    let mut secrets = Secrets::of(&Person::ann());
    let mut shown = String::new();
    let what = AuthorizationRequest::login(SERVICE)
        .claim(Claim::NationalNumber(Country::Belgium))
        .scope(Scope::Eid)
        .scopes_by_userinfo();
    let mut login = QrLogin::new(what);
    loop {
        let flow = itsme.next_qr_step(login);
        shown.push_str(&format!("\n{flow:?}"));
        let progress = run(flow, (&mut op, &mut world, &mut secrets)).expect("progress");
        shown.push_str(&format!("\n{progress:?}"));
        login = match progress {
            Progress::Scan { then, .. } => {
                let session = op.pending_sessions()[0].to_owned();
                op.scan(&session, &Person::ann());
                then
            }
            Progress::Scanned { then } => then,
            Progress::Waiting { then } => {
                let asked = op.pending_backchannel()[0].auth_req_id.clone();
                op.approve_backchannel(&asked);
                let ping = op.pings().remove(0);
                let bearer = ping.headers()["authorization"].to_str().expect("text");
                secrets.add_token(bearer.trim_start_matches("Bearer "));
                shown.push_str(&format!("\n{:?}", Ping::read(&ping)));
                then
            }
            Progress::LoggedIn(who) => {
                shown.push_str(&format!("\n{who:?}"));
                break;
            }
        };
    }
    let known = BackchannelRequest::known_user(
        op.sub_of(&Person::ann()),
        AuthorizationRequest::login(SERVICE),
    );
    shown.push_str(&format!("\n{known:?}"));
    let ticket = run(itsme.start_backchannel(known), (&mut op, &mut world, &mut secrets));
    shown.push_str(&format!("\n{ticket:?}"));
    secrets.assert_hidden_in("a login without a browser", &shown);
    secrets.assert_seen();
}

/// An OP may quote what it was sent.
#[test]
fn what_an_op_quotes_is_not_quoted() {
    let mut scene = Scene::warm();
    let mut secrets = Secrets::of(&Person::ann());
    let redirect = scene.authorize(login());
    let callback = scene.op.approve(&redirect.url, &Person::ann());
    secrets.add_login(&redirect.state, &callback);
    let query = callback.split_once('?').expect("a query").1.to_owned();
    for status in [400, 200] {
        let body =
            json!({ "error": "invalid_grant", "error_description": format!("what is {query}?") });
        let response = http::Response::builder().status(status).body(body.to_string().into_bytes());
        scene.op.react("/token", Reaction::Reply(response.expect("a response")));
    }
    let error =
        scene.play(scene.client.finish_login(redirect.state, callback)).expect_err("refused");
    secrets.assert_hidden_in("the error", &texts(&error));
    assert!(error.to_string().contains("what is"), "the rest is shown: {error}");
}

#[test]
fn no_error_prints_anything_that_is_secret() {
    let mut errors = 0;
    for fault in Fault::all() {
        let mut world = World::new();
        let mut op = FakeOp::new(world.clock());
        let client = Client::new(fault.settings(&mut op)).expect("the settings are sound");
        let mut secrets = Secrets::of(&Person::ann());
        if !fault.is_midway() {
            fault.inject(&mut op);
        }
        let redirect = run(client.authorize(login()), (&mut op, &mut world, &mut secrets));
        let result = redirect.and_then(|redirect| {
            let callback = op.approve(&redirect.url, &Person::ann());
            if fault.is_midway() {
                fault.inject(&mut op);
            }
            secrets.add_login(&redirect.state, &callback);
            let flow = client.finish_login(redirect.state, callback);
            run(flow, (&mut op, &mut world, &mut secrets))
        });
        if let Err(error) = result {
            errors += 1;
            secrets.assert_hidden_in(fault.name(), &texts(&error));
        }
    }
    assert!(errors > 400, "{errors} errors");
}
