//! `fapi-ciba-id1-client`: people who are asked without a browser, in both modes that itsme
//! supports.

use itsme_core::{
    Backchannel, BackchannelRequest, CibaTicket, DriveError, Error, ErrorCode, JoseError, LoggedIn,
    Ping, PingError, SendFailure, Settings, TokenError,
};
use itsme_testkit::{Document, Person, Reaction};
use serde_json::json;

use crate::{
    common::{Scene, TOKEN, USERINFO, flow_error},
    play::{
        a_second_audience, accepted_in, altered, fault, login, refused_in, seconds_ago,
        signed_with_ps256, the_audience_in_a_list, trusted, with_a_digit, without,
    },
};

const BACKCHANNEL: &str = "POST /backchannel/authentication";
const NOTIFICATIONS: &str = "https://rp.example/itsme/ping";

/// Ann is asked.
fn ask(scene: &mut Scene) -> Result<CibaTicket, DriveError<SendFailure>> {
    let ann = scene.op.sub_of(&Person::ann());
    scene.play(scene.client.start_backchannel(BackchannelRequest::known_user(ann, login())))
}

fn poll(scene: &mut Scene, ticket: CibaTicket) -> Result<Backchannel, DriveError<SendFailure>> {
    scene.play(scene.client.poll_backchannel(ticket))
}

fn pending(answer: Result<Backchannel, DriveError<SendFailure>>) -> CibaTicket {
    match answer {
        Ok(Backchannel::Pending(ticket)) => ticket,
        other => panic!("expected no answer yet, got {other:?}"),
    }
}

/// Ann approves immediately.
fn approved(scene: &mut Scene) -> Result<LoggedIn, DriveError<SendFailure>> {
    let ticket = ask(scene)?;
    scene.op.approve_backchannel(ticket.auth_req_id());
    match poll(scene, ticket)? {
        Backchannel::LoggedIn(who) => Ok(*who),
        Backchannel::Pending(_) => panic!("she has answered"),
    }
}

fn refused(misbehave: impl FnOnce(&mut Scene), error: impl Into<TokenError>) {
    refused_in((Scene::new(), approved), misbehave, error);
}

fn accepted(misbehave: impl FnOnce(&mut Scene)) -> LoggedIn {
    accepted_in((Scene::new(), approved), misbehave).0
}

fn says(error: &str) -> Reaction {
    let body = json!({ "error": error }).to_string().into_bytes();
    Reaction::Reply(http::Response::builder().status(400).body(body).expect("a response"))
}

/// How the third poll ends. Nothing can be polled after it: the ticket is gone.
fn at_the_third_poll(end: impl FnOnce(&mut Scene, &str)) -> Error {
    let mut scene = trusted(Scene::new(), approved);
    let mut ticket = ask(&mut scene).expect("a ticket");
    for _ in 0..2 {
        ticket = pending(poll(&mut scene, ticket));
    }
    end(&mut scene, ticket.auth_req_id());
    let error = flow_error(poll(&mut scene, ticket));
    assert_eq!(scene.op.asked(), [BACKCHANNEL, TOKEN, TOKEN, TOKEN]);
    error
}

/// The polls of the OP, in seconds after the request.
fn polled(scene: &Scene) -> Vec<u64> {
    let asked = scene.op.transcript();
    let begun = asked.iter().find(|it| it.request == BACKCHANNEL).expect("it was asked").at;
    let polls = asked.iter().filter(|it| it.request == TOKEN);
    polls.map(|it| it.at.since(begun).as_secs()).collect()
}

/// How the request ends if this is missing from its response.
fn answer_without(member: &'static str) -> Error {
    let mut scene = trusted(Scene::new(), approved);
    altered(Document::BackchannelAnswer, move |it| drop(it.remove(member)))(&mut scene);
    let error = flow_error(ask(&mut scene));
    assert_eq!(scene.op.asked(), [BACKCHANNEL]);
    error
}

#[test]
fn invalid_access_denied_test() {
    let error = at_the_third_poll(|scene, id| scene.op.deny_backchannel(id));
    assert!(matches!(error, Error::Cancelled), "{error}");
}

#[test]
fn invalid_alternate_alg_test() {
    refused(signed_with_ps256(), JoseError::SignatureAlgorithm { found: "PS256".into() });
}

#[test]
fn invalid_aud_test() {
    refused(with_a_digit("aud"), TokenError::Audience);
}

#[test]
fn invalid_expired_exp_test() {
    refused(seconds_ago("exp", 6 * 60), TokenError::Expired);
}

#[test]
fn invalid_expired_token_test() {
    let error = at_the_third_poll(|scene, id| scene.op.expire_backchannel(id));
    assert!(matches!(error, Error::LoginExpired), "{error}");
}

#[test]
fn invalid_iat_is_week_in_past_test() {
    refused(seconds_ago("iat", 7 * 24 * 3600), TokenError::IssuedBeforeRequest);
}

