//! Key holders that fail, step by step. The testkit's list says how each failure ends.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use itsme_core::{
    Advice, Attempt, Backchannel, DriveError, Error, KeyFailure, KeyOperation, LoggedIn,
    PrivateKeys, Step, UserDiscovery,
};
use itsme_testkit::{FakeKms, FakeOp, Person, Reaction};
use serde_json::{Value, json};

use super::{Outside, SIGN, UNWRAP, drive_by, login};

/// The steps of a flow, and how it ended.
struct Trace {
    steps: Vec<String>,
    result: Result<LoggedIn, String>,
}

/// Runs a login whose keys are operated by `answer`, which is told how often it has been asked.
fn trace(
    outside: &mut Outside,
    mut answer: impl FnMut(usize, &KeyOperation, &mut FakeKms) -> Result<Vec<u8>, KeyFailure>,
) -> Trace {
    let flow = outside.approved(login());
    let Outside { world, op, kms, .. } = outside;
    let (mut steps, mut asked) = (Vec::new(), 0);
    let mut next = flow.start(world);
    let result = loop {
        let step = match next {
            Ok(step) => step,
            Err(error) => break Err(format!("{error} {error:?}")),
        };
        steps.push(format!("{step:?}"));
        next = match step {
            Step::Send(request, pending) => {
                let response = op.handle(request).expect("the OP answers");
                pending.receive(response, world)
            }
            Step::Wait(time, paused) => {
                world.advance(time);
                paused.resume(world)
            }
            Step::UseKey(operation, key) => {
                asked += 1;
                match answer(asked, &operation, kms) {
                    Ok(made) => key.used(made, world),
                    Err(why) => match key.failed(why, world) {
                        Ok(Some(step)) => Ok(step),
                        Ok(None) => break Err("given up".to_owned()),
                        Err(error) => Err(error),
                    },
                }
            }
            Step::Done(who) => break Ok(who),
        };
    };
    Trace { steps, result }
}

fn honest(operation: &KeyOperation, kms: &mut FakeKms) -> Result<Vec<u8>, KeyFailure> {
    kms.use_key(operation).map(|made| made.to_vec()).map_err(|(why, _)| why)
}

const SIGNS: &str = "UseKey(Sign(kms-sig-1, RS256))";
const UNWRAPS: &str = "UseKey(Unwrap(kms-enc-1, RSA-OAEP-256))";
const REDEEMS: &str = "Send(POST /v2/token)";
const PAUSE: &str = "Wait(500ms)";

#[test]
fn a_key_that_cannot_be_reached_is_asked_once_more() {
    for (fails_at, steps) in [
        (1, vec![SIGNS, PAUSE, SIGNS, REDEEMS, UNWRAPS, "Done(..)"]),
        (2, vec![SIGNS, REDEEMS, UNWRAPS, PAUSE, UNWRAPS, "Done(..)"]),
    ] {
        let mut outside = Outside::new();
        let trace = trace(&mut outside, |asked, operation, kms| match asked == fails_at {
            true => Err(KeyFailure::Unavailable),
            false => honest(operation, kms),
        });
        assert!(trace.result.is_ok());
        assert_eq!(trace.steps, steps);
    }
    let mut outside = Outside::new();
    let gone = trace(&mut outside, |_, _, _| Err(KeyFailure::Unavailable));
    assert_eq!(gone.steps, [SIGNS, PAUSE, SIGNS], "not a third time");
    assert_eq!(gone.result.expect_err("it is gone"), "given up");
    let mut outside = Outside::new();
    let refused = trace(&mut outside, |_, _, _| Err(KeyFailure::Refused));
    assert_eq!(refused.steps, [SIGNS], "a refusal is final");
}

