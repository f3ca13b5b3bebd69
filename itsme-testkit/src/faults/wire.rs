//! Connections that are silent, slow, endless, or closed halfway.

use std::time::Duration;

use itsme_core::MAX_RESPONSE_BYTES;

use super::{Area, ENDPOINTS, Fault, Outcome};
use crate::{Reaction, Wire};

/// A position within every response's head, and one within every response's body.
const IN_THE_HEAD: usize = 20;
const IN_THE_BODY: usize = 400;

pub(super) fn faults() -> Vec<Fault> {
    let wires = [
        ("silence", Wire::Silence),
        ("silence after the head", Wire::SilenceAfterHead),
        ("a body that trickles one byte a second", Wire::Trickle),
        ("a body in chunks without end", Wire::Endless),
        ("a body of one byte too many", Wire::Large(MAX_RESPONSE_BYTES as u64 + 1)),
        ("a body of 512 MiB", Wire::Large(512 * 1024 * 1024)),
        ("closed without an answer", Wire::Closed { after: 0 }),
        ("closed in the head", Wire::Closed { after: IN_THE_HEAD }),
        ("closed in the body", Wire::Closed { after: IN_THE_BODY }),
        ("reset without an answer", Wire::Reset { after: 0 }),
        ("reset in the head", Wire::Reset { after: IN_THE_HEAD }),
        ("reset in the body", Wire::Reset { after: IN_THE_BODY }),
    ];
    let mut faults = Vec::new();
    for (path, endpoint) in ENDPOINTS {
        for (what, wire) in wires {
            let fault = always(path, format!("{endpoint}: {what}"), Reaction::Wire(wire));
            let hangs = matches!(wire, Wire::Silence | Wire::SilenceAfterHead | Wire::Trickle);
            faults.push(if hangs { fault.hanging() } else { fault });
        }
        faults.push(always(path, format!("{endpoint}: requests are lost"), Reaction::Lost));
        faults.push(once(path, endpoint));
        faults.push(late(path, endpoint));
    }
    faults
}

fn always(path: &'static str, name: String, reaction: Reaction) -> Fault {
    Fault::new(Area::Wire, name, Outcome::NoAnswer, move |op| {
        let reaction = reaction.clone();
        op.react_when(move |asked| asked.request.ends_with(path).then(|| reaction.clone()));
    })
}

/// The fault happens only once. A GET is retried once, but a code is never redeemed twice.
fn once(path: &'static str, endpoint: &str) -> Fault {
    let outcome = if path == "/token" { Outcome::NoAnswer } else { Outcome::LoggedIn };
    let name = format!("{endpoint}: closed in the body, once");
    Fault::new(Area::Wire, name, outcome, move |op| {
        op.react(path, Reaction::Wire(Wire::Closed { after: IN_THE_BODY }));
    })
}

fn late(path: &'static str, endpoint: &str) -> Fault {
    Fault::new(Area::Wire, format!("{endpoint}: slow"), Outcome::LoggedIn, move |op| {
        op.react(path, Reaction::Wire(Wire::Late(Duration::from_millis(300))));
    })
}
