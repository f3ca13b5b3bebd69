//! How logs name flows and their requests.

mod common;

use std::time::Duration;

use common::Scene;
use itsme_core::{
    Attempt, AuthorizationRequest, BackchannelRequest, Claim, Client, Endpoint, Flow, QrLogin,
    UserDiscovery, drive,
};
use itsme_testkit::{Person, Reaction, SERVICE};

/// Runs a flow, and notes how its requests identify themselves.
fn run<T>(scene: &mut Scene, flow: Flow<T>, noted: &mut Vec<(Endpoint, u32)>) -> T {
    let Scene { world, op, .. } = scene;
    let clock = world.clock();
    let send = |request: itsme_core::Request| {
        let attempt: &Attempt = request.extensions().get().expect("every request has an attempt");
        noted.push((attempt.endpoint, attempt.number));
        op.handle(request).map_err(|why| (why, why))
    };
    let sleep = |time: Duration| clock.advance(time);
    drive(flow, world, send, sleep).expect("it succeeds")
}

#[test]
fn each_request_says_where_it_goes_and_for_which_time() {
    let mut scene = Scene::new();
    let itsme = scene.client.clone();
    let mut noted = Vec::new();
    scene.op.react("/.well-known/openid-configuration", Reaction::Lost);
    let login = AuthorizationRequest::login(SERVICE).claim(Claim::Picture);
    let redirect = run(&mut scene, itsme.authorize(login), &mut noted);
    let callback = scene.op.approve(&redirect.url, &Person::ann());
    scene.op.react("/token", Reaction::NotSent);
    let who = run(&mut scene, itsme.finish_login(redirect.state, callback), &mut noted);
    scene.op.react("/picture", Reaction::Lost);
    run(&mut scene, itsme.picture(&who), &mut noted);

    let ticket = run(&mut scene, itsme.discover_user(), &mut noted);
    scene.op.scan(ticket.session_id(), &Person::daan());
    let found = run(&mut scene, itsme.poll_user_discovery(ticket), &mut noted);
    let UserDiscovery::Found(found) = found else { panic!("Daan has scanned it") };
    let request = BackchannelRequest::discovered(found, AuthorizationRequest::login(SERVICE));
    let ticket = run(&mut scene, itsme.start_backchannel(request), &mut noted);
    scene.op.approve_backchannel(ticket.auth_req_id());
    run(&mut scene, itsme.poll_backchannel(ticket), &mut noted);

    let by_secret = Client::new(scene.op.secret_settings()).expect("the settings are sound");
    by_secret.import_provider((*itsme.provider().expect("it is cached")).clone()).expect("it fits");
    run(&mut scene, by_secret.revoke(who.access_token), &mut noted);
    assert_eq!(
        noted,
        [
            (Endpoint::Discovery, 1),
            (Endpoint::Discovery, 2),
            (Endpoint::KeySet, 1),
            (Endpoint::Token, 1),
            (Endpoint::Token, 2),
            (Endpoint::Picture, 1),
            (Endpoint::Picture, 2),
            (Endpoint::UserDiscovery, 1),
            (Endpoint::UserDiscovery, 1),
            (Endpoint::Backchannel, 1),
            (Endpoint::Token, 1),
            (Endpoint::Revocation, 1),
        ]
    );
}

#[test]
fn flows_are_called_like_the_methods_that_make_them() {
    let scene = Scene::new();
    let itsme = &scene.client;
    let login = || AuthorizationRequest::login(SERVICE);
    let ann = scene.op.sub_of(&Person::ann());
    assert_eq!(itsme.authorize(login()).name(), "authorize");
    assert_eq!(itsme.next_qr_step(QrLogin::new(login())).name(), "next_qr_step");
    assert_eq!(itsme.discover_user().name(), "discover_user");
    let request = BackchannelRequest::known_user(ann, login());
    assert_eq!(itsme.start_backchannel(request).name(), "start_backchannel");
    assert_eq!(itsme.revoke(itsme_core::Secret::new("token")).name(), "revoke");
    assert_eq!(itsme.refresh().name(), "refresh");
}
