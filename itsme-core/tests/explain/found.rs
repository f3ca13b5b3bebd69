//! What explaining reports as found, for whoever debugs a login.

use std::time::Duration;

use itsme_core::{
    AuthorizationRequest, BackchannelRequest, LoginState, Platform,
    explain::{CheckOutcome, Document, Explainer},
};
use itsme_testkit::{CLIENT_ID, Person, SERVICE, World};
use serde_json::{Value, json};

use crate::{common::Scene, found, settings};

#[test]
fn an_expired_token_is_told_with_the_seconds() {
    let settings = settings();
    let now = World::new().now();
    let (iat, exp) = (now.as_secs() - 400, now.as_secs() - 312);
    let claims = json!({ "iss": "https://op.example/v2", "aud": "OTHER", "exp": exp, "iat": iat });
    let claims = claims.as_object().expect("claims");
    let explanation = Explainer::new(&settings, now).id_token(claims);
    let names: Vec<_> = explanation.failed().map(|report| report.check.name).collect();
    assert_eq!(names, ["aud", "exp", "sub"]);
    let told = "expired 312 s ago, according to your clock; your clock may be fast";
    assert_eq!(found(&explanation, "exp").1, told);
    assert_eq!(found(&explanation, "aud"), (format!("`{CLIENT_ID}`"), "`OTHER`".to_owned()));
    let nonce = explanation.checks.iter().find(|report| report.check.name == "nonce");
    let outcome = nonce.map(|report| report.outcome.clone());
    assert_eq!(outcome, Some(CheckOutcome::NotApplicable), "no login is known");
    assert_eq!(found(&explanation, "nonce").1, "", "where nothing is checked, nothing is found");
    let times = |claims: Value| {
        let claims = claims.as_object().expect("claims").clone();
        let explanation = Explainer::new(&settings, now).id_token(&claims);
        let times = explanation.checks.into_iter().find(|report| report.check.name == "times");
        times.expect("the check").outcome
    };
    assert_eq!(times(json!({ "exp": exp })), CheckOutcome::Passed, "one of the two is there");
    assert_eq!(times(json!({})), CheckOutcome::NotApplicable);
}

#[test]
fn a_login_that_took_too_long_is_told_with_the_seconds() {
    let mut scene = Scene::new();
    let login = scene.authorize(AuthorizationRequest::login(SERVICE));
    let callback = scene.op.approve(&login.url, &Person::ann());
    scene.world.advance(Duration::from_secs(1000));
    let settings = settings();
    let explainer = Explainer::new(&settings, scene.world.now());
    let absent = explainer.callback(callback.as_str());
    assert!(absent.checks.iter().all(|report| report.outcome == CheckOutcome::NotApplicable));
    assert_eq!(absent.checks.len(), Document::Callback.checks().len(), "all are reported");
    let explanation = explainer.login(&login.state).callback(callback);
    let names: Vec<_> = explanation.failed().map(|report| report.check.name).collect();
    assert_eq!(names, ["age"]);
    let (expected, found) = found(&explanation, "age");
    assert_eq!(expected, "started at most 900 s ago, according to your clock");
    assert_eq!(found, "started 1000 s ago, according to your clock");
}

#[test]
fn what_is_odd_about_a_callback_is_told() {
    let mut scene = Scene::new();
    let begun = scene.world.now();
    let login = scene.authorize(AuthorizationRequest::login(SERVICE));
    let callback = scene.op.approve(&login.url, &Person::ann());
    let settings = settings();
    let explain =
        |now, callback: &str| Explainer::new(&settings, now).login(&login.state).callback(callback);
    let told = |now, callback: &str, name| found(&explain(now, callback), name).1;
    assert_eq!(told(begun, &callback, "state"), "the login's");
    let other = told(begun, &callback.replace("&state=", "&state=x"), "state");
    assert!(other.starts_with("a different login's"), "{other}");
    assert_eq!(told(begun, &callback, "age"), "started 0 s ago, according to your clock");
    let set_back = begun.before(Duration::from_secs(90));
    let age = "started 90 s in the future, according to your clock; was the clock set back?";
    assert_eq!(told(set_back, &callback, "age"), age);

    let too_long = explain(begun, &"x".repeat(20_000));
    let failed: Vec<_> = too_long.failed().map(|report| report.check.name).collect();
    assert_eq!(failed, ["size"], "nothing in it is read");
    for name in ["duplicates", "state", "code or error"] {
        let report = too_long.checks.iter().find(|report| report.check.name == name);
        assert_eq!(
            report.map(|it| it.outcome.clone()),
            Some(CheckOutcome::NotApplicable),
            "{name}"
        );
    }
}

