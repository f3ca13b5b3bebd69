//! Faults of a well-meaning OP on a bad day.

use std::time::Duration;

use super::{Area, Fault, Outcome};
use crate::{FakeOp, Reaction, op::error_answer};

pub(super) fn faults() -> Vec<Fault> {
    let day = |name: &str, outcome: Outcome, inject: fn(&mut FakeOp)| {
        Fault::new(Area::Days, name, outcome, inject)
    };
    let (logged_in, no_answer) = (|| Outcome::LoggedIn, || Outcome::NoAnswer);
    let refused = || Outcome::from("Refused(InvalidClient)");
    let unavailable = || Outcome::from("UnexpectedReply(Discovery, 503)");
    vec![
        day("a new signing key, midway", logged_in(), FakeOp::rotate_signing_key).midway(),
        day("a new encryption key, midway", refused(), FakeOp::rotate_encryption_key).midway(),
        day("both keys new, midway", refused(), |op| {
            op.rotate_signing_key();
            op.rotate_encryption_key();
        })
        .midway(),
        day("keys that are announced before they sign", logged_in(), FakeOp::roll_signing_key),
        day("every other GET is lost", logged_in(), |op| {
            flap(op, |request| request.starts_with("GET"))
        }),
        day("every other request is lost", no_answer(), |op| flap(op, |_| true)),
        day("down", no_answer(), |op| op.react_when(|_| Some(Reaction::Lost))),
        day("down, midway", no_answer(), |op| op.react_when(|_| Some(Reaction::Lost))).midway(),
        day("in maintenance, then back", unavailable(), |op| {
            op.react("/.well-known/openid-configuration", maintenance());
        }),
        day("in maintenance, midway", "UnexpectedReply(Token, 503)".into(), |op| {
            op.react_when(|_| Some(maintenance()));
        })
        .midway(),
        day("too many requests", "Refused(Other(\"too_many_requests\"))".into(), |op| {
            let reply = error_answer(429, "too_many_requests", "slow down");
            op.react_when(move |_| Some(Reaction::Reply(reply.clone())));
        }),
        day("half a minute ahead", logged_in(), |op| op.set_ahead(Duration::from_secs(30))),
        day("half a minute behind", logged_in(), |op| op.set_behind(Duration::from_secs(30))),
        day("two hours ahead", refused(), |op| op.set_ahead(Duration::from_secs(7200))),
        day("two hours behind", refused(), |op| op.set_behind(Duration::from_secs(7200))),
        day("keys that are not to be stored", logged_in(), |op| op.cache_control("no-store")),
        day("keys that are good for no time", logged_in(), |op| op.cache_control("max-age=0")),
        day("keys that are good for ever", logged_in(), |op| {
            op.cache_control("max-age=999999999999999999999");
        }),
        day("Cache-Control of nonsense", logged_in(), |op| op.cache_control("=,;max-age=\"x")),
    ]
}

/// Loses every other request for which `concerns` returns true, starting with the
/// first.
fn flap(op: &mut FakeOp, concerns: fn(&str) -> bool) {
    let mut up = true;
    op.react_when(move |asked| {
        if !concerns(&asked.request) {
            return None;
        }
        up = !up;
        (!up).then_some(Reaction::Lost)
    });
}

fn maintenance() -> Reaction {
    let mut response = error_answer(503, "", "");
    *response.body_mut() = b"<!DOCTYPE html><title>Maintenance</title>".to_vec();
    Reaction::Reply(response)
}
