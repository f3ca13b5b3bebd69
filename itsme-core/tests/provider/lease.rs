//! One flow fetches for everyone.

use std::time::Duration;

use itsme_core::{AuthorizationRequest, Client, DriveError, Error, Platform, SendFailure, Step};
use itsme_testkit::{Person, Reaction, SERVICE, play_all};

use crate::{
    common::{DISCOVERY, KEYS, Scene, TOKEN, flow_error},
    minutes, page,
};

#[test]
fn a_hundred_cold_logins_make_one_fetch() {
    let mut scene = Scene::new();
    let flows = (0..100).map(|_| scene.client.authorize(AuthorizationRequest::login(SERVICE)));
    let logins = play_all(flows, &mut scene.op, &mut scene.world);
    assert_eq!(scene.op.asked(), [DISCOVERY, KEYS]);
    let mut flows = Vec::new();
    for login in logins {
        let login = login.expect("an authorization URL");
        let callback = scene.op.approve(&login.url, &Person::ann());
        flows.push(scene.client.finish_login(login.state, callback));
    }
    let people = play_all(flows, &mut scene.op, &mut scene.world);
    assert!(people.iter().all(Result::is_ok));
    assert_eq!(scene.times(TOKEN), 100);
    assert_eq!(scene.op.asked().len(), 102);
}

#[test]
fn a_dropped_leader_is_followed_by_another() {
    let Scene { mut world, mut op, client } = Scene::new();
    let leader =
        client.authorize(AuthorizationRequest::login(SERVICE)).start(&mut world).expect("a step");
    let Step::Send(request, pending) = leader else { panic!("a cold flow fetches") };
    assert_eq!(request.uri().path(), "/v2/.well-known/openid-configuration");
    let _ = op.handle(request);
    let mut followers: Vec<_> =
        (0..99).map(|_| client.authorize(AuthorizationRequest::login(SERVICE))).collect::<Vec<_>>();
    let Step::Wait(wait, _paused) =
        followers.pop().expect("a flow").start(&mut world).expect("a step")
    else {
        panic!("a second flow waits")
    };
    assert_eq!(wait, Duration::from_millis(50));
    drop(pending);
    followers.push(client.authorize(AuthorizationRequest::login(SERVICE)));
    let results = play_all(followers, &mut op, &mut world);
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 99);
    assert_eq!(op.asked(), [DISCOVERY, DISCOVERY, KEYS], "the leader's request and one more");
}

#[test]
fn a_leader_that_hangs_is_overtaken_after_half_a_minute() {
    let Scene { mut world, mut op, client } = Scene::new();
    let leader =
        client.authorize(AuthorizationRequest::login(SERVICE)).start(&mut world).expect("a step");
    let begun = world.now();
    let flows = (0..10).map(|_| client.authorize(AuthorizationRequest::login(SERVICE)));
    let results = play_all(flows, &mut op, &mut world);
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(op.asked(), [DISCOVERY, KEYS]);
    let took = world.now().since(begun);
    assert!(took >= Duration::from_secs(31) && took < Duration::from_secs(32), "{took:?}");
    drop(leader);
}

#[test]
fn a_failed_leader_ends_those_who_wait_and_nobody_else() {
    let mut scene = Scene::new();
    scene.op.react("/.well-known/openid-configuration", Reaction::Reply(page(503)));
    let flows = (0..100).map(|_| scene.client.authorize(AuthorizationRequest::login(SERVICE)));
    let results = play_all(flows, &mut scene.op, &mut scene.world);
    assert_eq!(scene.op.asked(), [DISCOVERY], "one request, a hundred errors");
    let mut unavailable = 0;
    for result in results {
        match flow_error(result) {
            Error::UnexpectedReply(reply) => assert_eq!(reply.status, 503),
            Error::ProviderUnavailable { cause } => {
                assert!(
                    matches!(&*cause, Error::UnexpectedReply(reply) if reply.status == 503),
                    "{cause}"
                );
                unavailable += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(unavailable, 99);
    assert!(scene.log_in().is_ok(), "later logins try again");
}

/// Flows do not wait out the silence one after the other.
#[test]
fn a_leader_that_meets_silence_ends_those_who_wait() {
    use itsme_core::SendFailure::TimedOut;
    let mut scene = Scene::new();
    let start = |scene: &mut Scene| {
        scene.client.authorize(AuthorizationRequest::login(SERVICE)).start(&mut scene.world)
    };
    let Ok(Step::Send(_, pending)) = start(&mut scene) else { panic!("it fetches for everyone") };
    let mut waiting: Vec<_> = (0..20).map(|_| start(&mut scene)).collect();
    scene.world.advance(Duration::from_millis(30_900));
    for step in &mut waiting {
        let Ok(Step::Wait(_, paused)) = std::mem::replace(step, start(&mut scene)) else {
            panic!("it waits")
        };
        *step = paused.resume(&mut scene.world);
        assert!(matches!(step, Ok(Step::Wait(..))), "{step:?}");
    }
    assert!(matches!(pending.failed(TimedOut, &mut scene.world), Ok(None)));
    for step in waiting {
        let Ok(Step::Wait(_, paused)) = step else { panic!("it waits") };
        let error = paused.resume(&mut scene.world).expect_err("it has failed");
        assert!(matches!(error, Error::ProviderUnavailable { .. }), "{error}");
    }
}

#[test]
fn a_leader_whose_requests_are_lost_fails_with_the_transports_error() {
    let mut scene = Scene::new();
    for _ in 0..2 {
        scene.op.react("/.well-known/openid-configuration", Reaction::Lost);
    }
    let flows = (0..3).map(|_| scene.client.authorize(AuthorizationRequest::login(SERVICE)));
    let mut results = play_all(flows, &mut scene.op, &mut scene.world).into_iter();
    assert_eq!(scene.op.asked(), [DISCOVERY, DISCOVERY], "a GET is tried once more");
    let leader = results.next().expect("a result").expect_err("no OP");
    assert!(matches!(leader, DriveError::Transport { source: SendFailure::Lost, .. }), "{leader}");
    for follower in results {
        assert!(matches!(flow_error(follower), Error::ProviderUnavailable { .. }));
    }
}

/// What counts is when the person returned, not how long another flow takes to fetch.
#[test]
fn a_login_does_not_expire_while_it_waits_for_the_ops_keys() {
    let mut scene = Scene::warm();
    let login = scene.authorize(AuthorizationRequest::login(SERVICE));
    scene.world.advance(minutes(15) - Duration::from_millis(20));
    let callback = scene.op.approve(&login.url, &Person::ann());
    scene.client = Client::new(scene.op.settings()).expect("the settings are sound");
    let leader = scene.client.refresh().start(&mut scene.world).expect("a step");
    let Step::Send(request, pending) = leader else { panic!("a cold flow fetches") };
    let flow = scene.client.finish_login(login.state, callback);
    let Step::Wait(wait, paused) = flow.start(&mut scene.world).expect("in time") else {
        panic!("another flow is fetching")
    };
    let metadata = scene.op.handle(request).expect("metadata");
    let keys = pending.receive(metadata, &mut scene.world).expect("a step");
    let Step::Send(request, pending) = keys else { panic!("the keys") };
    let keys = scene.op.handle(request).expect("keys");
    assert!(matches!(pending.receive(keys, &mut scene.world), Ok(Step::Done(_))));
    scene.world.advance(wait);
    let step = paused.resume(&mut scene.world).expect("it was in time");
    assert!(matches!(step, Step::Send(..)), "{step:?}");
}
