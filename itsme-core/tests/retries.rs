//! What is retried when a request gets no response, and what must never be.

mod common;

use common::{DISCOVERY, KEYS, Scene, TOKEN, USERINFO};
use itsme_core::{AuthorizationRequest, DriveError, LoggedIn, Scope, SendFailure};
use itsme_testkit::{Reaction, SERVICE};

fn log_in(
    path: &str,
    reactions: &[Reaction],
) -> (Result<LoggedIn, DriveError<SendFailure>>, Scene) {
    let mut scene = Scene::warm();
    for reaction in reactions {
        scene.op.react(path, reaction.clone());
    }
    let result = scene
        .log_in_for(AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo());
    (result, scene)
}

fn transport(result: Result<LoggedIn, DriveError<SendFailure>>) -> SendFailure {
    match result {
        Err(DriveError::Transport { source: failure, .. }) => failure,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it succeeded"),
    }
}

#[test]
fn a_token_request_that_was_not_sent_is_made_once_more() {
    let (result, scene) = log_in("/token", &[Reaction::NotSent]);
    assert!(result.is_ok());
    assert_eq!(scene.op.asked(), [TOKEN, TOKEN, USERINFO]);
    let (result, scene) = log_in("/token", &[Reaction::NotSent, Reaction::NotSent]);
    assert_eq!(transport(result), SendFailure::NotSent);
    assert_eq!(scene.op.asked(), [TOKEN, TOKEN]);
}

/// Each attempt has its own `jti`; otherwise a strict OP would refuse the second one.
#[test]
fn each_attempt_is_built_anew() {
    let mut scene = Scene::warm();
    scene.op.react("/token", Reaction::NotSent);
    let mut bodies = Vec::new();
    let login = scene.authorize(AuthorizationRequest::login(SERVICE));
    let callback = scene.op.approve(&login.url, &itsme_testkit::Person::ann());
    let Scene { world, op, client } = &mut scene;
    itsme_core::drive(
        client.finish_login(login.state, callback),
        world,
        |request| {
            bodies.push(request.body().clone());
            op.handle(request).map_err(|why| (why, why))
        },
        |_| (),
    )
    .expect("a person");
    assert_eq!(bodies.len(), 2);
    assert_ne!(bodies[0], bodies[1]);
}

#[test]
fn a_token_request_that_may_have_arrived_is_not_made_again() {
    for reaction in [Reaction::Lost, Reaction::AnswerLost] {
        let (result, scene) = log_in("/token", &[reaction]);
        assert_eq!(transport(result), SendFailure::Lost);
        assert_eq!(scene.op.asked(), [TOKEN]);
    }
    let (result, scene) = log_in("/token", &[Reaction::NotSent, Reaction::Lost]);
    assert_eq!(transport(result), SendFailure::Lost);
    assert_eq!(scene.op.asked(), [TOKEN, TOKEN]);
}

#[test]
fn a_get_is_made_once_more_whatever_became_of_it() {
    for reaction in [Reaction::NotSent, Reaction::Lost, Reaction::AnswerLost] {
        let (result, scene) = log_in("/userinfo", std::slice::from_ref(&reaction));
        assert!(result.is_ok());
        assert_eq!(scene.op.asked(), [TOKEN, USERINFO, USERINFO]);
        let (result, scene) = log_in("/userinfo", &[reaction.clone(), reaction.clone()]);
        transport(result);
        assert_eq!(scene.op.asked(), [TOKEN, USERINFO, USERINFO]);

        for path in ["/.well-known/openid-configuration", "/jwkSet"] {
            let mut scene = Scene::new();
            scene.op.react(path, reaction.clone());
            assert!(scene.log_in().is_ok());
            assert_eq!(scene.op.asked().len(), 4, "{:?}", scene.op.asked());
            assert_eq!(scene.times(DISCOVERY) + scene.times(KEYS), 3);
        }
    }
}