#[test]
fn what_a_key_holder_says_is_sorted() {
    for (status, code, failure, advice) in [
        (429, "Throttled", KeyFailure::Unavailable, Advice::TryLater),
        (403, "Forbidden", KeyFailure::Refused, Advice::OurFault),
    ] {
        let mut outside = Outside::new();
        let flow = outside.approved(login());
        outside.op.forget_asked();
        outside.kms.react_when(move |_| Some(Reaction::Reply(FakeKms::error(status, code))));
        let error = outside.play(flow).expect_err("nobody can sign");
        assert_eq!(error.advice(), advice);
        let DriveError::Key { kid, algorithm, failure: found, source } = error else {
            panic!("it is the key holder's error")
        };
        assert_eq!((kid.as_str(), algorithm, found), ("kms-sig-1", SIGN, failure));
        assert_eq!(source.to_string(), format!("the KMS responded with {status} {code}"));
        assert!(outside.op.asked().is_empty(), "nothing was sent");
    }
}

/// The OP would only say `invalid_client`.
#[test]
fn a_wrong_signing_key_is_named_before_anything_is_sent() {
    let mut outside = Outside::new();
    outside.kms.make_key("another", "sig");
    let trace = trace(&mut outside, |_, operation, kms| match operation {
        KeyOperation::Sign { input, .. } => Ok(kms.sign("another", &input.digest())),
        KeyOperation::Unwrap { .. } => honest(operation, kms),
    });
    let error = trace.result.expect_err("it is another key's signature");
    let text = "the key holder's key `kms-sig-1` does not match the published key (RS256)";
    assert!(error.starts_with(text), "{error}");
    assert_eq!(trace.steps, [SIGNS]);
}

/// Anyone who sends tokens learns neither from texts nor from steps which layer was wrong.
#[test]
fn a_bad_unwrap_and_a_bad_tag_are_one_error_and_one_path() {
    let mut seen = BTreeSet::new();
    let mut note = |trace: Trace| {
        seen.insert((trace.steps, trace.result.map(drop).expect_err("it does not open")));
    };
    for made in [Err(KeyFailure::DoesNotUnwrap), Ok(vec![7; 32]), Ok(vec![7; 31]), Ok(vec![])] {
        note(trace(&mut Outside::new(), |_, operation, kms| match operation {
            KeyOperation::Sign { .. } => honest(operation, kms),
            KeyOperation::Unwrap { .. } => made.clone(),
        }));
    }
    let mut outside = Outside::new();
    spoil(&mut outside.op, 4);
    note(trace(&mut outside, |_, operation, kms| honest(operation, kms)));
    let mut outside = Outside::new();
    spoil(&mut outside.op, 1);
    note(trace(&mut outside, |_, operation, kms| honest(operation, kms)));
    assert_eq!(seen.len(), 1, "{seen:#?}");
    let (steps, error) = seen.first().expect("one of them");
    assert_eq!(*steps, [SIGNS, REDEEMS, UNWRAPS]);
    assert!(error.ends_with("it cannot be decrypted IdToken(Jose(Decryption))"), "{error}");
}

/// Each key holder would answer these in its own way, so it is not asked.
#[test]
fn what_no_key_can_have_encrypted_is_not_asked_about() {
    let changes: [fn(&mut Vec<u8>); 3] =
        [|key| key.truncate(255), |key| key.fill(0xff), Vec::clear];
    for change in changes {
        let mut outside = Outside::new();
        spoil_with(&mut outside.op, 1, change);
        let trace = trace(&mut outside, |_, operation, kms| honest(operation, kms));
        let error = trace.result.expect_err("it does not open");
        assert!(error.ends_with("it cannot be decrypted IdToken(Jose(Decryption))"), "{error}");
        assert_eq!(trace.steps, [SIGNS, REDEEMS]);
    }
}

fn spoil(op: &mut FakeOp, part: usize) {
    spoil_with(op, part, |bytes| bytes[7] ^= 1);
}

