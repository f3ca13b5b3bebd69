//! No secret and nothing about the person is in anything that is printed: not in a good login, and not
//! in the errors of logins that meet with a fault.

mod common;
#[path = "../../itsme-testkit/tests/secrecy/mod.rs"]
mod secrecy;

use common::Scene;
use itsme_core::{
    Claim, Client, Country, DriveError, Failure, Flow, LoggedIn, Login, Scope, Step, drive,
};
use itsme_testkit::{FakeOp, Fault, Person, SERVICE, World};
use secrecy::{Secrets, texts};

/// Everything that is most personal.
fn login() -> Login {
    Login::new(SERVICE)
        .claim(Claim::NationalNumber(Country::Belgium))
        .claim(Claim::Photo)
        .claim(Claim::Picture)
        .scope(Scope::Profile)
        .scope(Scope::Email)
}

/// Runs a flow, and learns the secrets that come by.
fn run<F: Flow>(
    flow: F,
    (op, world, secrets): (&mut FakeOp, &mut World, &mut Secrets),
) -> Result<F::Output, DriveError<Failure>> {
    let send = |request| {
        secrets.add_request(&request);
        let response = op.handle(request)?;
        secrets.add_response(&response);
        Ok(response)
    };
    drive(flow, world, send, |_| {}, |failure| *failure)
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
    let mut step = client.user(redirect.state, callback).start(world).expect("a step");
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
            Step::Done(who) => break who,
        };
    };
    secrets.add_token(who.evidence.id_token());
    assert!(who.photo.is_some() && who.national_numbers.len() == 1);
    let settings = client.settings();
    let provider = client.provider();
    shown.push_str(&format!("\n{who:?} {:?} {:?} {:?}", who.user, who.access_token, who.evidence));
    shown.push_str(&format!("\n{settings:?} {provider:?} {:?}", who.photo));
    secrets.assert_hidden_in("a login", &shown);
    secrets.assert_seen();
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
            let flow = client.user(redirect.state, callback);
            run(flow, (&mut op, &mut world, &mut secrets))
        });
        if let Err(error) = result {
            errors += 1;
            secrets.assert_hidden_in(fault.name(), &texts(&error));
        }
    }
    assert!(errors > 400, "{errors} errors");
}
