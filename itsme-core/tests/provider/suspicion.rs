//! Responses after which the keys are fetched again, because one of them may have been replaced.

use itsme_core::{AuthorizationRequest, Client, Error};
use itsme_testkit::{Reaction, SERVICE};
use serde_json::json;

use crate::{
    common::{KEYS, Scene, TOKEN, flow_error},
    minutes,
};

/// Whether the OP says so itself or through the browser.
#[test]
fn a_refused_request_object_that_comes_back_by_the_browser_has_the_keys_fetched() {
    let mut scene = Scene::warm();
    for _ in 0..2 {
        let login = scene.authorize(AuthorizationRequest::login(SERVICE));
        let callback = format!("error=invalid_request_object&state={}", login.state.id());
        let error = flow_error(scene.play(scene.client.finish_login(login.state, callback)));
        assert!(matches!(error, Error::Refused(_)), "{error}");
        scene.log_in().expect("a person");
    }
    assert_eq!(scene.times(KEYS), 1, "once within a minute");
}

/// Nothing else shows that the OP has changed its encryption key.
#[test]
fn a_refused_client_fetches_the_keys_before_the_next_attempt() {
    let mut scene = Scene::warm();
    scene.op.rotate_encryption_key();
    let error = flow_error(scene.log_in());
    let Error::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!(refusal.code, itsme_core::ErrorCode::InvalidClient);
    assert!(scene.log_in().is_ok());
    assert_eq!(scene.op.asked(), [TOKEN, KEYS, TOKEN]);

    scene.op.rotate_encryption_key();
    assert!(scene.log_in().is_err());
    assert!(scene.log_in().is_err(), "under the same pause as unknown kids");
    assert_eq!(scene.times(KEYS), 1);
    scene.world.advance(minutes(1));
    assert!(scene.log_in().is_ok());
    assert_eq!(scene.times(KEYS), 2);
}

#[test]
fn each_refusal_of_the_client_itself_makes_the_keys_suspect() {
    for (code, suspect) in [
        ("invalid_client", true),
        ("unauthorized_client", true),
        ("invalid_request_object", true),
        ("invalid_grant", false),
        ("access_denied", false),
    ] {
        let mut scene = Scene::warm();
        let body = json!({ "error": code }).to_string();
        let response = http::Response::builder().status(400).body(body.into_bytes());
        scene.op.react("/token", Reaction::Reply(response.expect("a response")));
        let error = flow_error(scene.log_in());
        assert!(matches!(error, Error::Refused(_)), "{code} from the OP is not a cancellation");
        for _ in 0..2 {
            assert!(scene.log_in().is_ok());
        }
        assert_eq!(scene.times(KEYS), usize::from(suspect), "{code}: fetched once, if at all");
    }
}

/// It sends nothing that is encrypted to the OP.
#[test]
fn a_refusal_of_a_client_with_a_secret_says_nothing_about_the_keys() {
    for code in ["invalid_client", "unauthorized_client"] {
        let mut scene = Scene::new();
        scene.client = Client::new(scene.op.secret_settings()).expect("the settings are sound");
        scene.log_in().expect("a person");
        let body = json!({ "error": code }).to_string();
        let response = http::Response::builder().status(400).body(body.into_bytes());
        scene.op.react("/token", Reaction::Reply(response.expect("a response")));
        assert!(matches!(flow_error(scene.log_in()), Error::Refused(_)), "{code}");
        scene.log_in().expect("a person");
        assert_eq!(scene.times(KEYS), 1, "{code}: fetched for the first login");
    }
}