/// Changes one part of the ID token on the wire.
fn spoil_with(op: &mut FakeOp, part: usize, change: fn(&mut Vec<u8>)) {
    use itsme_core::internals::{base64url, base64url_decode};
    op.tamper("/token", move |response| {
        let mut answer: serde_json::Value = serde_json::from_slice(response.body()).expect("JSON");
        let token = answer["id_token"].as_str().expect("a token").to_owned();
        let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
        let mut bytes = base64url_decode(&parts[part]).expect("base64url");
        change(&mut bytes);
        parts[part] = base64url(bytes);
        answer["id_token"] = parts.join(".").into();
        *response.body_mut() = answer.to_string().into_bytes();
    });
}

#[test]
fn a_request_that_is_made_again_is_signed_again_and_counted() {
    let mut outside = Outside::new();
    let flow = outside.approved(login());
    outside.op.react("/token", Reaction::NotSent);
    let mut numbers = Vec::new();
    let Outside { world, op, kms, .. } = &mut outside;
    let clock = world.clock();
    let send = |request: itsme_core::Request| {
        let attempt = request.extensions().get().map(|attempt: &Attempt| attempt.number);
        numbers.push(attempt.expect("it has an attempt"));
        op.handle(request).map_err(|why| (why, why))
    };
    let sleep = |time| clock.advance(time);
    let who = itsme_core::drive_with_keys(flow, world, send, sleep, |it| kms.use_key(&it));
    assert!(who.is_ok());
    assert_eq!(numbers, [1, 2]);
    assert_eq!(outside.calls(0), [SIGN, SIGN, UNWRAP]);
}

/// The OP has not seen a poll that could not be signed: the next one may succeed.
#[test]
fn a_poll_outlives_an_outage() {
    let mut outside = Outside::new();
    let ticket = outside.start();
    outside.op.approve_backchannel(ticket.auth_req_id());
    outside.kms.react_when(|_| Some(Reaction::Lost));
    let answer = outside.play(outside.client.poll_backchannel(ticket));
    let Ok(Backchannel::Pending(ticket)) = answer else { panic!("it can be polled again") };
    outside.kms.recover();
    let answer = outside.play(outside.client.poll_backchannel(ticket));
    assert!(matches!(answer, Ok(Backchannel::LoggedIn(_))));
}

/// The same before the user has scanned the code.
#[test]
fn a_poll_for_the_user_outlives_an_outage() {
    let mut outside = Outside::new();
    let ticket = outside.play(outside.client.discover_user()).expect("a code");
    outside.kms.react_when(|_| Some(Reaction::Lost));
    let answer = outside.play(outside.client.poll_user_discovery(ticket));
    let Ok(UserDiscovery::Waiting(ticket)) = answer else { panic!("it can be polled again") };
    outside.kms.recover();
    let session = outside.op.pending_sessions()[0].to_owned();
    outside.op.scan(&session, &Person::ann());
    let answer = outside.play(outside.client.poll_user_discovery(ticket));
    assert!(matches!(answer, Ok(UserDiscovery::Found(_))));
}

#[test]
fn handles_are_held_against_what_is_published() {
    let mut outside = Outside::new();
    assert!(outside.play(outside.client.check_keys()).is_ok());
    assert_eq!(outside.calls(0), [SIGN, UNWRAP, "RSA-OAEP"], "what the OP may choose");
    assert!(outside.op.asked().is_empty(), "the OP is not involved");

    outside.kms.make_key("another-sig", "sig");
    outside.kms.make_key("another-enc", "enc");
    let check = |outside: &mut Outside, wrong: &'static str| {
        let Outside { world, op, kms, client } = outside;
        drive_by(client.check_keys(), (world, op), |operation| match operation {
            KeyOperation::Sign { input, .. } if wrong == SIGN => {
                Ok(kms.sign("another-sig", &input.digest()).into())
            }
            KeyOperation::Unwrap { algorithm, encrypted_key, .. } if wrong == UNWRAP => {
                let kid = "another-enc".to_owned();
                kms.use_key(&KeyOperation::Unwrap { kid, algorithm, encrypted_key })
            }
            operation => kms.use_key(&operation),
        })
    };
    for (wrong, named) in [(SIGN, "kms-sig-1"), (UNWRAP, "kms-enc-1")] {
        let error = check(&mut outside, wrong).expect_err("a handle belongs to another key");
        let DriveError::Flow(Error::KeyMismatch { kid, algorithm }) = error else {
            panic!("not {error}")
        };
        assert_eq!((kid.as_str(), algorithm), (named, wrong));
    }
    // Something that looks like a content key.
    let Outside { world, op, kms, client } = &mut outside;
    let made_up = drive_by(client.check_keys(), (world, op), |operation| match operation {
        KeyOperation::Unwrap { .. } => Ok(vec![7; 32].into()),
        operation => kms.use_key(&operation),
    });
    assert!(matches!(made_up, Err(DriveError::Flow(Error::KeyMismatch { .. }))));
}

