//! What fails before a request is made, and responses that cannot be used.

use std::time::Duration;

use itsme_core::{
    AuthorizationRequest, BackchannelRequest, CibaTicket, Client, Endpoint, Error, Prompt, QrLogin,
    RequestError, Response, Settings, UserDiscoveryTicket,
};
use itsme_testkit::{FakeOp, REDIRECT_URI, Reaction, SERVICE, private_keys};
use serde_json::json;

use crate::{
    asked, begin,
    common::{Scene, flow_error},
    refusal, stored,
};

#[test]
fn a_foreign_ticket_is_told_before_any_request() {
    let mut scene = Scene::warm();
    let (discovery, ticket) = (begin(&mut scene), asked(&mut scene));
    let settings = Settings::new(
        "ANOTHER",
        private_keys(),
        itsme_core::Environment::custom(scene.op.issuer()),
    );
    for settings in
        [settings, FakeOp::with_issuer("https://b.example", scene.world.clock()).settings()]
    {
        let other = Client::new(settings).expect("the settings are sound");
        let error = flow_error(scene.play(other.poll_backchannel(stored(&ticket))));
        assert!(matches!(error, Error::ForeignTicket), "{error}");
        let error = flow_error(scene.play(other.poll_user_discovery(stored(&discovery))));
        assert!(matches!(error, Error::ForeignTicket), "{error}");
    }
    assert!(scene.op.asked().is_empty());
    let text = serde_json::to_string(&discovery).expect("JSON");
    for id in ["", ".", "..", &"x".repeat(257)] {
        let with_id = text.replace(discovery.session_id(), id);
        let read = serde_json::from_str::<UserDiscoveryTicket>(&with_id);
        assert!(read.is_err(), "{id:?} is not a path segment");
    }
    let version = |text: String| text.replacen("\"v\":2", "\"v\":3", 1);
    let later = version(serde_json::to_string(&ticket).expect("JSON"));
    assert!(serde_json::from_str::<CibaTicket>(&later).is_err(), "it has another version");
    assert_eq!(format!("{ticket:?} {discovery:?}"), "CibaTicket(..) UserDiscoveryTicket(..)");
}

#[test]
fn what_a_browser_would_carry_is_refused_before_any_request() {
    let refused = |scene: &mut Scene, request: BackchannelRequest| {
        let error = flow_error(scene.play(scene.client.start_backchannel(request)));
        assert!(scene.op.asked().is_empty());
        let Error::Request(error) = error else { panic!("{error}") };
        error
    };
    let mut scene = Scene::warm();
    let login = || AuthorizationRequest::login(SERVICE);
    for (name, request) in [
        ("prompt", login().prompt(Prompt::Login)),
        ("max_age", login().max_age(Duration::from_secs(1))),
        ("ui_locales", login().ui_locales([itsme_core::UiLocale::Dutch])),
        ("redirect_uri", login().redirect_uri(REDIRECT_URI)),
        ("state", login().state("0123456789abcdef")),
        ("nonce", login().nonce("0123456789abcdef")),
        ("code_verifier", login().code_verifier("v".repeat(43))),
    ] {
        let error = refused(&mut scene, BackchannelRequest::known_user("sub", request.clone()));
        assert_eq!(error, RequestError::NotInBackchannel(name));
        let flow = scene.client.next_qr_step(QrLogin::new(request));
        let error = flow_error(scene.play(flow));
        assert!(matches!(error, Error::Request(RequestError::NotInBackchannel(n)) if n == name));
    }
    let known = |login| BackchannelRequest::known_user("sub", login);
    assert_eq!(
        refused(&mut scene, known(AuthorizationRequest::login(""))),
        RequestError::EmptyServiceCode
    );
    let nobody = BackchannelRequest::known_user("", login());
    assert_eq!(refused(&mut scene, nobody), RequestError::EmptyKnownUser);
    let no_time = known(login()).requested_expiry(Duration::from_millis(999));
    assert_eq!(refused(&mut scene, no_time), RequestError::RequestedExpiry);

    for settings in [scene.op.secret_settings(), FakeOp::new(scene.world.clock()).v1().settings()] {
        scene.client = Client::new(settings).expect("the settings are sound");
        assert_eq!(refused(&mut scene, known(login())), RequestError::NoBackchannel);
        let error = flow_error(scene.play(scene.client.discover_user()));
        assert!(matches!(error, Error::Request(RequestError::NoBackchannel)), "{error}");
    }
}

#[test]
fn answers_that_are_none_are_named() {
    let reply =
        |body: serde_json::Value| Reaction::Reply(Response::new(body.to_string().into_bytes()));
    let code = "iVBORw0KGgo=";
    for (body, expected) in [
        (json!({ "qr_code": code }), "it has no usable `user_discovery_session_id`"),
        (
            json!({ "qr_code": code, "user_discovery_session_id": "." }),
            "it has no usable `user_discovery_session_id`",
        ),
        (
            json!({ "qr_code": code, "user_discovery_session_id": ".." }),
            "it has no usable `user_discovery_session_id`",
        ),
        (
            json!({ "qr_code": code, "user_discovery_session_id": "a".repeat(257) }),
            "it has no usable `user_discovery_session_id`",
        ),
        (json!({ "user_discovery_session_id": "a".repeat(256) }), "it has no `qr_code`"),
    ] {
        let mut scene = Scene::warm();
        scene.op.react("/user_discovery_sessions", reply(body));
        let error = flow_error(scene.play(scene.client.discover_user()));
        let Error::Malformed { endpoint: Endpoint::UserDiscovery, what } = error else {
            panic!("{error}")
        };
        assert_eq!(what, expected);
    }
    for (body, expected) in [
        (json!({}), "its `status` is neither PENDING_USER_DISCOVERY nor USER_DISCOVERED"),
        (
            json!({ "status": "DONE" }),
            "its `status` is neither PENDING_USER_DISCOVERY nor USER_DISCOVERED",
        ),
        (json!({ "status": "USER_DISCOVERED" }), "it has no `user_identifier_token`"),
        (
            json!({ "status": "USER_DISCOVERED", "user_identifier_token": "" }),
            "it has no `user_identifier_token`",
        ),
    ] {
        let mut scene = Scene::warm();
        let ticket = begin(&mut scene);
        let path = format!("/user_discovery_sessions/{}", ticket.session_id());
        scene.op.react(&path, reply(body));
        let error = flow_error(scene.play(scene.client.poll_user_discovery(ticket)));
        assert!(matches!(&error, Error::Malformed { what, .. } if what == expected), "{error}");
    }
    let mut scene = Scene::warm();
    let ticket = begin(&mut scene);
    let path = format!("/user_discovery_sessions/{}", ticket.session_id());
    scene.op.react(&path, refusal(400, "invalid_request", None));
    let error = flow_error(scene.play(scene.client.poll_user_discovery(ticket)));
    assert!(matches!(&error, Error::Refused(_)), "a refusal ends the discovery: {error}");
    for (body, expected) in [
        (json!({ "expires_in": 300 }), "it has no `auth_req_id`"),
        (json!({ "auth_req_id": "", "expires_in": 300 }), "it has no `auth_req_id`"),
        (json!({ "auth_req_id": "a" }), "it has no `expires_in`"),
    ] {
        let mut scene = Scene::warm();
        scene.op.react("/backchannel/authentication", reply(body));
        let request = BackchannelRequest::known_user("sub", AuthorizationRequest::login(SERVICE));
        let error = flow_error(scene.play(scene.client.start_backchannel(request)));
        assert!(matches!(&error, Error::Malformed { what, .. } if what == expected), "{error}");
    }
}
