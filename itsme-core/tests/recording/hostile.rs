//! Anyone who knows a client's public key can create a recording: whatever is in it, a replay ends, and nothing
//! panics.

use std::time::Instant;

use itsme_core::{
    AuthorizationRequest, Claim, Progress, QrLogin, Recording, Scope,
    internals::{recording_all, replay},
};
use itsme_testkit::{Fault, Person, SERVICE, play, private_keys};
use serde_json::{Value, json};

use crate::{common::Scene, recorded::Recorded, sealed::plaintext};

/// The recordings of a login in a browser and of one without, which fail at the end.
fn recordings() -> Vec<Recording> {
    let recorded = Recorded::default();
    let Scene { mut world, mut op, client } = Scene::new();
    let client = recording_all(client, recorded.recorder());
    let login = || {
        AuthorizationRequest::login(SERVICE)
            .claim(Claim::Name)
            .scope(Scope::Email)
            .scopes_by_userinfo()
    };
    let redirect = play(client.authorize(login()), &mut op, &mut world).expect("a URL");
    let callback = op.approve(&redirect.url, &Person::ann());
    Fault::named("userinfo: another issuer").expect("it is known").inject(&mut op);
    assert!(play(client.finish_login(redirect.state, callback), &mut op, &mut world).is_err());
    let mut login = QrLogin::new(login());
    while let Ok(progress) = play(client.next_qr_step(login), &mut op, &mut world) {
        login = match progress {
            Progress::Scan { then, .. } => {
                let session = op.pending_sessions()[0].to_owned();
                op.scan(&session, &Person::ann());
                then
            }
            Progress::Scanned { then } => then,
            Progress::Waiting { then } => {
                let asked = op.pending_backchannel()[0].auth_req_id.clone();
                op.approve_backchannel(&asked);
                then
            }
            Progress::LoggedIn(_) => panic!("userinfo has another issuer"),
        };
    }
    recorded.take()
}

/// The paths of all values in it.
fn paths(value: &Value, path: &str, found: &mut Vec<String>) {
    found.push(path.to_owned());
    match value {
        Value::Array(values) => {
            for (place, value) in values.iter().enumerate() {
                paths(value, &format!("{path}/{place}"), found);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                paths(value, &format!("{path}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// Replacements for a value.
fn others(value: &Value) -> Vec<Value> {
    let mut others = vec![Value::Null, json!([]), json!({})];
    others.extend(match value {
        Value::String(_) => ["", "x", "http://[", "https://evil.example/\u{0}", "..", "-1"]
            .map(|text| json!(text))
            .to_vec(),
        Value::Number(_) => vec![json!(0), json!(999), json!(u64::MAX), json!(-1), json!(1e300)],
        Value::Bool(it) => vec![json!(!it)],
        Value::Array(them) => {
            vec![them.iter().chain(them).cloned().collect(), json!([them.last()])]
        }
        _ => Vec::new(),
    });
    others
}

#[test]
fn whatever_is_in_it_a_replay_ends() {
    let begun = Instant::now();
    let (mut tried, mut read, mut good) = (0, 0, 0);
    for recording in recordings() {
        let opened: Value = serde_json::from_str(&plaintext(&recording)).expect("JSON");
        let mut all = Vec::new();
        paths(&opened, "", &mut all);
        for path in all {
            let value = opened.pointer(&path).expect("it is there");
            for other in others(value) {
                let mut changed = opened.clone();
                *changed.pointer_mut(&path).expect("it is there") = other;
                tried += 1;
                if let Some(replay) = replay(&changed.to_string(), private_keys().into()) {
                    read += 1;
                    good += usize::from(replay.run().is_same());
                }
            }
        }
    }
    println!("{tried} tried, {read} read, {good} the same: {:?}", begun.elapsed());
    assert!(tried > 2000 && read > 500 && good > 0);
}
