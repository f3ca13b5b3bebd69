//! The same flow with another clock or other keys, and recordings that no client has made.

use std::time::Duration;

use itsme_core::{
    AuthorizationRequest, BackchannelRequest, Client, Endpoint, PrivateKeys, Progress, QrLogin,
    Recording, RecordingError, Replay, ReplayError, ReplayedWhat, Scope, internals::recording_all,
};
use itsme_testkit::{Document, FakeOp, Person, SERVICE, World, play, private_keys};
use serde_json::{Value, json};

use crate::{
    common::Scene,
    recorded::{Recorded, open, replay},
};

type Claims = serde_json::Map<String, Value>;

/// A login that fails because of its ID token.
fn failed(login: AuthorizationRequest, alter: fn(&mut Claims)) -> Replay {
    let recorded = Recorded::default();
    let mut world = World::new();
    let mut op = FakeOp::new(world.clock());
    let client = Client::new(op.settings()).expect("the settings are sound");
    let client = client.on_failure(recorded.recorder());
    let login = play(client.authorize(login), &mut op, &mut world).expect("a URL");
    let callback = op.approve(&login.url, &Person::ann());
    op.alter(Document::IdToken, alter);
    assert!(play(client.finish_login(login.state, callback), &mut op, &mut world).is_err());
    let [recording] = &recorded.take()[..] else { panic!("one login has failed") };
    assert!(replay(recording).is_same());
    open(recording)
}

fn login() -> AuthorizationRequest {
    AuthorizationRequest::login(SERVICE)
}

fn move_times(claims: &mut Claims, change: fn(u64) -> u64) {
    for name in ["iat", "exp", "auth_time"] {
        if let Some(time) = claims.get(name).and_then(Value::as_u64) {
            claims.insert(name.to_owned(), json!(change(time)));
        }
    }
}

fn in_the_past(claims: &mut Claims) {
    move_times(claims, |time| time - 400);
}

fn in_the_future(claims: &mut Claims) {
    move_times(claims, |time| time + 90);
}

fn without_sub(claims: &mut Claims) {
    claims.remove("sub");
}

#[test]
fn a_clock_that_was_fast_is_found_out() {
    let replay = failed(login(), in_the_past);
    let before = replay.run();
    assert!(before.outcome.starts_with("the ID token failed verification: it has expired"));
    let replayed = replay.clock_behind(Duration::from_secs(400)).run();
    assert_eq!(replayed.outcome, "it succeeded");
    assert_eq!(before.steps[0].at.since(replayed.steps[0].at), Duration::from_secs(400));
}

#[test]
fn a_clock_that_was_slow_is_found_out() {
    let replay = failed(login(), in_the_future);
    let before = replay.run();
    let replay = replay.clock_ahead(Duration::from_secs(90));
    let replayed = replay.run();
    assert_eq!(replayed.outcome, "it succeeded");
    assert!(replayed.result.is_ok() && !replayed.is_same());
    assert!(!replayed.steps[0].is_same, "its assertion has another time");
    assert_eq!(replayed.recorded_outcome, before.outcome);
    assert_eq!(replayed.steps[0].at.since(before.steps[0].at), Duration::from_secs(90));
    // And again unchanged.
    assert!(replay.clock_ahead(Duration::ZERO).run().is_same());
}

/// A person who declines in the app has declined by any clock.
#[test]
fn tickets_are_of_the_same_clock() {
    let recorded = Recorded::default();
    let Scene { mut world, mut op, client } = Scene::new();
    let client = recording_all(client, recorded.recorder());
    let ticket = play(client.discover_user(), &mut op, &mut world).expect("a code");
    assert!(play(client.poll_user_discovery(ticket), &mut op, &mut world).is_ok());
    let known = BackchannelRequest::known_user(op.sub_of(&Person::ann()), login());
    let ticket = play(client.start_backchannel(known), &mut op, &mut world).expect("a ticket");
    let asked = op.pending_backchannel()[0].auth_req_id.clone();
    op.deny_backchannel(&asked);
    assert!(play(client.poll_backchannel(ticket), &mut op, &mut world).is_err());
    let mut qr = QrLogin::new(login());
    while let Ok(progress) = play(client.next_qr_step(qr), &mut op, &mut world) {
        qr = match progress {
            Progress::Scan { then, .. } => {
                let session = op.pending_sessions().pop().expect("a session").to_owned();
                op.scan(&session, &Person::ann());
                then
            }
            Progress::Scanned { then } => then,
            Progress::Waiting { then } => {
                let asked = op.pending_backchannel().pop().expect("she is asked").auth_req_id;
                op.deny_backchannel(&asked);
                then
            }
            Progress::LoggedIn(_) => panic!("she says no"),
        };
    }
    let recordings = recorded.take();
    assert_eq!(recordings.len(), 8);
    for recording in recordings {
        for ahead in [true, false] {
            let (replay, hour) = (open(&recording), Duration::from_secs(3600));
            let replay = if ahead { replay.clock_ahead(hour) } else { replay.clock_behind(hour) };
            let replayed = replay.run();
            assert_eq!(replayed.outcome, replayed.recorded_outcome, "{}", replay.flow());
        }
    }
}

/// The ID token is accepted, but userinfo was never requested.
#[test]
fn what_was_not_asked_has_no_answer() {
    let replay = failed(login().scope(Scope::Email).scopes_by_userinfo(), in_the_future);
    let replayed = replay.clock_ahead(Duration::from_secs(90)).run();
    let [_, userinfo] = &replayed.steps[..] else { panic!("two requests") };
    let ReplayedWhat::Request { answer, attempt, .. } = &userinfo.what else { panic!("a request") };
    assert_eq!((attempt.endpoint, attempt.number), (Endpoint::Userinfo, 1));
    assert_eq!(*answer, Err(ReplayError::NotRecorded));
    assert!(!userinfo.is_same && replayed.result.is_err());
    assert_eq!(
        replayed.outcome,
        "no response from the userinfo endpoint (attempt 1): the recording has no response to it"
    );
}

#[test]
fn other_keys_open_other_tokens() {
    let replay = failed(login(), without_sub);
    let others = PrivateKeys::generate().expect("keys");
    let replayed = replay.credentials(others).run();
    assert!(
        replayed.outcome.starts_with("the ID token failed verification: "),
        "{}",
        replayed.outcome
    );
    assert_ne!(replayed.outcome, replayed.recorded_outcome);
    let replay = failed(login(), without_sub).credentials(private_keys());
    assert!(replay.run().is_same());
}

#[test]
fn a_text_of_something_else_is_no_recording() {
    for (text, error) in [
        ("", RecordingError::Malformed),
        ("itsme-recording", RecordingError::Malformed),
        ("itsme-recording:1", RecordingError::Malformed),
        ("itsme-recording:01:a.b.c.d.e", RecordingError::Malformed),
        ("itsme-recording:1:a:b", RecordingError::Malformed),
        ("itsme-evidence:1:a.b.c.d.e", RecordingError::Malformed),
        ("itsme-recording:2:a.b.c.d.e", RecordingError::OtherFormat { expected: 1, found: 2 }),
    ] {
        assert_eq!(text.parse::<Recording>(), Err(error), "{text}");
    }
}
