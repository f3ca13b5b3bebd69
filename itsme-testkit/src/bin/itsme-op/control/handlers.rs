//! The handler of each route.

use std::{path::Path, time::Duration};

use itsme_core::{Request, UnixTime};
use itsme_testkit::{FakeOp, Fault, Gesture, JournalEntry, Person, Waiting, WaitingKind, quirks};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Number, Value, json};
use url::form_urlencoded;

use super::{Control, DESCRIPTION, Handler, Refused};
use crate::{
    configuration::{self, Client},
    registry::Registry,
};

/// The most that the clock can be set ahead, in seconds: about 136 years.
const MOST_AHEAD: u64 = 0xffff_ffff;
/// The maximum number of added clients, and of people.
const MOST_ADDED: usize = 200;

type Answer = Result<(u16, Value), Refused>;

/// Method, path under `/control/`, and handler.
pub const HANDLERS: &[(&str, &str, Handler)] = &[
    ("GET", "openapi.json", |_, _, _| ok(serde_json::from_str(DESCRIPTION).unwrap_or_default())),
    ("GET", "v1/state", |control, op, _| ok(state(control, op))),
    ("GET", "v1/waiting", |_, op, _| ok(waiting(op))),
    ("POST", "v1/approve", |_, op, request| act(op, Gesture::Approve, &body(request)?)),
    ("POST", "v1/deny", |_, op, request| by_nobody(op, Gesture::Deny, request)),
    ("POST", "v1/dismiss", |_, op, request| by_nobody(op, Gesture::Dismiss, request)),
    ("POST", "v1/scan", |_, op, request| act(op, Gesture::Scan, &body(request)?)),
    ("GET", "v1/faults", |_, _, _| ok(all_faults())),
    ("GET", "v1/faults/active", |_, op, _| ok(active_faults(op))),
    ("POST", "v1/faults/inject", |_, op, request| inject(op, request)),
    ("POST", "v1/faults/recover", |_, op, request| recover(op, request)),
    ("GET", "v1/journal", |_, op, request| journal(op, request)),
    ("POST", "v1/clock", set_clock),
    ("GET", "v1/clients", |control, _, _| ok(clients(control))),
    ("POST", "v1/clients", add_client),
    ("GET", "v1/people", |_, op, _| ok(people(op))),
    ("POST", "v1/people", add_person),
    ("POST", "v1/reset", reset),
];

fn ok(body: Value) -> Answer {
    Ok((200, body))
}

fn refused<T>(status: u16, code: &'static str, detail: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(status, code, detail.into()))
}