#[test]
fn invalid_iss_test() {
    refused(with_a_digit("iss"), TokenError::Issuer);
}

#[test]
fn invalid_missing_aud_test() {
    refused(without("aud"), TokenError::Missing { claim: "aud" });
}

#[test]
fn invalid_missing_authreqid_test() {
    let error = answer_without("auth_req_id");
    let Error::Malformed { what, .. } = error else { panic!("{error}") };
    assert_eq!(what, "it has no `auth_req_id`");
}

#[test]
fn invalid_missing_exp_test() {
    refused(without("exp"), TokenError::Missing { claim: "exp" });
}

#[test]
fn invalid_missing_expiresin_test() {
    let error = answer_without("expires_in");
    let Error::Malformed { what, .. } = error else { panic!("{error}") };
    assert_eq!(what, "it has no `expires_in`");
}

#[test]
fn invalid_missing_iss_test() {
    refused(without("iss"), TokenError::Missing { claim: "iss" });
}

#[test]
fn invalid_null_alg_test() {
    refused(fault("ID token: alg none"), JoseError::SignatureAlgorithm { found: "none".into() });
}

#[test]
fn invalid_request_test() {
    let error = at_the_third_poll(|scene, _| scene.op.react("/token", says("invalid_request")));
    assert!(
        matches!(&error, Error::Refused(it) if it.code == ErrorCode::InvalidRequest),
        "{error}"
    );
}

#[test]
fn invalid_secondary_aud_test() {
    refused(a_second_audience(), TokenError::OtherAudience);
}

#[test]
fn invalid_signature_test() {
    refused(fault("ID token: signature damaged"), JoseError::Signature);
}

#[test]
fn invalid_unknown_user_id_test() {
    let mut scene = trusted(Scene::new(), approved);
    let nobody = BackchannelRequest::known_user("nobody", login());
    let error = flow_error(scene.play(scene.client.start_backchannel(nobody)));
    assert!(matches!(&error, Error::Refused(it) if it.code == ErrorCode::UnknownUserId), "{error}");
    assert_eq!(scene.op.asked(), [BACKCHANNEL]);
}

/// Neither `scope` nor `expires_in`.
#[test]
fn no_scope_in_token_endpoint_response_test() {
    let who = accepted(altered(Document::TokenAnswer, |it| {
        it.retain(|member, _| member != "scope" && member != "expires_in");
    }));
    assert_eq!(who.expires_in, None);
}

fn pinged() -> Scene {
    let mut scene = Scene::with(Settings::ping);
    scene.op.ping_at(NOTIFICATIONS);
    scene
}

#[test]
fn ping_with_invalid_bearer_token_test() {
    let mut scene = pinged();
    let ticket = ask(&mut scene).expect("a ticket");
    scene.op.approve_backchannel(ticket.auth_req_id());
    let ping = scene.op.pings().remove(0);
    let mut forged = ping.clone();
    forged.headers_mut().insert("authorization", "Bearer bad".parse().expect("a value"));
    let rejected = Ping::read(&forged).expect("a ping").authenticate(ticket).expect_err("a liar");
    assert_eq!(rejected.error, PingError::Bearer);
    assert_eq!(rejected.error.response().status(), 401);
    Ping::read(&ping).expect("a ping").authenticate(rejected.ticket).expect("the OP's");
}

#[test]
fn respects_interval_test() {
    let mut scene = Scene::warm();
    scene.op.polling_interval(Some(31));
    let ticket = ask(&mut scene).expect("a ticket");
    let ticket = pending(poll(&mut scene, ticket));
    pending(poll(&mut scene, ticket));
    assert_eq!(polled(&scene), [31, 62]);
}

#[test]
fn slow_down_test() {
    let mut scene = Scene::warm();
    let ticket = ask(&mut scene).expect("a ticket");
    let ticket = pending(poll(&mut scene, ticket));
    scene.op.react("/token", says("slow_down"));
    let ticket = pending(poll(&mut scene, ticket));
    scene.op.approve_backchannel(ticket.auth_req_id());
    assert!(matches!(poll(&mut scene, ticket), Ok(Backchannel::LoggedIn(_))));
    assert_eq!(polled(&scene), [5, 10, 20]);
    assert_eq!(scene.op.asked().last(), Some(&USERINFO));
}

/// The client both polls and is pinged.
#[test]
fn test() {
    trusted(Scene::new(), approved);
    let mut scene = pinged();
    let ticket = ask(&mut scene).expect("a ticket");
    scene.op.approve_backchannel(ticket.auth_req_id());
    let ping = scene.op.pings().remove(0);
    let ticket = Ping::read(&ping).expect("a ping").authenticate(ticket).expect("the OP's");
    assert!(matches!(poll(&mut scene, ticket), Ok(Backchannel::LoggedIn(_))));
    assert_eq!(polled(&scene), [0]);
}

#[test]
fn valid_aud_as_array_test() {
    accepted(the_audience_in_a_list());
}
