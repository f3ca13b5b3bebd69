//! A stored login can be finished; a damaged one is refused.

use std::{cell::RefCell, time::Duration};

use itsme_core::{Acr, AuthorizationRequest, Claim, LoginState, Scope};
use itsme_testkit::{Person, SERVICE};
use proptest::{collection::vec, option, prelude::*, sample::subsequence};
use serde_json::{Value, json};

use crate::{common::Scene, config};

const SCOPES: [Scope; 6] =
    [Scope::Address, Scope::Eid, Scope::Email, Scope::IdDocument, Scope::Phone, Scope::Profile];

fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 16..40).prop_map(String::from_iter)
}

fn login() -> impl Strategy<Value = AuthorizationRequest> {
    let own = (option::of(text()), option::of(text()), option::of("[A-Za-z0-9._~-]{43,128}"));
    let level = option::of(prop_oneof![Just(Acr::Basic), Just(Acr::Advanced)]);
    let asked = (subsequence(&SCOPES[..], 0..=6), any::<bool>(), any::<bool>());
    (own, asked, level, option::of(0..100_000_u64)).prop_map(
        |((state, nonce, verifier), (scopes, in_token, photo), level, max_age)| {
            let login = scopes
                .into_iter()
                .fold(AuthorizationRequest::login(SERVICE), |login, s| login.scope(s));
            let login = if in_token { login.claim(Claim::Name) } else { login };
            let login = if photo { login.claim(Claim::Photo.in_userinfo()) } else { login };
            let login = state.into_iter().fold(login, |login, state| login.state(state));
            let login = nonce.into_iter().fold(login, |login, nonce| login.nonce(nonce));
            let login = verifier.into_iter().fold(login, |login, own| login.code_verifier(own));
            let login = level.into_iter().fold(login, |login, level| login.acr(level));
            let max_age = max_age.map(Duration::from_secs);
            max_age.into_iter().fold(login, |login, max_age| login.max_age(max_age))
        },
    )
}

#[test]
fn a_stored_login_is_finished() {
    let scene = RefCell::new(Scene::warm());
    proptest!(config(40), |(login in login(), (name, value) in ("[^a-z]{1,8}", ".{0,8}"))| {
        let scene = &mut *scene.borrow_mut();
        let redirect = scene.authorize(login);
        let callback = scene.op.approve(&redirect.url, &Person::ann());
        let mut stored = serde_json::to_value(&redirect.state)?;
        stored[&name] = json!(value);
        stored["asked"][&name] = json!({ "later": value });
        let state: LoginState = serde_json::from_str(&stored.to_string())?;
        prop_assert_eq!(state.id(), redirect.state.id());
        let who = scene.play(scene.client.finish_login(state, callback));
        prop_assert_eq!(who.map(|who| who.user.sub.clone()).ok(), Some(scene.op.sub_of(&Person::ann())));
    });
}

#[test]
fn another_version_is_refused() {
    let scene = RefCell::new(Scene::warm());
    let other = prop_oneof![
        any::<u64>().prop_filter("another", |version| *version != 2).prop_map(|v| json!(v)),
        any::<i64>().prop_filter("another", |version| *version != 2).prop_map(|v| json!(v)),
        any::<String>().prop_map(|v| json!(v)),
        Just(Value::Null),
        Just(json!(2.0)),
        Just(json!([2])),
    ];
    proptest!(config(64), |(login in login(), version in other)| {
        let mut stored = serde_json::to_value(scene.borrow_mut().authorize(login).state)?;
        prop_assert!(serde_json::from_value::<LoginState>(stored.clone()).is_ok());
        stored["v"] = version;
        prop_assert!(serde_json::from_value::<LoginState>(stored).is_err());
    });
}

/// Cut anywhere, without one of its members, or with one of another type.
#[test]
fn what_was_damaged_is_refused() {
    let scene = RefCell::new(Scene::warm());
    proptest!(config(24), |(login in login())| {
        let stored = serde_json::to_value(&scene.borrow_mut().authorize(login).state)?;
        let text = stored.to_string();
        for length in 0..text.len() {
            let cut = &text.as_bytes()[..length];
            prop_assert!(serde_json::from_slice::<LoginState>(cut).is_err(), "{}", length);
        }
        for name in stored.as_object().expect("an object").keys() {
            let mut without = stored.clone();
            without.as_object_mut().expect("an object").remove(name);
            prop_assert!(serde_json::from_value::<LoginState>(without).is_err(), "{}", name);
            let mut with_another = stored.clone();
            with_another[name] = json!([true]);
            prop_assert!(serde_json::from_value::<LoginState>(with_another).is_err(), "{}", name);
        }
    });
}
