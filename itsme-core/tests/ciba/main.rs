//! People who are asked without a browser, in virtual time: every wait is recorded, none is waited
//! for.

#[path = "../common/mod.rs"]
mod common;
mod ping;
mod refusals;

use std::time::Duration;

use common::{DISCOVERY, KEYS, Scene, TOKEN, flow_error};
use itsme_core::{
    Acr, AuthorizationRequest, Backchannel, BackchannelRequest, CibaTicket, Claim, Client,
    DriveError, Endpoint, Error, ErrorCode, FreeText, LoggedIn, LoginHintForm, Payment,
    Platform as _, Progress, QrLogin, Scope, SendFailure, Template, TokenError, UserDiscovery,
    UserDiscoveryTicket, UserIdentifierToken,
    internals::{base64url, sha256},
};
use itsme_testkit::{CONFIRM_SERVICE, Document, Person, Reaction, SERVICE};
use serde_json::json;

const SESSIONS: &str = "POST /user_discovery_sessions";
const BACKCHANNEL: &str = "POST /backchannel/authentication";

/// What has been requested from the OP since, and how many seconds after.
struct Since(u64);

impl Since {
    fn now(scene: &Scene) -> Self {
        Self(scene.world.now().as_secs())
    }

    fn asked(&self, scene: &Scene) -> Vec<(u64, String)> {
        let after = |at: u64| at - self.0;
        let asked = scene.op.transcript().iter();
        asked.map(|asked| (after(asked.at.as_secs()), asked.request.clone())).collect()
    }
}

fn at(seconds: u64, request: &str) -> (u64, String) {
    (seconds, request.to_owned())
}

fn begin(scene: &mut Scene) -> UserDiscoveryTicket {
    scene.play(scene.client.discover_user()).expect("a QR code")
}

fn poll_user_discovery(scene: &mut Scene, ticket: UserDiscoveryTicket) -> UserDiscovery {
    scene.play(scene.client.poll_user_discovery(ticket)).expect("an answer")
}

fn waiting(discovery: UserDiscovery) -> UserDiscoveryTicket {
    match discovery {
        UserDiscovery::Waiting(ticket) => ticket,
        other => panic!("expected no news, got {other:?}"),
    }
}

/// Someone scans a QR code.
fn discovered(scene: &mut Scene, person: &Person) -> UserIdentifierToken {
    let ticket = begin(scene);
    scene.op.scan(ticket.session_id(), person);
    match poll_user_discovery(scene, ticket) {
        UserDiscovery::Found(who) => who,
        other => panic!("expected a person, got {other:?}"),
    }
}

fn start(scene: &mut Scene, request: BackchannelRequest) -> CibaTicket {
    scene.play(scene.client.start_backchannel(request)).expect("a ticket")
}

