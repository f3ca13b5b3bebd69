//! Turns one response in twenty into a fault, by counting the requests to each path. This gives the same
//! number of faults on every machine, no matter how the logins interleave.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use itsme_core::{Client, Provider, Response, UnixTime};

use super::lock;
use crate::{Asked, Reaction, Wire};

pub(super) const DISCOVERY: &str = "GET /.well-known/openid-configuration";
pub(super) const KEYS: &str = "GET /jwkSet";
const TOKEN: &str = "POST /token";
const USERINFO: &str = "GET /userinfo";

/// The description of an injected refusal, which distinguishes it from a refusal by the OP itself.
pub(super) const INJECTED: &str = "injected";

/// The number of logins that were, or should have been, ended by each kind of fault.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) pages: usize,
    pub(super) refusals: usize,
    /// Logins in which a request that cannot be repeated got no response, or only part of one.
    pub(super) lost: usize,
}

/// The faults that were injected.
#[derive(Debug, Default)]
pub(super) struct Injected {
    /// Faults that each end one login.
    pub(super) fatal: Counts,
    /// The number of lost responses to GETs, which are retried once. The second attempt can also
    /// be lost.
    pub(super) lost_gets: usize,
    /// Times at which requests for keys were lost.
    pub(super) lost_keys: Vec<UnixTime>,
}

impl Counts {
    pub(super) fn total(&self) -> usize {
        self.pages + self.refusals + self.lost
    }
}

/// Chooses a reaction to each request. The first fetch of metadata and keys always succeeds,
/// because if it failed, every login would fail with it, having nothing to fall back on.
pub(super) fn faults(
    client: Client,
    injected: Arc<Mutex<Injected>>,
) -> impl FnMut(&Asked) -> Option<Reaction> {
    let mut asked_so_far = HashMap::<String, usize>::new();
    move |asked| {
        client.provider()?;
        let number = asked_so_far.entry(asked.request.clone()).or_default();
        *number += 1;
        let mut injected = lock(&injected);
        match asked.request.as_str() {
            TOKEN | USERINFO if number.is_multiple_of(20) => {
                Some(fault(&asked.request, *number / 20, &mut injected))
            }
            // A fetch that fails ends every login that waits for it, so make sure that the second
            // attempt always succeeds here.
            DISCOVERY | KEYS if number.is_multiple_of(16) => {
                injected.lost_gets += 1;
                if asked.request == KEYS {
                    injected.lost_keys.push(asked.at);
                }
                Some(loss(*number / 16))
            }
            _ => None,
        }
    }
}

/// Injects no faults, but records when a fetch of keys begins. A request that arrives before the previous fetch has
/// stored anything does not begin a new fetch. It either is a second attempt or follows a fetch that took longer than
/// its lease of 15 seconds (15 ms of real time), as can happen on a busy machine.
pub(super) fn note_fetches(
    client: Client,
    fetches: Arc<Mutex<Vec<UnixTime>>>,
) -> impl FnMut(&Asked) -> Option<Reaction> {
    let mut last: Option<Arc<Provider>> = None;
    move |asked| {
        let known = client.provider()?;
        if asked.request == KEYS && !last.as_ref().is_some_and(|last| Arc::ptr_eq(last, &known)) {
            lock(&fetches).push(asked.at);
            last = Some(known);
        }
        None
    }
}

fn fault(request: &str, number: usize, injected: &mut Injected) -> Reaction {
    match number % 8 {
        0 => {
            injected.fatal.pages += 1;
            reply(503, "<h1>Maintenance</h1>")
        }
        1 => {
            injected.fatal.refusals += 1;
            reply(200, &format!(r#"{{"error":"server_error","detail":"{INJECTED}"}}"#))
        }
        // This refusal makes the client suspect that the OP's keys have changed.
        2 => {
            injected.fatal.refusals += 1;
            reply(401, &format!(r#"{{"error":"invalid_client","detail":"{INJECTED}"}}"#))
        }
        _ if request == USERINFO => {
            injected.lost_gets += 1;
            loss(number)
        }
        _ => {
            injected.fatal.lost += 1;
            loss(number)
        }
    }
}

fn loss(number: usize) -> Reaction {
    match number % 5 {
        0 => Reaction::Lost,
        1 => Reaction::AnswerLost,
        // This is in the middle of the body, because heads are shorter and bodies longer.
        2 => Reaction::Wire(Wire::Closed { after: 600 }),
        3 => Reaction::Wire(Wire::Reset { after: 600 }),
        _ => Reaction::Wire(Wire::Reset { after: 0 }),
    }
}

fn reply(status: u16, body: &str) -> Reaction {
    let mut response = Response::new(body.as_bytes().to_vec());
    *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
    Reaction::Reply(response)
}
