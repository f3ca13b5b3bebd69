//! What needs no RSA operation: (4) an authorization URL with its parameters in the query, and (5)
//! a login state that passes through a session, and the callback that returns to it.

use itsme_core::{AuthorizationRequest, Callback, Client, LoginState, Redirect};
use itsme_testkit::{Clock, Person, SERVICE};

use crate::{
    id_token::{IdToken, usual_claims},
    paired::{compare, way},
    scene::{Scene, done},
};

/// (4)
pub fn begin(client: &Client, clock: &mut Clock) -> Redirect {
    done(client.authorize(AuthorizationRequest::login(SERVICE)), clock)
}

/// (5)
fn come_back(state: &LoginState, callback: &str) -> (LoginState, Callback) {
    let session = serde_json::to_string(state).expect("JSON");
    let state: LoginState = serde_json::from_str(&session).expect("a login state");
    let callback = Callback::from(callback);
    assert_eq!(callback.state().as_deref(), Some(state.id()));
    (state, callback)
}

pub fn measure() {
    let mut scene = Scene::new();
    let token = IdToken::of(&mut scene, usual_claims(), &Person::ann());
    let (client, mut clock) = (scene.client.clone(), scene.clock.clone());
    let Redirect { url, state, .. } = begin(&client, &mut clock);
    let callback = scene.op.approve(&url, &Person::ann());
    let mut begun = clock.clone();
    let both = |()| (begin(&client, &mut clock), come_back(&state, &callback));
    let ways = [
        ("both", way(200, || (), both)),
        ("(4) authorization URL", way(200, || (), |()| begin(&client, &mut begun))),
        ("(5) state and callback", way(200, || (), |()| come_back(&state, &callback))),
        ("(1) ID token", token.itsme(&scene, 8)),
    ];
    let bytes = serde_json::to_string(&state).expect("JSON").len();
    compare(&format!("(4) and (5), login state of {bytes} bytes"), ways);
}