/// Ann has scanned the code and is asked; none of that is in the transcript.
fn asked(scene: &mut Scene) -> CibaTicket {
    let who = discovered(scene, &Person::ann());
    let ticket =
        start(scene, BackchannelRequest::discovered(who, AuthorizationRequest::login(SERVICE)));
    scene.op.forget_asked();
    ticket
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

fn logged_in(answer: Result<Backchannel, DriveError<SendFailure>>) -> LoggedIn {
    match answer {
        Ok(Backchannel::LoggedIn(who)) => *who,
        other => panic!("expected a login, got {other:?}"),
    }
}

fn refusal(status: u16, code: &str, header: Option<(&str, &str)>) -> Reaction {
    let mut response = http::Response::builder().status(status);
    if let Some((name, value)) = header {
        response = response.header(name, value);
    }
    let body = json!({ "error": code }).to_string().into_bytes();
    Reaction::Reply(response.body(body).expect("a response"))
}

/// A ticket as another process reads it.
fn stored<T: serde::Serialize + serde::de::DeserializeOwned>(ticket: &T) -> T {
    let text = serde_json::to_string(ticket).expect("a ticket is JSON");
    serde_json::from_str(&text).expect("what was stored is a ticket")
}

#[test]
fn a_person_scans_a_changing_code_and_approves() {
    let mut scene = Scene::new();
    let since = Since::now(&scene);
    let mut ticket = begin(&mut scene);
    let session = format!("{SESSIONS}/{}", ticket.session_id());
    let first = ticket.qr().clone();
    assert_eq!(first.media_type(), "image/png");
    for _ in 0..5 {
        ticket = waiting(poll_user_discovery(&mut scene, ticket));
        assert_eq!(ticket.qr().image, first.image);
    }
    let UserDiscovery::Redraw(ticket) = poll_user_discovery(&mut scene, ticket) else {
        panic!("the code changes after half a minute")
    };
    assert_ne!(ticket.qr().image, first.image);
    assert!(ticket.qr().expires_at > first.expires_at);

    scene.op.scan(ticket.session_id(), &Person::ann());
    let UserDiscovery::Found(who) = poll_user_discovery(&mut scene, ticket) else {
        panic!("Ann scanned")
    };
    let login = AuthorizationRequest::login(SERVICE)
        .claim(Claim::GivenName)
        .scope(Scope::Email)
        .acr(Acr::Advanced);
    let ticket = start(&mut scene, BackchannelRequest::discovered(who, login));
    let answer = poll(&mut scene, ticket);
    let ticket = pending(answer);
    scene.op.approve_backchannel(ticket.auth_req_id());
    let answer = poll(&mut scene, ticket);
    let who = logged_in(answer);
    assert_eq!(who.user.sub, scene.op.sub_of(&Person::ann()));
    assert_eq!(who.user.given_name.as_deref(), Some("Ann"));
    assert_eq!(who.user.email.as_deref(), Some("ann.peeters@mail.example"));
    assert_eq!(who.acr, Some(Acr::Advanced));
    assert_eq!(who.evidence.asked_service(), SERVICE);

    let mut expected = vec![at(0, DISCOVERY), at(0, KEYS), at(0, SESSIONS)];
    expected.extend((1..=7).map(|poll| at(5 * poll, &session)));
    expected.extend([at(35, BACKCHANNEL), at(40, TOKEN), at(45, TOKEN)]);
    assert_eq!(since.asked(&scene), expected);
}

#[test]
fn all_of_it_in_a_row() {
    let mut scene = Scene::warm();
    let since = Since::now(&scene);
    let login = QrLogin::new(AuthorizationRequest::login(SERVICE).claim(Claim::Name));
    assert_eq!(login.expires_at(), None, "it waits for nobody yet");
    let Ok(Progress::Scan { code, then }) = scene.play(scene.client.next_qr_step(login)) else {
        panic!("a code first")
    };
    let Ok(Progress::Scan { code: another, then }) = scene.play(scene.client.next_qr_step(then))
    else {
        panic!("another code after half a minute")
    };
    assert_ne!(code.image, another.image);
    let now = scene.world.now();
    assert!(then.expires_at().is_some_and(|time| time > now), "the code can still be scanned");
    let session = scene.op.pending_sessions()[0].to_owned();
    scene.op.scan(&session, &Person::daan());
    let Ok(Progress::Scanned { then }) = scene.play(scene.client.next_qr_step(then)) else {
        panic!("it was scanned")
    };
    assert_eq!(then.expires_at(), None);
    assert_eq!(scene.times(BACKCHANNEL), 0, "he is asked then");
    let Ok(Progress::Waiting { then }) = scene.play(scene.client.next_qr_step(then)) else {
        panic!("he is asked")
    };
    let deadline = then.expires_at().expect("it waits for him");
    let asked = scene.op.pending_backchannel()[0].auth_req_id.clone();
    scene.op.approve_backchannel(&asked);
    let Ok(Progress::LoggedIn(who)) = scene.play(scene.client.next_qr_step(then)) else {
        panic!("he approved")
    };
    assert_eq!(who.user.sub, scene.op.sub_of(&Person::daan()));
    assert!(deadline > scene.world.now());
    let asked = since.asked(&scene);
    assert_eq!(asked[asked.len() - 2..], [at(35, BACKCHANNEL), at(40, TOKEN)]);
}

#[test]
fn each_slow_down_makes_every_later_wait_longer() {
    let mut scene = Scene::warm();
    let mut ticket = asked(&mut scene);
    let since = Since::now(&scene);
    scene.op.react("/token", refusal(400, "slow_down", None));
    scene.op.react("/token", refusal(400, "slow_down", None));
    for _ in 0..4 {
        let answer = poll(&mut scene, ticket);
        ticket = pending(answer);
    }
    scene.op.approve_backchannel(ticket.auth_req_id());
    let answer = poll(&mut scene, ticket);
    logged_in(answer);
    let expected = [5, 15, 30, 45, 60].map(|seconds| at(seconds, TOKEN));
    assert_eq!(since.asked(&scene), expected);
}

#[test]
fn the_op_says_when_to_come_back() {
    for (status, code) in [
        (400, "authorization_pending"),
        (429, "too_many"),
        (400, "temporarily_unavailable"),
        (500, "server_error"),
        (502, "bad_gateway"),
        (503, "busy"),
    ] {
        let mut scene = Scene::warm();
        let ticket = asked(&mut scene);
        let since = Since::now(&scene);
        scene.op.react("/token", refusal(status, code, Some(("retry-after", "40"))));
        let answer = poll(&mut scene, ticket);
        let ticket = pending(answer);
        let answer = poll(&mut scene, ticket);
        pending(answer);
        assert_eq!(since.asked(&scene), [at(5, TOKEN), at(45, TOKEN)], "{status}");
    }
    // A page instead of a response, while people look at the code.
    let mut scene = Scene::warm();
    let ticket = begin(&mut scene);
    let path = format!("/user_discovery_sessions/{}", ticket.session_id());
    let page = http::Response::builder().status(503).body(b"<html>".to_vec());
    scene.op.react(&path, Reaction::Reply(page.expect("a response")));
    let ticket = waiting(poll_user_discovery(&mut scene, ticket));
    scene.op.forget_asked();
    let since = Since::now(&scene);
    waiting(poll_user_discovery(&mut scene, ticket));
    assert_eq!(since.asked(&scene), [at(10, &format!("POST {path}"))]);
}

#[test]
fn a_response_can_lengthen_the_interval_of_later_polls() {
    let mut scene = Scene::warm();
    let mut ticket = begin(&mut scene);
    let path = format!("/user_discovery_sessions/{}", ticket.session_id());
    for interval in [12, 3] {
        let body = json!({ "status": "PENDING_USER_DISCOVERY", "interval": interval });
        scene.op.react(&path, Reaction::Reply(http::Response::new(body.to_string().into())));
        ticket = waiting(poll_user_discovery(&mut scene, ticket));
    }
    scene.op.forget_asked();
    let since = Since::now(&scene);
    waiting(poll_user_discovery(&mut scene, ticket));
    assert_eq!(since.asked(&scene), [at(12, &format!("POST {path}"))], "no response shortens it");
}

#[test]
fn a_lost_poll_is_polled_again_and_a_lost_start_is_not_repeated() {
    for lost in [Reaction::Lost, Reaction::AnswerLost, Reaction::NotSent] {
        let mut scene = Scene::warm();
        let ticket = begin(&mut scene);
        let path = format!("/user_discovery_sessions/{}", ticket.session_id());
        scene.op.react(&path, lost.clone());
        let ticket = waiting(poll_user_discovery(&mut scene, ticket));
        scene.op.scan(ticket.session_id(), &Person::ann());
        let UserDiscovery::Found(who) = poll_user_discovery(&mut scene, ticket) else {
            panic!("Ann")
        };
        let ticket = start(
            &mut scene,
            BackchannelRequest::discovered(who, AuthorizationRequest::login(SERVICE)),
        );
        scene.op.forget_asked();
        let since = Since::now(&scene);
        scene.op.react("/token", lost);
        let answer = poll(&mut scene, ticket);
        let ticket = pending(answer);
        scene.op.approve_backchannel(ticket.auth_req_id());
        let answer = poll(&mut scene, ticket);
        logged_in(answer);
        assert_eq!(since.asked(&scene), [at(5, TOKEN), at(15, TOKEN)]);
    }

    // The one response that cannot be repeated: the OP has given out the tokens.
    let mut scene = Scene::warm();
    let ticket = asked(&mut scene);
    let since = Since::now(&scene);
    scene.op.approve_backchannel(ticket.auth_req_id());
    scene.op.react("/token", Reaction::AnswerLost);
    let ticket = pending(poll(&mut scene, ticket));
    let Error::Refused(refusal) = flow_error(poll(&mut scene, ticket)) else {
        panic!("it is used up")
    };
    assert_eq!(refusal.code, ErrorCode::InvalidGrant);
    assert_eq!(since.asked(&scene), [at(5, TOKEN), at(15, TOKEN)]);

    let path = "/backchannel/authentication";
    for lost in [Reaction::Lost, Reaction::AnswerLost] {
        let mut scene = Scene::warm();
        let who = discovered(&mut scene, &Person::ann());
        scene.op.react(path, lost);
        let request = BackchannelRequest::discovered(who, AuthorizationRequest::login(SERVICE));
        let lost = scene.play(scene.client.start_backchannel(request));
        assert!(
            matches!(lost, Err(DriveError::Transport { source: SendFailure::Lost, .. })),
            "{lost:?}"
        );
        assert_eq!(scene.times(BACKCHANNEL), 1);
    }
    let mut scene = Scene::warm();
    let who = discovered(&mut scene, &Person::ann());
    scene.op.react(path, Reaction::NotSent);
    start(&mut scene, BackchannelRequest::discovered(who, AuthorizationRequest::login(SERVICE)));
    assert_eq!(scene.times(BACKCHANNEL), 2, "a request that was not sent is sent once more");
}

#[test]
fn the_person_may_refuse_or_take_too_long() {
    let mut scene = Scene::warm();
    let ticket = asked(&mut scene);
    let since = Since::now(&scene);
    let ticket = pending(poll(&mut scene, ticket));
    scene.op.deny_backchannel(ticket.auth_req_id());
    let error = flow_error(poll(&mut scene, ticket));
    assert!(matches!(error, Error::Cancelled), "{error}");
    assert_eq!(since.asked(&scene), [at(5, TOKEN), at(10, TOKEN)]);

    // Our clock says it has expired: nothing is requested any more.
    let ticket = asked(&mut scene);
    scene.world.set(ticket.expires_at());
    let error = flow_error(poll(&mut scene, ticket));
    assert!(matches!(error, Error::LoginExpired), "{error}");
    assert!(scene.op.asked().is_empty());

    // The OP's clock says so.
    let ticket = asked(&mut scene);
    let since = Since::now(&scene);
    let ticket = pending(poll(&mut scene, ticket));
    scene.op.expire_backchannel(ticket.auth_req_id());
    let error = flow_error(poll(&mut scene, ticket));
    assert!(matches!(error, Error::LoginExpired), "{error}");
    assert_eq!(since.asked(&scene), [at(5, TOKEN), at(10, TOKEN)]);

    // A clock that was set back.
    let ticket = asked(&mut scene);
    let day = Duration::from_secs(24 * 3600);
    scene.world.set(scene.world.now().before(day));
    let error = flow_error(poll(&mut scene, ticket));
    assert!(matches!(error, Error::LoginExpired), "{error}");
}

#[test]
fn a_discovery_is_abandoned_after_ten_minutes() {
    let mut scene = Scene::warm();
    let since = Since::now(&scene);
    let mut ticket = begin(&mut scene);
    let error = loop {
        assert!(scene.op.asked().len() < 200, "it never ends");
        ticket = match scene.play(scene.client.poll_user_discovery(ticket)) {
            Ok(UserDiscovery::Waiting(ticket) | UserDiscovery::Redraw(ticket)) => ticket,
            other => break flow_error(other),
        };
    };
    assert!(matches!(error, Error::LoginExpired), "{error}");
    let asked = since.asked(&scene);
    assert_eq!((asked.len(), asked.last().map(|(at, _)| *at)), (120, Some(595)));
    assert_eq!(scene.world.now().as_secs(), since.0 + 600);
}

#[test]
fn a_ticket_is_polled_by_another_client() {
    let mut scene = Scene::warm();
    let ticket = begin(&mut scene);
    scene.op.scan(ticket.session_id(), &Person::ioana());
    let ticket = stored(&ticket);
    scene.client = Client::new(scene.op.settings()).expect("the settings are sound");
    let UserDiscovery::Found(who) = poll_user_discovery(&mut scene, ticket) else {
        panic!("Ioana")
    };
    let ticket = start(
        &mut scene,
        BackchannelRequest::discovered(who, AuthorizationRequest::login(SERVICE)),
    );
    scene.op.approve_backchannel(ticket.auth_req_id());
    let [ticket, copy] = [stored(&ticket), ticket];
    scene.client = Client::new(scene.op.settings()).expect("the settings are sound");

    // It was resumed late: there is nothing to wait for.
    scene.world.advance(Duration::from_secs(60));
    scene.op.forget_asked();
    let since = Since::now(&scene);
    let answer = poll(&mut scene, ticket);
    assert_eq!(logged_in(answer).user.sub, scene.op.sub_of(&Person::ioana()));
    assert_eq!(since.asked(&scene), [at(0, DISCOVERY), at(0, KEYS), at(0, TOKEN)]);

    let Error::Refused(refusal) = flow_error(poll(&mut scene, copy)) else {
        panic!("it was used up")
    };
    assert_eq!(refusal.code, ErrorCode::InvalidGrant);
}

#[test]
fn a_known_user_confirms_without_a_code() {
    let text = Template::from(FreeText::new("Close the account?"));
    let payment = Template::from(Payment::new("100", "EUR", "BE68 5390 0754 7034"));
    for template in [text, payment] {
        let mut scene = Scene::warm();
        let ann = scene.op.sub_of(&Person::ann());
        let confirm = AuthorizationRequest::confirm(CONFIRM_SERVICE, template).acr(Acr::Advanced);
        let ticket = start(&mut scene, BackchannelRequest::known_user(&ann, confirm));
        let claims = ticket.claims().expect("a template is a claim").to_owned();
        assert!(claims.contains("claim_approval_template_name"), "{claims}");
        scene.op.approve_backchannel(ticket.auth_req_id());
        let answer = poll(&mut scene, stored(&ticket));
        let who = logged_in(answer);
        assert_eq!(who.user.sub, ann);
        let digest = base64url(sha256(&[claims.as_bytes()]));
        assert_eq!(
            who.evidence.asked_claims_sha256(),
            Some(&*digest),
            "to archive beside evidence"
        );
        assert_eq!(scene.times(SESSIONS), 0);
    }

    let mut scene = Scene::warm();
    let ann = scene.op.sub_of(&Person::ann());
    let ticket = start(
        &mut scene,
        BackchannelRequest::known_user(ann, AuthorizationRequest::login(SERVICE)),
    );
    scene.op.approve_backchannel(ticket.auth_req_id());
    scene.op.alter(Document::IdToken, |claims| {
        claims.insert("sub".into(), json!("somebody else"));
    });
    let error = flow_error(poll(&mut scene, ticket));
    assert!(matches!(error, Error::IdToken(TokenError::Subject)), "{error}");

    let nobody = BackchannelRequest::known_user("nobody", AuthorizationRequest::login(SERVICE));
    let error = flow_error(scene.play(scene.client.start_backchannel(nobody)));
    let Error::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!(refusal.code, ErrorCode::UnknownUserId);
}

#[test]
fn each_form_of_the_hint_is_understood() {
    for form in [LoginHintForm::Signed, LoginHintForm::Unsigned, LoginHintForm::Object] {
        let mut scene = Scene::with(|settings| settings.login_hint_token(form));
        let ticket = asked(&mut scene);
        scene.op.approve_backchannel(ticket.auth_req_id());
        let answer = poll(&mut scene, ticket);
        logged_in(answer);
        let daan = scene.op.sub_of(&Person::daan());
        start(
            &mut scene,
            BackchannelRequest::known_user(daan, AuthorizationRequest::login(SERVICE)),
        );
    }
}

#[test]
fn a_requested_expiry_is_kept_to() {
    let mut scene = Scene::warm();
    let begun = scene.world.now();
    let request = BackchannelRequest::known_user(
        scene.op.sub_of(&Person::ann()),
        AuthorizationRequest::login(SERVICE),
    );
    let ticket = start(&mut scene, request.requested_expiry(Duration::from_secs(90)));
    assert_eq!(ticket.expires_at(), begun.after(Duration::from_secs(90)));
}

#[test]
fn the_id_token_is_checked_as_ever_and_answers_this_request() {
    let claim = "urn:openid:params:jwt:claim:auth_req_id";
    let result = |change: fn(&mut serde_json::Map<String, serde_json::Value>)| {
        let mut scene = Scene::warm();
        let ticket = asked(&mut scene);
        scene.op.approve_backchannel(ticket.auth_req_id());
        scene.op.alter(Document::IdToken, change);
        poll(&mut scene, ticket)
    };
    logged_in(result(|_| {}));
    logged_in(result(|claims| drop(claims.insert("nonce".into(), json!("none of ours")))));
    let mut scene = Scene::warm();
    let ticket = asked(&mut scene);
    let id = ticket.auth_req_id().to_owned();
    scene.op.approve_backchannel(&id);
    scene.op.alter(Document::IdToken, move |c| drop(c.insert(claim.into(), json!(id))));
    logged_in(poll(&mut scene, ticket));
    for (change, expected) in [
        (
            (|claims| drop(claims.insert("aud".into(), json!("another"))))
                as fn(&mut serde_json::Map<_, _>),
            TokenError::Audience,
        ),
        (|claims| drop(claims.insert("exp".into(), json!(1))), TokenError::Expired),
        (
            |claims| {
                drop(claims.insert("urn:openid:params:jwt:claim:auth_req_id".into(), json!("x")))
            },
            TokenError::AuthReqId,
        ),
        (
            |claims| {
                drop(claims.insert("urn:openid:params:jwt:claim:auth_req_id".into(), json!(7)))
            },
            TokenError::Claim { claim },
        ),
    ] {
        let error = flow_error(result(change));
        assert!(matches!(&error, Error::IdToken(found) if *found == expected), "{error}");
    }

    let mut scene = Scene::warm();
    let ticket = asked(&mut scene);
    scene.op.approve_backchannel(ticket.auth_req_id());
    scene.op.alter(Document::TokenAnswer, |answer| drop(answer.remove("id_token")));
    let error = flow_error(poll(&mut scene, ticket));
    assert!(matches!(error, Error::Malformed { endpoint: Endpoint::Token, .. }), "{error}");
}
