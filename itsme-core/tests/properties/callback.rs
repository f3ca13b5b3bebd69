//! Whatever a browser brings back, nothing panics, and only an answer to the login causes a request.

use std::cell::RefCell;

use itsme_core::{AuthorizationRequest, Callback, Error};
use itsme_testkit::SERVICE;
use proptest::{collection::vec, prelude::*, sample::select};
use url::form_urlencoded;

use crate::{
    common::{Scene, flow_error},
    config,
};

const NAMES: [&str; 9] =
    ["code", "state", "iss", "error", "error_description", "detail", "error_uri", "uid", "x"];

fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop_oneof![9 => select(&NAMES[..]).prop_map(str::to_owned), 1 => any::<String>()];
    let value =
        prop_oneof![any::<String>(), vec(any::<char>(), 16..30).prop_map(String::from_iter)];
    vec((name, value), 0..6)
}

fn query(pairs: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Texts of every form of a callback, and of none.
fn text() -> impl Strategy<Value = String> {
    let before = select(vec!["", "?", "/cb?", "https://rp.example/cb?", " http://[::1]/?a=1&"]);
    let after = select(vec!["", "#_=_", "\n", "&", "&state", "%"]);
    let formed = (before, pairs(), after);
    prop_oneof![
        formed.prop_map(|(before, pairs, after)| format!("{before}{}{after}", query(&pairs))),
        "[a-z?&=#%+/:]{0,60}",
        any::<String>(),
    ]
}

/// Nobody is logged in. With another state than the login's, which is hardly guessed by chance, no
/// request is made; with the login's own, everything else may be anything.
#[test]
fn what_is_no_answer_makes_no_request() {
    let scene = RefCell::new(Scene::warm());
    proptest!(config(256), |(text in text(), pairs in pairs(), own_state: bool)| {
        let scene = &mut *scene.borrow_mut();
        for callback in [Callback::from(&text), Callback::from_pairs(pairs)] {
            let state = callback.state().filter(|state| own_state && state.chars().count() >= 16);
            let login = AuthorizationRequest::login(SERVICE);
            let login = state.iter().fold(login, |login, state| login.state(state));
            let redirect = scene.authorize(login);
            scene.op.forget_asked();
            let error = flow_error(scene.play(scene.client.finish_login(redirect.state, callback)));
            if state.is_none() {
                prop_assert!(matches!(error, Error::Callback(_)), "{error}");
                prop_assert_eq!(scene.op.asked(), [""; 0]);
            }
        }
    });
}

/// A callback means the same in each of its forms.
#[test]
fn the_forms_agree() {
    proptest!(config(256), |(pairs in pairs())| {
        let expected = Callback::from_pairs(pairs.clone()).state();
        let query = query(&pairs);
        for text in [
            query.clone(),
            format!("?{query}"),
            format!("/cb?{query}"),
            format!("https://rp.example/cb?{query}#_=_"),
        ] {
            prop_assert_eq!(Callback::from(&text).state(), expected.clone(), "{}", text);
        }
    });
}
