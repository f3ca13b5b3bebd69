//! What a browser brings back, and how each variant ends. No request is made for a callback that
//! does not answer the login.

mod common;

use std::time::Duration;

use common::{Scene, TOKEN, flow_error};
use itsme_core::{
    Acr, AuthorizationRequest, Callback, CallbackError, Client, Error, ErrorCode, LoginState,
    Redirect, Scope,
};
use itsme_testkit::{Document, Person, SERVICE};
use serde_json::{Value, json};

/// A login that was started and approved: its state, and the URL that the browser is sent to.
fn begun(scene: &mut Scene) -> (LoginState, String) {
    let Redirect { url, state, .. } = scene.authorize(AuthorizationRequest::login(SERVICE));
    let callback = scene.op.approve(&url, &Person::ann());
    scene.op.forget_asked();
    (state, callback)
}

fn refused(change: impl FnOnce(&str) -> String) -> Error {
    let mut scene = Scene::warm();
    let (state, callback) = begun(&mut scene);
    let error = flow_error(scene.play(scene.client.finish_login(state, change(&callback))));
    assert_eq!(scene.op.asked(), [""; 0], "no request is made");
    error
}

fn callback_error(change: impl FnOnce(&str) -> String) -> CallbackError {
    match refused(change) {
        Error::Callback(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn each_form_of_a_callback_logs_in() {
    let url = |url: &str| Callback::from(url);
    let query = |url: &str| Callback::from(url.split_once('?').expect("a query").1);
    let pairs = |url: &str| {
        let parsed = url::Url::parse(url).expect("a URL");
        Callback::from_pairs(parsed.query_pairs().map(|(n, v)| (n.into_owned(), v.into_owned())))
    };
    for form in [url, query, pairs] {
        let mut scene = Scene::warm();
        let (state, callback) = begun(&mut scene);
        assert!(scene.play(scene.client.finish_login(state, form(&callback))).is_ok());
    }
}

#[test]
fn what_is_not_an_answer_is_told_apart() {
    let twice = callback_error(|url| format!("{url}&code=another"));
    assert_eq!(twice, CallbackError::Duplicate("code"));
    let without_state = callback_error(|url| url.replace("&state=", "&x="));
    assert_eq!(without_state, CallbackError::MissingState);
    let foreign = callback_error(|url| url.replace("&state=", "&state=x"));
    assert_eq!(foreign, CallbackError::ForeignState);
    let without_code = callback_error(|url| url.replace("?code=", "?x="));
    assert_eq!(without_code, CallbackError::MissingCode);
    let both = callback_error(|url| format!("{url}&error=access_denied"));
    assert_eq!(both, CallbackError::CodeAndError);
    let other_op = callback_error(|url| format!("{url}&iss=https%3A%2F%2Fevil.example"));
    assert_eq!(other_op, CallbackError::ForeignIssuer);
    let nobody = callback_error(|url| format!("{url}&iss="));
    assert_eq!(nobody, CallbackError::ForeignIssuer);
    let denied_elsewhere = callback_error(|url| {
        url.replace("?code=", "?error=access_denied&x=") + "&iss=https%3A%2F%2Fevil.example"
    });
    assert_eq!(denied_elsewhere, CallbackError::ForeignIssuer);
}

/// This fails before its issuer's metadata is fetched: a mix-up costs no request.
#[test]
fn another_issuer_is_refused_by_a_cold_client_as_well() {
    let mut scene = Scene::new();
    let (state, callback) = begun(&mut scene);
    scene.client = Client::new(scene.op.settings()).expect("the settings are sound");
    let callback = format!("{callback}&iss=https%3A%2F%2Fevil.example");
    let error = flow_error(scene.play(scene.client.finish_login(state, callback)));
    assert!(matches!(error, Error::Callback(CallbackError::ForeignIssuer)), "{error}");
    assert_eq!(scene.op.asked(), [""; 0], "no request is made");
}

/// An older name of the environment's, but not the one in this OP's metadata.
#[test]
fn an_issuer_of_the_environment_is_not_yet_that_of_the_metadata() {
    let mut scene = Scene::at(itsme_core::Environment::E2e);
    let (state, callback) = begun(&mut scene);
    let callback = format!("{callback}&iss=https%3A%2F%2Foidc.e2e.itsme.services%2Fv2");
    let error = flow_error(scene.play(scene.client.finish_login(state, callback)));
    assert!(matches!(error, Error::Callback(CallbackError::ForeignIssuer)), "{error}");
    assert_eq!(scene.op.asked(), [""; 0], "the code is not redeemed");
}

#[test]
fn the_issuer_is_compared_if_present_and_required_if_promised() {
    let promise = |scene: &mut Scene| {
        scene.op.alter(Document::Discovery, |document| {
            let name = "authorization_response_iss_parameter_supported";
            document.insert(name.into(), json!(true));
        });
    };
    let iss = |url: String| format!("{url}&iss=https%3A%2F%2Fop.example%2Fv2");
    let mut scene = Scene::new();
    promise(&mut scene);
    let Redirect { url, state, .. } = scene.authorize(AuthorizationRequest::login(SERVICE));
    let denied = scene.op.deny(&url);
    let error = flow_error(scene.play(scene.client.finish_login(state, denied)));
    assert!(matches!(error, Error::Callback(CallbackError::MissingIssuer)), "{error}");
    for (promised, present, works) in
        [(false, false, true), (false, true, true), (true, true, true), (true, false, false)]
    {
        let mut scene = Scene::new();
        if promised {
            promise(&mut scene);
        }
        let (state, callback) = begun(&mut scene);
        let callback = if present { iss(callback) } else { callback };
        let result = scene.play(scene.client.finish_login(state, callback));
        assert_eq!(result.is_ok(), works, "promised {promised}, present {present}");
        if !works {
            assert!(matches!(flow_error(result), Error::Callback(CallbackError::MissingIssuer)));
            assert_eq!(scene.times(TOKEN), 0, "the code is not redeemed");
        }
    }
}

#[test]
fn the_person_may_refuse() {
    let mut scene = Scene::warm();
    let Redirect { url, state, .. } = scene.authorize(AuthorizationRequest::login(SERVICE));
    let callback = scene.op.deny(&url);
    let error = flow_error(scene.play(scene.client.finish_login(state, callback)));
    assert!(matches!(error, Error::Cancelled), "{error}");
    assert_eq!(scene.op.asked(), [""; 0]);
}

#[test]
fn the_op_may_refuse_in_its_own_words() {
    let error =
        refused(|url| url.replace("?code=", "?error=temporary_unavailable&detail=later&uid=17&x="));
    let Error::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!(refusal.code, ErrorCode::TemporarilyUnavailable);
    assert_eq!(refusal.description.as_deref(), Some("later"));
    assert_eq!(refusal.uid.as_deref(), Some("17"));
    assert_eq!(refusal.status, None);
    assert_eq!(refusal.to_string(), "temporarily_unavailable: later [uid 17]");

    // The fake OP's own errors come back the same way.
    let mut scene = Scene::warm();
    let Redirect { url, state, .. } =
        scene.authorize(AuthorizationRequest::login("NOT_MY_SERVICE"));
    let callback = scene.op.approve(&url, &Person::ann());
    let error = flow_error(scene.play(scene.client.finish_login(state, callback)));
    let Error::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!(refusal.code, ErrorCode::InvalidScope);
}

#[test]
fn a_login_expires_after_a_quarter_of_an_hour() {
    for (wait, works) in [(15 * 60, true), (15 * 60 + 1, false)] {
        let mut scene = Scene::warm();
        let Redirect { url, state, .. } = scene.authorize(AuthorizationRequest::login(SERVICE));
        scene.world.advance(Duration::from_secs(wait));
        let callback = scene.op.approve(&url, &Person::ann());
        let result = scene.play(scene.client.finish_login(state, callback));
        assert_eq!(result.is_ok(), works, "after {wait} s");
        if !works {
            assert!(matches!(flow_error(result), Error::LoginExpired));
            assert_eq!(scene.times(TOKEN), 0);
        }
    }
}

#[test]
fn a_login_from_the_future_is_expired() {
    use itsme_core::Platform;
    let mut scene = Scene::warm();
    let (state, callback) = begun(&mut scene);
    scene.world.set(scene.world.now().before(Duration::from_secs(61)));
    let error = flow_error(scene.play(scene.client.finish_login(state, callback)));
    assert!(matches!(error, Error::LoginExpired), "{error}");
}

#[test]
fn a_login_of_another_client_is_refused() {
    let mut scene = Scene::warm();
    let (state, callback) = begun(&mut scene);
    let mut stored = serde_json::to_value(&state).expect("JSON");
    for (member, other) in [("client_id", "OTHER"), ("issuer", "https://evil.example")] {
        let mut foreign = stored.clone();
        foreign["client"][member] = json!(other);
        let foreign: LoginState = serde_json::from_value(foreign).expect("a state");
        let error = flow_error(scene.play(scene.client.finish_login(foreign, callback.as_str())));
        assert!(matches!(error, Error::Callback(CallbackError::ForeignClient)), "{error}");
    }
    stored["unknown"] = json!({ "x": 1 });
    let state: LoginState = serde_json::from_value(stored).expect("a state");
    assert!(
        scene.play(scene.client.finish_login(state, callback)).is_ok(),
        "unknown members are accepted"
    );
}

/// The library cannot know that a state was used before, but the OP knows that the code was.
#[test]
fn a_replay_with_a_kept_state_ends_at_the_op() {
    let mut scene = Scene::warm();
    let (state, callback) = begun(&mut scene);
    let kept = serde_json::to_string(&state).expect("JSON");
    assert!(scene.play(scene.client.finish_login(state, callback.as_str())).is_ok());
    let state = serde_json::from_str(&kept).expect("a state");
    let error = flow_error(scene.play(scene.client.finish_login(state, callback)));
    let Error::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!(refusal.code, ErrorCode::InvalidGrant);
    assert_eq!(refusal.description.as_deref(), Some("the code has already been used"));
    assert_eq!(refusal.status, Some(400));
}

/// The code of one login with the state of another: PKCE and nonce catch it.
#[test]
fn an_injected_code_is_refused() {
    let mut scene = Scene::warm();
    let (_, foreign) = begun(&mut scene);
    let (state, own) = begun(&mut scene);
    let code = |url: &str| {
        let (_, rest) = url.split_once("?code=").expect("a code");
        rest.split_once('&').expect("a state").0.to_owned()
    };
    let injected = own.replace(&code(&own), &code(&foreign));
    let error = flow_error(scene.play(scene.client.finish_login(state, injected)));
    let Error::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!(refusal.description.as_deref(), Some("code_verifier does not match code_challenge"));
}

#[test]
fn a_state_fits_into_a_cookie_and_hides_its_secrets() {
    let mut scene = Scene::warm();
    let claims = (0..20).map(|n| itsme_core::Claim::Other(format!("urn:claim:{n}")).in_userinfo());
    let login =
        claims.fold(AuthorizationRequest::login(SERVICE), |login, claim| login.claim(claim));
    let all = [Scope::Address, Scope::Eid, Scope::Email, Scope::IdDocument, Scope::Phone];
    let by_scopes = AuthorizationRequest::login(SERVICE).scope(Scope::Profile);
    let by_scopes = all.into_iter().fold(by_scopes, |login, scope| login.scope(scope));
    let by_scopes = by_scopes.claim(itsme_core::Claim::Photo).known_user("s".repeat(36));
    for login in [by_scopes.acr(Acr::Advanced).max_age(Duration::from_secs(1)), login.clone()] {
        let size = serde_json::to_string(&scene.authorize(login).state).expect("JSON").len();
        assert!(size <= 1024, "{size} bytes");
    }
    let state = scene.authorize(login).state;
    let stored = serde_json::to_value(&state).expect("JSON");
    assert_eq!(stored["v"], 2);
    assert_eq!(stored["state"], state.id());
    assert_eq!(format!("{state:?}"), "LoginState(..)");

    let mut newer = stored;
    newer["v"] = json!(3);
    let error = serde_json::from_value::<LoginState>(newer).expect_err("another version");
    assert!(error.to_string().contains("start again"), "{error}");
    assert!(serde_json::from_value::<LoginState>(Value::Null).is_err());
}

#[test]
fn another_client_finishes_what_one_began() {
    let mut scene = Scene::warm();
    let (state, callback) = begun(&mut scene);
    let carried = serde_json::to_string(&state).expect("JSON");
    scene.client = Client::new(scene.op.settings()).expect("the settings are sound");
    let state = serde_json::from_str(&carried).expect("a state");
    assert!(scene.play(scene.client.finish_login(state, callback)).is_ok());
}