/// Parses a body, which must not have any other members. An empty body counts as `{}`.
fn body<T: DeserializeOwned>(request: &Request) -> Result<T, Refused> {
    let text = if request.body().is_empty() { b"{}" } else { request.body().as_slice() };
    serde_json::from_slice(text).or_else(|error| refused(400, "invalid_body", error.to_string()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Act {
    id: Option<String>,
    person: Option<String>,
}

/// The body for refusing and dismissing. It names no person, because these actions need no one's
/// data.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByNobody {
    id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ahead {
    ahead: Number,
}

fn state(control: &Control, op: &FakeOp) -> Value {
    let added = control.added.iter().filter_map(|(_, published)| published.as_ref());
    let published = control.published.iter().chain(added);
    json!({
        "issuer": op.issuer(),
        "time": op.now().as_secs(),
        "ahead": control.clock.ahead().as_secs(),
        "waiting": op.all_waiting().len(),
        "faults": op.injected(),
        "journal": op.journal_since(0).last().map_or(0, |entry| entry.number),
        "without_keys": published.filter_map(|it| it.lacks_keys()).collect::<Vec<_>>(),
    })
}

fn waiting(op: &FakeOp) -> Value {
    let now = op.now();
    json!({ "waiting": op.all_waiting().iter().map(|it| shown(it, now)).collect::<Value>() })
}

fn shown(it: &Waiting, now: UnixTime) -> Value {
    let kind = match it.kind {
        WaitingKind::Login => "login",
        WaitingKind::QrSession => "qr_session",
        _ => "backchannel",
    };
    json!({
        "kind": kind,
        "id": it.id,
        "client_id": it.client_id,
        "service": it.service(),
        "person": it.person.as_ref().map(Person::id),
        "scopes": it.scopes,
        "claims": it.claims,
        "template": it.template,
        "age": now.since(it.since).as_secs(),
    })
}

/// Acts on the item with this id. If no id is given, acts on the only item that is waiting.
fn act(op: &mut FakeOp, gesture: Gesture, act: &Act) -> Answer {
    let person = match &act.person {
        None => None,
        Some(id) => match op.people().iter().find(|person| person.id() == id) {
            None => {
                return refused(
                    404,
                    "unknown_person",
                    format!("no person has the id {id:?}; /control/v1/people lists them"),
                );
            }
            known => known.cloned(),
        },
    };
    let mut all = op.all_waiting().into_iter();
    let fits = |it: &Waiting| act.id.as_ref().is_none_or(|id| *id == it.id);
    let Some(found) = all.find(fits) else {
        let nothing = match &act.id {
            Some(id) => format!(
                "no pending request has the id {id:?}: it is unknown, already answered or timed out"
            ),
            None => "nothing is waiting".to_owned(),
        };
        let detail = format!("{nothing}; /control/v1/waiting lists what is waiting");
        return refused(404, "nothing_waits", detail);
    };
    if all.any(|it| fits(&it)) {
        return refused(
            409,
            "several_wait",
            "several items are waiting; give an id from /control/v1/waiting",
        );
    }
    match op.act_on(&found.id, gesture, person.as_ref()) {
        Ok(redirect) => ok(json!({ "id": found.id, "redirect": redirect })),
        Err(reason) => refused(400, "does_not_fit", reason),
    }
}

fn by_nobody(op: &mut FakeOp, gesture: Gesture, request: &Request) -> Answer {
    let ByNobody { id } = body(request)?;
    act(op, gesture, &Act { id, person: None })
}

/// Lists the faults that can be injected into this OP. Faults in a key holder are left out, because
/// the OP holds no client keys.
fn all_faults() -> Value {
    let mut areas: Vec<Value> = Vec::new();
    for (list, faults) in [("faults", Fault::all()), ("quirks", quirks::all())] {
        for fault in faults.iter().filter(|fault| !fault.is_at_key_holder()) {
            let area = format!("{:?}", fault.area());
            let place = areas.iter().position(|it| it["area"] == area.as_str());
            let place = place.unwrap_or_else(|| {
                areas.push(json!({ "area": area, "faults": [], "quirks": [] }));
                areas.len() - 1
            });
            let entry = json!({ "name": fault.name(), "outcome": fault.outcome().to_string() });
            areas[place][list].as_array_mut().into_iter().for_each(|it| it.push(entry.clone()));
        }
    }
    json!({ "areas": areas })
}

fn active_faults(op: &FakeOp) -> Value {
    json!({ "active": op.injected() })
}

fn inject(op: &mut FakeOp, request: &Request) -> Answer {
    let Named { name } = body(request)?;
    match Fault::named(&name) {
        Some(fault) if fault.is_at_key_holder() => {
            let detail = format!("{name:?} is a fault in a client's key management, not in an OP");
            refused(400, "does_not_fit", detail)
        }
        Some(fault) => {
            // Injecting a fault again has no effect.
            if !op.injected().contains(&name) {
                fault.inject(op);
            }
            ok(active_faults(op))
        }
        None => {
            let detail = format!("there is no fault {name:?}; /control/v1/faults lists them");
            refused(404, "unknown_fault", detail)
        }
    }
}

fn recover(op: &mut FakeOp, request: &Request) -> Answer {
    body::<Nothing>(request)?;
    op.recover();
    ok(active_faults(op))
}

fn journal(op: &FakeOp, request: &Request) -> Answer {
    let mut since = 0;
    for (name, value) in
        form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
    {
        since = match (name.as_ref(), value.parse()) {
            ("since", Ok(number)) => number,
            ("since", Err(_)) => {
                let detail = "since must be the number of an entry";
                return refused(400, "invalid_query", detail);
            }
            _ => {
                let detail = format!("unknown parameter `{name}`, expected `since`");
                return refused(400, "invalid_query", detail);
            }
        };
    }
    let entries = op.journal_since(since);
    ok(json!({ "entries": entries.iter().map(noted).collect::<Value>() }))
}

fn noted(entry: &JournalEntry) -> Value {
    let texts = |texts: &[(String, String)]| -> Value {
        texts.iter().map(|(name, text)| json!({ "name": name, "text": text })).collect()
    };
    json!({
        "number": entry.number,
        "at": entry.at.as_secs(),
        "method": entry.method,
        "path": entry.path,
        "outcome": entry.outcome,
        "reason": entry.reason,
        "faults": entry.faults,
        "login": entry.login,
        "decoded": texts(&entry.decoded),
        "details": texts(&entry.details),
    })
}

fn set_clock(control: &mut Control, op: &mut FakeOp, request: &Request) -> Answer {
    let Ahead { ahead } = body(request)?;
    let Some(ahead) = ahead.as_u64().filter(|ahead| *ahead <= MOST_AHEAD) else {
        let detail = format!("ahead must be a whole number of seconds from 0 to {MOST_AHEAD}");
        return refused(400, "invalid_body", detail);
    };
    control.clock.set_ahead(Duration::from_secs(ahead));
    ok(state(control, op))
}

fn clients(control: &Control) -> Value {
    let added = control.added.iter().map(|(client, _)| client);
    json!({ "clients": control.configured.iter().chain(added).collect::<Vec<_>>() })
}

/// Adds a client, replacing any added client with the same ID.
fn add_client(control: &mut Control, op: &mut FakeOp, request: &Request) -> Answer {
    let client: Client = body(request)?;
    let mut registry = Registry::default();
    if client.names_a_file() {
        let detail = "jwks: give a URL or a key set; only the configuration file can name files";
        return refused(400, "invalid_client", detail);
    }
    if control.configured.iter().any(|it| it.client_id == client.client_id) {
        let detail = format!(
            "the client {:?} was configured at startup and cannot be replaced",
            client.client_id
        );
        return refused(409, "exists", detail);
    }
    if let Err(reason) = registry.client(&client, Path::new(""), &control.reach) {
        return refused(400, "invalid_client", reason);
    }
    let is_new = control.added.iter().all(|(it, _)| it.client_id != client.client_id);
    if is_new && control.added.len() >= MOST_ADDED {
        return refused(
            409,
            "too_many",
            format!("{MOST_ADDED} clients have already been added; reset the OP first"),
        );
    }
    control.added.retain(|(it, published)| {
        let stays = it.client_id != client.client_id;
        published.iter().filter(|_| !stays).for_each(|published| published.retire());
        stays
    });
    registry.add_to(op);
    let published = registry.published.pop();
    published.iter().for_each(|it| control.watch.add(it.clone()));
    let answer = json!(client);
    control.added.push((client, published));
    Ok((201, answer))
}

fn people(op: &FakeOp) -> Value {
    let people = op.people().iter();
    let people = people.map(|person| json!({ "id": person.id(), "claims": person.claims() }));
    json!({ "people": people.collect::<Value>() })
}

/// Adds a person, or replaces the claims of an existing one.
fn add_person(control: &mut Control, op: &mut FakeOp, request: &Request) -> Answer {
    let person: configuration::Person = body(request)?;
    let person = Registry::read_person(&person, control.dialect)
        .or_else(|reason| refused(400, "invalid_person", reason))?;
    let is_new = op.people().iter().all(|it| it.id() != person.id());
    if is_new && op.people().len() >= MOST_ADDED {
        return refused(
            409,
            "too_many",
            format!("there are already {MOST_ADDED} people; reset the OP first"),
        );
    }
    let answer = json!({ "id": person.id(), "claims": person.claims() });
    op.know(person);
    Ok((201, answer))
}

fn reset(control: &mut Control, op: &mut FakeOp, request: &Request) -> Answer {
    body::<Nothing>(request)?;
    for (_, published) in control.added.drain(..) {
        published.iter().for_each(|published| published.retire());
    }
    control.clock.set_ahead(Duration::ZERO);
    let mut new = (control.make)();
    new.take_over_from(op);
    *op = new;
    ok(state(control, op))
}
