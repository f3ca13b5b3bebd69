//! How long metadata and keys are used, and when expired ones still are.

use std::time::Duration;

use itsme_core::{AuthorizationRequest, Client, DriveError, Error, Platform, SendFailure};
use itsme_testkit::{Reaction, SERVICE};
use serde_json::json;

use crate::{
    HOUR,
    common::{DISCOVERY, KEYS, Scene, TOKEN, flow_error},
    minutes, page,
};

#[test]
fn max_age_says_when_to_fetch_again() {
    let mut scene = Scene::new();
    scene.op.cache_control("max-age=600");
    scene.log_in().expect("a person");
    scene.op.forget_asked();
    scene.world.advance(minutes(10) - Duration::from_millis(200));
    scene.log_in().expect("a person");
    assert_eq!(scene.op.asked(), [TOKEN]);
    scene.world.advance(minutes(1));
    scene.log_in().expect("a person");
    assert_eq!(scene.op.asked(), [TOKEN, DISCOVERY, KEYS, TOKEN]);
}

#[test]
fn a_clock_put_back_makes_the_cache_stale() {
    let mut scene = Scene::warm();
    scene.world.set(scene.world.now().before(HOUR));
    scene.log_in().expect("a person");
    assert_eq!(scene.op.asked(), [DISCOVERY, KEYS, TOKEN]);
}

#[test]
fn expired_keys_serve_for_a_day_while_the_op_is_away() {
    let mut scene = Scene::warm();
    let redirect = scene.authorize(AuthorizationRequest::login(SERVICE));
    drop(redirect);
    for (hours, works) in [(2, true), (22, true), (2, false)] {
        scene.world.advance(HOUR * hours);
        for _ in 0..2 {
            scene.op.react("/.well-known/openid-configuration", Reaction::NotSent);
        }
        let login = scene.play(scene.client.authorize(AuthorizationRequest::login(SERVICE)));
        assert_eq!(login.is_ok(), works, "after {hours} more hours");
        if let Err(error) = login {
            assert!(matches!(error, DriveError::Transport { source: SendFailure::NotSent, .. }));
        }
    }
}

#[test]
fn expired_keys_serve_while_the_op_answers_nonsense() {
    let mut scene = Scene::warm();
    scene.world.advance(HOUR * 2);
    scene.op.react("/.well-known/openid-configuration", Reaction::Reply(page(200)));
    assert!(scene.log_in().is_ok());
    assert!(scene.log_in().is_ok());
    assert_eq!(scene.op.asked(), [DISCOVERY, TOKEN, TOKEN], "the OP is left alone for a minute");
    scene.world.advance(minutes(1));
    scene.op.forget_asked();
    scene.op.react("/jwkSet", Reaction::Reply(page(502)));
    assert!(scene.log_in().is_ok());
    assert_eq!(scene.op.asked(), [DISCOVERY, KEYS, TOKEN]);
    scene.world.advance(minutes(1));
    scene.op.forget_asked();
    assert!(scene.log_in().is_ok());
    assert_eq!(scene.op.asked(), [DISCOVERY, KEYS, TOKEN], "the OP has recovered");
}

#[test]
fn a_refresh_never_settles_for_old_keys() {
    let mut scene = Scene::warm();
    scene.op.react("/jwkSet", Reaction::Reply(page(502)));
    let error = flow_error(scene.play(scene.client.refresh()));
    assert!(matches!(error, Error::UnexpectedReply(_)), "{error}");
    assert!(scene.log_in().is_ok(), "the cache is not lost");
    scene.op.forget_asked();
    scene.play(scene.client.refresh()).expect("the OP answers");
    assert_eq!(scene.op.asked(), [DISCOVERY, KEYS], "even if fresh");
}

/// A client that knows the OP by a snapshot in which something expired so long ago.
fn with_expired(what: &[&str], since: Duration) -> Scene {
    let scene = Scene::warm();
    let mut stored =
        serde_json::to_value(&*scene.client.provider().expect("cached")).expect("JSON");
    for member in what {
        stored[member]["until"] = json!(scene.world.now().before(since));
    }
    let client = Client::new(scene.op.settings()).expect("the settings are sound");
    client.import_provider(serde_json::from_value(stored).expect("a snapshot")).expect("ours");
    Scene { client, ..scene }
}

#[test]
fn metadata_and_keys_expire_separately() {
    let mut keys = with_expired(&["keys_freshness"], minutes(1));
    keys.log_in().expect("a person");
    assert_eq!(keys.op.asked(), [KEYS, TOKEN]);
    let mut metadata = with_expired(&["metadata_freshness"], minutes(1));
    metadata.log_in().expect("a person");
    assert_eq!(metadata.op.asked(), [DISCOVERY, KEYS, TOKEN]);
}

#[test]
fn what_has_long_expired_does_not_serve_while_the_op_is_away() {
    for long_expired in [&["keys_freshness"][..], &["metadata_freshness"]] {
        for (hours, works) in [(23, true), (25, false)] {
            let mut scene = with_expired(long_expired, HOUR * hours);
            for path in ["/.well-known/openid-configuration", "/jwkSet"] {
                (0..2).for_each(|_| scene.op.react(path, Reaction::NotSent));
            }
            let login = scene.play(scene.client.authorize(AuthorizationRequest::login(SERVICE)));
            assert_eq!(login.is_ok(), works, "{long_expired:?} {hours} hours ago");
        }
    }
}