/// A request without a browser has no `nonce`, but an id that the token may contain.
#[test]
fn a_token_for_a_ticket_is_held_against_its_request() {
    let mut scene = Scene::new();
    let login = AuthorizationRequest::login(SERVICE);
    let ann = scene.op.sub_of(&Person::ann());
    let request = BackchannelRequest::known_user(ann, login);
    let ticket = scene.play(scene.client.start_backchannel(request)).expect("a ticket");
    let settings = settings();
    let explainer = Explainer::new(&settings, scene.world.now()).ticket(&ticket);
    let claim = "urn:openid:params:jwt:claim:auth_req_id";
    for (id, expected) in [(ticket.auth_req_id(), false), ("another", true)] {
        let claims = json!({ claim: id, "sub": "somebody else" });
        let explanation = explainer.id_token(claims.as_object().expect("claims"));
        let failed: Vec<_> = explanation.failed().map(|report| report.check.name).collect();
        assert_eq!(failed.contains(&"auth_req_id"), expected, "{id}");
        assert!(failed.contains(&"known user"));
        assert!(!failed.contains(&"nonce"));
    }
}

/// Changes one claim of a sound ID token; none removes it.
#[test]
fn each_claim_is_told_without_its_value() {
    let mut scene = Scene::warm();
    let settings = settings();
    let asked = scene.world.now().as_secs();
    let login = scene.authorize(AuthorizationRequest::login(SERVICE));
    let kept = serde_json::to_string(&login.state).expect("JSON");
    let kept: LoginState = serde_json::from_str(&kept).expect("a login state");
    let callback = scene.op.approve(&login.url, &Person::ann());
    let flow = scene.client.finish_login(login.state, callback);
    let who = scene.play(flow).expect("a person");
    let provider = scene.client.provider().expect("it is cached");
    let explainer = Explainer::new(&settings, scene.world.now()).provider(&provider).login(&kept);
    let read = explainer.signed_token(who.evidence.id_token());
    let sound = read.reveal_claims().expect("claims");
    let sub = sound["sub"].as_str().expect("text");
    let told = |changes: &[(&str, Option<Value>)], check| {
        let mut claims = sound.clone();
        for (claim, value) in changes {
            match value {
                Some(value) => claims.insert((*claim).to_owned(), value.clone()),
                None => claims.remove(*claim),
            };
        }
        let explanation = match check {
            "same sub" => explainer.userinfo(&claims, Some(sub)),
            _ => explainer.id_token(&claims),
        };
        found(&explanation, check).1
    };
    assert_eq!(told(&[], "required claims"), "all of them");
    assert_eq!(told(&[("exp", None), ("iat", None)], "required claims"), "no `exp`, no `iat`");
    assert_eq!(told(&[], "nonce"), "the same");
    assert_eq!(told(&[], "same sub"), "the same `sub`");
    for (claim, value, check, expected) in [
        ("nonce", json!("x"), "nonce", "a different login's"),
        ("nonce", json!(""), "nonce", "an empty string"),
        ("nonce", json!(7), "nonce", "a number"),
        ("sub", json!("x"), "same sub", "a different `sub`"),
        ("sub", json!("x"), "sub", "a string"),
        ("sub", json!("x\u{7}"), "sub", "a string that is too long or has control characters"),
        ("sub", json!(""), "sub", "an empty string"),
        ("sub", json!(7), "sub", "a number"),
        ("exp", json!(1e20), "times", "`exp` is a number out of range, perhaps in milliseconds"),
        ("iat", json!(asked), "age", "issued 0 s before the request"),
        ("iat", json!(asked + 5), "age", "issued 5 s after the request"),
        ("iat", json!(asked - 600), "age", "issued 600 s before the request"),
        (
            "iat",
            json!(asked - 601),
            "age",
            "issued 601 s before the request; it may belong to a different login, or your clock may be fast",
        ),
    ] {
        assert_eq!(told(&[(claim, Some(value.clone()))], check), expected, "{claim}: {value}");
    }
}

#[test]
fn members_of_a_token_answer_are_told_by_their_type() {
    let settings = settings();
    let explainer = Explainer::new(&settings, World::new().now());
    for (value, expected) in [
        (json!("x"), "a string"),
        (json!(""), "an empty string"),
        (json!(7), "not a string"),
        (json!(null), "nothing"),
    ] {
        let answer = json!({ "access_token": value }).to_string();
        let explanation = explainer.token_answer(answer.as_bytes()).expect("an object");
        assert_eq!(found(&explanation, "access_token").1, expected);
    }
}
