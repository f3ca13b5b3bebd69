//! Pings, and what is not one.

use itsme_core::{AuthorizationRequest, BackchannelRequest, CibaTicket, Ping, Settings};
use itsme_testkit::{Person, SERVICE};
use serde_json::json;

use crate::{
    Since, asked, at,
    common::{Scene, TOKEN},
    logged_in, pending, poll, start,
};

/// Where this test's client is pinged.
const NOTIFICATIONS: &str = "https://rp.example/itsme/ping";

/// A client that the OP pings.
fn pinged() -> Scene {
    let mut scene = Scene::with(Settings::ping);
    scene.op.ping_at(NOTIFICATIONS);
    scene
}

/// The OP may ping before the answer is ready: then polling continues as usual.
#[test]
fn after_a_ping_that_was_too_early_it_is_polled_on() {
    let mut scene = pinged();
    let ann = scene.op.sub_of(&Person::ann());
    let ticket = start(
        &mut scene,
        BackchannelRequest::known_user(ann, AuthorizationRequest::login(SERVICE)),
    );
    assert!(ticket.awaits_ping());
    let early = http::Request::post(NOTIFICATIONS)
        .header("authorization", format!("Bearer {}", notification_token(&ticket)))
        .header("content-type", "application/json")
        .body(json!({ "auth_req_id": ticket.auth_req_id() }).to_string())
        .expect("a request");
    let ticket = Ping::read(&early).expect("a ping").authenticate(ticket).expect("the OP's");
    scene.op.forget_asked();
    let since = Since::now(&scene);
    let ticket = pending(poll(&mut scene, ticket));
    scene.op.approve_backchannel(ticket.auth_req_id());
    logged_in(poll(&mut scene, ticket));
    assert_eq!(since.asked(&scene), [at(0, TOKEN), at(5, TOKEN)]);
}

fn notification_token(ticket: &CibaTicket) -> String {
    let stored = serde_json::to_value(ticket).expect("JSON");
    stored["notification_token"].as_str().expect("a token").to_owned()
}

#[test]
fn a_ping_is_accepted_once_by_whoever_proves_to_be_the_op() {
    use itsme_core::PingError::{Bearer, ForeignTicket};
    let mut scene = pinged();
    let ann = scene.op.sub_of(&Person::ann());
    let request = || BackchannelRequest::known_user(&ann, AuthorizationRequest::login(SERVICE));
    let [ticket, other] = [start(&mut scene, request()), start(&mut scene, request())];
    let unpinged = asked(&mut Scene::warm());
    scene.op.approve_backchannel(ticket.auth_req_id());
    let pings = scene.op.pings();
    let [sent] = &pings[..] else { panic!("one ping") };
    assert_eq!(sent.uri(), NOTIFICATIONS);

    let ping = Ping::read(sent).expect("a ping");
    assert_eq!(ping.auth_req_id(), ticket.auth_req_id());
    for foreign in [other, unpinged] {
        let id = foreign.auth_req_id().to_owned();
        let rejected = ping.authenticate(foreign).expect_err("another request");
        assert_eq!((rejected.error, rejected.ticket.auth_req_id()), (ForeignTicket, &*id));
    }
    let mut forged = sent.clone();
    forged.headers_mut().insert("authorization", "Bearer guessed".parse().expect("a value"));
    let forged = Ping::read(&forged).expect("of the right form");
    let rejected = forged.authenticate(ticket).expect_err("a stranger");
    assert_eq!((rejected.error, rejected.error.response().status().as_u16()), (Bearer, 401));

    let ticket = ping.authenticate(rejected.ticket).expect("the OP's ping");
    assert_eq!(ping.response().status(), 204);
    scene.op.forget_asked();
    let since = Since::now(&scene);
    let answer = poll(&mut scene, ticket);
    assert_eq!(logged_in(answer).user.sub, ann);
    assert_eq!(since.asked(&scene), [at(0, TOKEN)], "it is polled immediately");
}

#[test]
fn what_is_no_ping_is_refused_with_the_right_status() {
    let right = || {
        http::Request::post(NOTIFICATIONS)
            .header("authorization", "Bearer token")
            .header("content-type", "application/json; charset=utf-8")
            .body(br#"{"auth_req_id":"a","more":1}"#.to_vec())
            .expect("a request")
    };
    assert!(Ping::read(&right()).is_ok());
    let mut long = right();
    long.body_mut().resize(4096, b' ');
    assert!(Ping::read(&long).is_ok(), "the longest that is read");
    type Change = fn(&mut http::Request<Vec<u8>>);
    let cases: [(&str, u16, Change); 15] = [
        ("GET", 405, |r| *r.method_mut() = http::Method::GET),
        ("no media type", 415, |r| drop(r.headers_mut().remove("content-type"))),
        ("a form", 415, |r| set(r, "content-type", "application/x-www-form-urlencoded")),
        ("too large", 413, |r| r.body_mut().resize(4097, b' ')),
        ("no bearer", 401, |r| drop(r.headers_mut().remove("authorization"))),
        ("an empty bearer", 401, |r| set(r, "authorization", "Bearer ")),
        ("another scheme", 401, |r| set(r, "authorization", "Basic token")),
        ("no scheme", 401, |r| set(r, "authorization", "token")),
        ("two bearers", 401, |r| {
            r.headers_mut().append("authorization", "Bearer other".parse().expect("a value"));
        }),
        ("no body", 400, |r| r.body_mut().clear()),
        ("a list", 400, |r| *r.body_mut() = b"[]".to_vec()),
        ("no id", 400, |r| *r.body_mut() = b"{}".to_vec()),
        ("an empty id", 400, |r| *r.body_mut() = br#"{"auth_req_id":""}"#.to_vec()),
        ("a number", 400, |r| *r.body_mut() = br#"{"auth_req_id":7}"#.to_vec()),
        ("twice", 400, |r| *r.body_mut() = br#"{"auth_req_id":"a","auth_req_id":"b"}"#.to_vec()),
    ];
    for (name, status, change) in cases {
        let mut request = right();
        change(&mut request);
        let error = Ping::read(&request).expect_err(name);
        assert_eq!(error.response().status().as_u16(), status, "{name}: {error}");
    }
    assert_eq!(itsme_core::PingError::Unknown.response().status(), 404);
}

fn set(request: &mut http::Request<Vec<u8>>, name: &'static str, value: &'static str) {
    request.headers_mut().insert(name, http::HeaderValue::from_static(value));
}