/// A token without `kid`: each key that fits is tried once, the cheapest first.
#[test]
fn an_unnamed_key_is_found_among_those_that_fit() {
    for spoilt in [false, true] {
        let mut outside = Outside::new();
        outside.kms.make_key("kms-enc-2", "enc");
        let keys: Value = serde_json::from_str(&outside.kms.public_jwks()).expect("JSON");
        let [sig, mut smaller, mut larger] = [0, 1, 2].map(|place| keys["keys"][place].clone());
        // Anything encrypted to the smaller key could also have been encrypted to the larger one.
        if modulus(&smaller) > modulus(&larger) {
            std::mem::swap(&mut smaller, &mut larger);
        }
        let jwks = json!({ "keys": [sig, larger, smaller] }).to_string();
        let keys = PrivateKeys::external(&jwks).expect("they are sound");
        outside.client.replace_keys(keys).expect("it has keys");
        let asked = [larger, smaller.clone()].map(|key| key["kid"].clone());
        smaller.as_object_mut().expect("a key").remove("kid");
        outside.op.publish(&json!({ "keys": [sig, smaller] }).to_string());
        if spoilt {
            spoil(&mut outside.op, 4);
        }
        let mut kids = Vec::new();
        let trace = trace(&mut outside, |_, operation, kms| {
            if let KeyOperation::Unwrap { kid, .. } = operation {
                kids.push(kid.clone());
            }
            honest(operation, kms)
        });
        assert_eq!(trace.result.is_ok(), !spoilt);
        assert_eq!(kids, asked);
    }
    // The local key opens it, whatever has happened to the KMS.
    let mut outside = Outside::new();
    let mixed = itsme_testkit::private_keys().with_external(&outside.kms.public_jwks());
    let mixed = mixed.expect("they are sound");
    assert_eq!(mixed.encryption_kids()[0], "kms-enc-1");
    outside.client.replace_keys(mixed).expect("it has keys");
    outside.client.forget_old_keys();
    let mut keys: Value =
        serde_json::from_str(&itsme_testkit::private_keys().public_jwks()).expect("JSON");
    for key in keys["keys"].as_array_mut().expect("keys") {
        if key["use"] == "enc" {
            key.as_object_mut().expect("a key").remove("kid");
        }
    }
    outside.op.publish(&keys.to_string());
    outside.kms.react_when(|_| Some(Reaction::Lost));
    let flow = outside.approved(login());
    assert!(outside.play(flow).is_ok());
}

fn modulus(key: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(key["n"].as_str().expect("a modulus")).expect("base64url")
}

#[test]
fn a_refusal_ends_a_poll() {
    let mut outside = Outside::new();
    let ticket = outside.start();
    outside.kms.react_when(|_| Some(Reaction::Reply(FakeKms::error(403, "Forbidden"))));
    let answer = outside.play(outside.client.poll_backchannel(ticket));
    assert!(matches!(answer, Err(DriveError::Key { failure: KeyFailure::Refused, .. })));
    let checked = outside.play(outside.client.check_keys());
    assert!(matches!(checked, Err(DriveError::Key { failure: KeyFailure::Refused, .. })));
}
