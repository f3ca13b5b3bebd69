//! Failures of an external key holder (an HSM or a KMS): it is slow or unreachable, refuses, or
//! returns a wrong result. A login calls it three times: to sign the client assertion, and to unwrap the content
//! keys of the ID token and of the userinfo response.

use std::time::Duration;

use super::{Area, Fault, Outcome};
use crate::{FakeKms, Reaction, Wire, kms::KeyCall};

const SIGN: &str = "RS256";
const UNWRAP: &str = "RSA-OAEP-256";

pub(super) fn faults() -> Vec<Fault> {
    let mut faults = Vec::new();
    for (operation, name) in [(SIGN, "sign"), (UNWRAP, "unwrap")] {
        let unavailable = format!("Key({operation}, Unavailable)");
        let refused = format!("Key({operation}, Refused)");
        for (what, wire) in [
            ("no answer", Wire::Silence),
            ("a head and no body", Wire::SilenceAfterHead),
            ("a body that trickles", Wire::Trickle),
        ] {
            let hung = always(operation, Reaction::Wire(wire));
            faults.push(holder(format!("{name}: {what}"), unavailable.as_str(), hung).hanging());
        }
        let for_good = [
            ("closed in the body", Reaction::Wire(Wire::Closed { after: 150 }), &unavailable),
            ("an answer without end", Reaction::Wire(Wire::Endless), &unavailable),
            ("not reached", Reaction::Lost, &unavailable),
            ("throttled", reply(429, "Throttled"), &unavailable),
            ("out of order", reply(500, "InternalError"), &unavailable),
            ("a page in place of an answer", page(), &unavailable),
            ("an answer that is no base64url", garbage(), &unavailable),
            ("no permission", reply(403, "Forbidden"), &refused),
            ("credentials that have expired", reply(401, "Unauthorized"), &refused),
            ("no such key", reply(404, "KeyNotFound"), &refused),
            ("a key that is disabled", reply(409, "KeyDisabled"), &refused),
        ];
        for (what, reaction, outcome) in for_good {
            let what = format!("{name}: {what}");
            faults.push(holder(what, outcome.as_str(), always(operation, reaction)));
        }
        for (what, reaction) in [
            ("throttled once", reply(429, "Throttled")),
            ("out of order once", reply(503, "ServerBusy")),
            ("not reached once", Reaction::Lost),
            ("slow", Reaction::Wire(Wire::Late(Duration::from_millis(300)))),
        ] {
            let what = format!("{name}: {what}");
            faults.push(holder(what, Outcome::LoggedIn, once(operation, reaction)));
        }
    }
    let nobodys = |name: &str, change: fn(&mut Vec<u8>)| {
        holder(format!("sign: {name}"), "KeyMismatch", tampered(SIGN, change))
    };
    faults.extend([
        nobodys("the signature of something else", |signature| signature.reverse()),
        nobodys("a signature that is too short", |signature| signature.truncate(255)),
        nobodys("a signature that is too long", |signature| signature.push(0)),
        nobodys("no signature", Vec::clear),
        nobodys("a signature of zeros", |signature| signature.fill(0)),
        holder("sign: the signature of another key", "KeyMismatch", |kms| {
            let mut other = FakeKms::new();
            other.make_key("another", "sig");
            kms.tamper(move |call, signature| {
                if call.algorithm == SIGN {
                    *signature = other.sign("another", &[7; 32]);
                }
            });
        }),
    ]);
    let wrong = |name: &str, change: fn(&mut Vec<u8>)| {
        holder(format!("unwrap: {name}"), "IdToken(Decryption)", tampered(UNWRAP, change))
    };
    faults.extend([
        wrong("another content key", |key| key.reverse()),
        wrong("a content key that is too short", |key| key.truncate(16)),
        wrong("a content key that is too long", |key| key.push(0)),
        wrong("no content key", Vec::clear),
        wrong("64 KiB", |key| key.resize(64 * 1024, 7)),
        holder(
            "unwrap: says that it does not decrypt",
            "IdToken(Decryption)",
            always(UNWRAP, reply(400, "BadParameter")),
        ),
        holder(
            "unwrap: 400 with a word of its own",
            "IdToken(Decryption)",
            always(UNWRAP, reply(400, "InvalidCiphertext")),
        ),
        holder("the answer before, given again", "IdToken(Decryption)", |kms| {
            let mut before = Vec::new();
            kms.tamper(move |call, made| {
                let now = std::mem::replace(&mut before, made.clone());
                if call.algorithm == UNWRAP {
                    *made = now;
                }
            });
        }),
        holder("unwrap: gone after the ID token", "Key(RSA-OAEP-256, Unavailable)", |kms| {
            let mut unwrapped = 0;
            kms.react_when(move |call| {
                unwrapped += u32::from(call.algorithm == UNWRAP);
                (unwrapped > 1).then_some(Reaction::Lost)
            });
        }),
        holder("sign: says that it does not decrypt", "Key(RS256, DoesNotUnwrap)", |kms| {
            always(SIGN, reply(400, "BadParameter"))(kms);
        }),
    ]);
    faults
}

fn holder(
    name: impl Into<String>,
    outcome: impl Into<Outcome>,
    inject: impl Fn(&mut FakeKms) + Send + Sync + 'static,
) -> Fault {
    Fault::new(Area::KeyHolder, name, outcome, |_| ()).at_key_holder(inject)
}

fn always(operation: &'static str, reaction: Reaction) -> impl Fn(&mut FakeKms) {
    move |kms| {
        let reaction = reaction.clone();
        kms.react_when(move |call| is(call, operation).then(|| reaction.clone()));
    }
}

fn once(operation: &'static str, reaction: Reaction) -> impl Fn(&mut FakeKms) {
    move |kms| {
        let mut reaction = Some(reaction.clone());
        kms.react_when(move |call| reaction.take_if(|_| is(call, operation)));
    }
}

fn tampered(operation: &'static str, change: fn(&mut Vec<u8>)) -> impl Fn(&mut FakeKms) {
    move |kms| {
        kms.tamper(move |call, made| {
            if is(call, operation) {
                change(made);
            }
        });
    }
}

fn is(call: &KeyCall, operation: &str) -> bool {
    call.algorithm == operation
}

fn reply(status: u16, code: &str) -> Reaction {
    Reaction::Reply(FakeKms::error(status, code))
}

fn page() -> Reaction {
    Reaction::Reply(http::Response::new(b"<!DOCTYPE html><title>Proxy</title>".to_vec()))
}

fn garbage() -> Reaction {
    Reaction::Reply(http::Response::new(br#"{"value":"not base64url!"}"#.to_vec()))
}
