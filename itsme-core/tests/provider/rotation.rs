//! An unknown key makes one flow fetch the keys again.

use std::time::Duration;

use itsme_core::{
    AuthorizationRequest, DriveError, Error, JoseError, Platform, Scope, SendFailure, Step,
    TokenError,
};
use itsme_testkit::{Person, Reaction, SERVICE, play_all};

use crate::{
    common::{DISCOVERY, KEYS, Scene, TOKEN, USERINFO, flow_error, id_token_error},
    minutes, page,
};

#[test]
fn a_rotation_costs_one_key_fetch() {
    let mut scene = Scene::warm();
    scene.op.rotate_signing_key();
    scene.log_in().expect("a person");
    assert_eq!(scene.op.asked(), [TOKEN, KEYS]);
    scene.log_in().expect("a person");
    assert_eq!(scene.op.asked(), [TOKEN, KEYS, TOKEN]);
}

#[test]
fn keys_that_were_announced_cost_no_fetch() {
    let mut scene = Scene::new();
    scene.op.roll_signing_key();
    scene.log_in().expect("a person");
    scene.op.forget_asked();
    for _ in 0..2 {
        scene.op.roll_signing_key();
        scene.log_in().expect("a person");
    }
    assert_eq!(scene.op.asked(), [TOKEN, TOKEN]);
    let login = scene.authorize(AuthorizationRequest::login(SERVICE));
    let callback = scene.op.approve(&login.url, &Person::ann());
    scene.op.roll_signing_key();
    scene.play(scene.client.finish_login(login.state, callback)).expect("a person");
    assert_eq!(scene.op.asked(), [TOKEN, TOKEN, TOKEN, KEYS]);
}

#[test]
fn a_rotation_between_token_and_userinfo_costs_one_key_fetch() {
    let mut scene = Scene::warm();
    let login = scene
        .authorize(AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo());
    let callback = scene.op.approve(&login.url, &Person::ann());
    let Scene { world, op, client } = &mut scene;
    let mut step = client.finish_login(login.state, callback).start(world).expect("a step");
    let who = loop {
        let Step::Send(request, pending) = step else { panic!("it asks") };
        if request.uri().path() == "/v2/userinfo" {
            op.rotate_signing_key();
        }
        let response = op.handle(request).expect("a response");
        step = match pending.receive(response, world).expect("a step") {
            Step::Done(who) => break who,
            step => step,
        };
    };
    assert_eq!(op.asked(), [TOKEN, USERINFO, KEYS]);
    assert_eq!(who.user.email.as_deref(), Some("ann.peeters@mail.example"));
}

#[test]
fn a_hundred_logins_after_a_rotation_make_one_key_fetch() {
    let mut scene = Scene::warm();
    let mut flows = Vec::new();
    for _ in 0..100 {
        let login = scene.authorize(AuthorizationRequest::login(SERVICE));
        let callback = scene.op.approve(&login.url, &Person::ann());
        flows.push(scene.client.finish_login(login.state, callback));
    }
    scene.op.rotate_signing_key();
    let results = play_all(flows, &mut scene.op, &mut scene.world);
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(scene.times(KEYS), 1);
}

#[test]
fn two_rotations_within_a_minute_are_one_too_many() {
    let mut scene = Scene::warm();
    scene.op.rotate_signing_key();
    scene.log_in().expect("a person");
    scene.op.rotate_signing_key();
    let error = id_token_error(scene.log_in());
    assert_eq!(
        error,
        TokenError::Jose(JoseError::UnknownSigningKey {
            kid: Some("s3".into()),
            published: vec!["s2".into()],
        })
    );
    assert_eq!(scene.times(KEYS), 1);
    scene.world.advance(minutes(1));
    scene.log_in().expect("a minute later the key is known");
    assert_eq!(scene.times(KEYS), 2);
}

#[test]
fn forged_kids_cost_one_key_fetch_a_minute() {
    let mut scene = Scene::warm();
    let begun = scene.world.now();
    for forged in 0..1000 {
        scene.op.forge_kid(Some(&format!("forged-{forged}")));
        let error = id_token_error(scene.log_in());
        assert!(matches!(error, TokenError::Jose(JoseError::UnknownSigningKey { .. })), "{error}");
        scene.world.advance(Duration::from_millis(100));
    }
    let minutes = scene.world.now().since(begun).as_secs() / 60;
    assert_eq!(minutes, 1, "1,000 logins in 100 seconds");
    assert_eq!(scene.times(KEYS), 2);
    assert_eq!(scene.times(DISCOVERY), 0);
    scene.op.forge_kid(None);
    assert!(scene.log_in().is_ok(), "no one else is affected");
}

#[test]
fn a_lost_key_fetch_after_the_token_answer_is_made_once_more() {
    let mut scene = Scene::warm();
    scene.op.rotate_signing_key();
    scene.op.react("/jwkSet", Reaction::Lost);
    scene.log_in().expect("a person");
    assert_eq!(scene.op.asked(), [TOKEN, KEYS, KEYS], "the code is not redeemed again");
}

#[test]
fn a_refetch_that_fails_is_the_error() {
    let mut scene = Scene::warm();
    scene.op.rotate_signing_key();
    scene.op.react("/jwkSet", Reaction::Reply(page(503)));
    let error = flow_error(scene.log_in());
    assert!(matches!(&error, Error::UnexpectedReply(reply) if reply.status == 503), "{error}");
    for _ in 0..2 {
        scene.op.react("/jwkSet", Reaction::Lost);
    }
    scene.world.advance(minutes(1));
    let error = scene.log_in().expect_err("no keys");
    assert!(matches!(error, DriveError::Transport { source: SendFailure::Lost, .. }), "{error}");
}

/// A flow abandoned in the middle of a refetch must not cost the others a minute.
#[test]
fn a_dropped_refetch_is_made_by_the_next() {
    let mut scene = Scene::warm();
    let login = scene.authorize(AuthorizationRequest::login(SERVICE));
    let callback = scene.op.approve(&login.url, &Person::ann());
    scene.op.rotate_signing_key();
    let Scene { world, op, client } = &mut scene;
    let step = client.finish_login(login.state, callback).start(world).expect("a step");
    let Step::Send(request, pending) = step else { panic!("it redeems the code") };
    let answer = op.handle(request).expect("an answer");
    let step = pending.receive(answer, world).expect("a step");
    let Step::Send(request, dropped) = step else { panic!("it fetches the keys") };
    assert_eq!(request.uri().path(), "/v2/jwkSet");
    drop(dropped);
    assert!(scene.log_in().is_ok());
    assert_eq!(scene.op.asked(), [TOKEN, TOKEN, KEYS]);
}
