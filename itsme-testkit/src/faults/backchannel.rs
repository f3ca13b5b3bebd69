//! Faults in logins without a browser (CIBA).

use itsme_core::MAX_RESPONSE_BYTES;
use serde_json::{Map, Value, json};

use super::{Area, Fault, Outcome};
use crate::{Document, Reaction, Wire};

type Members = Map<String, Value>;

/// A fault's name, the outcome of the flow, and the change that causes it.
type Change = (&'static str, &'static str, fn(&mut Members));

pub(super) fn faults() -> Vec<Fault> {
    let mut faults = of("user discovery", Document::UserDiscovery, user_discovery());
    faults.extend(of("backchannel answer", Document::BackchannelAnswer, answer()));
    faults.extend(of("token answer", Document::TokenAnswer, tokens()));
    faults.extend(of("ID token", Document::IdToken, claims()));
    // A poll that gets no response is retried, but a poll whose response is too large is not.
    for path in ["/user_discovery_sessions", "/backchannel/authentication", "/token"] {
        let name = format!("backchannel: too large an answer of {path}");
        let fault = Fault::new(Area::Backchannel, name, Outcome::NoAnswer, move |op| {
            let large = Reaction::Wire(Wire::Large(MAX_RESPONSE_BYTES as u64 + 1));
            op.react_when(move |asked| asked.request.contains(path).then(|| large.clone()));
        });
        faults.push(fault.by_qr_code());
    }
    faults
}

fn of(what: &str, document: Document, changes: Vec<Change>) -> Vec<Fault> {
    let faults = changes.into_iter().map(|(name, outcome, change)| {
        let name = format!("backchannel: {what}: {name}");
        Fault::new(Area::Backchannel, name, outcome, move |op| op.alter(document, change))
            .by_qr_code()
    });
    faults.collect()
}

fn user_discovery() -> Vec<Change> {
    const NO_ID: &str = "Malformed(UserDiscovery, it has no usable `user_discovery_session_id`)";
    const NOT_AN_IMAGE: &str =
        "Malformed(UserDiscovery, its `qr_code` is not a base64-encoded image)";
    const NO_CODE: &str = "Malformed(UserDiscovery, it has no `qr_code`)";
    vec![
        ("no identifier", NO_ID, |it| drop(it.remove("user_discovery_session_id"))),
        ("a null identifier", NO_ID, |it| set(it, "user_discovery_session_id", Value::Null)),
        ("an identifier that is a number", NO_ID, |it| {
            set(it, "user_discovery_session_id", json!(7));
        }),
        ("the identifier ..", NO_ID, |it| set(it, "user_discovery_session_id", json!(".."))),
        ("an identifier of 300 characters", NO_ID, |it| {
            set(it, "user_discovery_session_id", json!("x".repeat(300)));
        }),
        ("never a QR code", NO_CODE, |it| drop(it.remove("user_discovery_token"))),
        ("a QR code that is no base64", NOT_AN_IMAGE, |it| {
            set(it, "user_discovery_token", json!({ "qr_code": "?" }));
        }),
        ("a QR code that is a number", NOT_AN_IMAGE, |it| {
            set(it, "user_discovery_token", json!({ "qr_code": 7 }));
        }),
    ]
}

fn answer() -> Vec<Change> {
    const NO_ID: &str = "Malformed(Backchannel, it has no `auth_req_id`)";
    const NO_END: &str = "Malformed(Backchannel, it has no `expires_in`)";
    vec![
        ("no auth_req_id", NO_ID, |it| drop(it.remove("auth_req_id"))),
        ("a null auth_req_id", NO_ID, |it| set(it, "auth_req_id", Value::Null)),
        ("an empty auth_req_id", NO_ID, |it| set(it, "auth_req_id", json!(""))),
        ("no expires_in", NO_END, |it| drop(it.remove("expires_in"))),
        ("a null expires_in", NO_END, |it| set(it, "expires_in", Value::Null)),
        ("an error beside the rest", "Refused(InvalidRequest)", |it| {
            set(it, "error", json!("invalid_request"));
        }),
    ]
}

fn tokens() -> Vec<Change> {
    const NONE: &str = "Malformed(Token, it has no `id_token`)";
    vec![
        ("no id_token", NONE, |it| drop(it.remove("id_token"))),
        ("a null id_token", NONE, |it| set(it, "id_token", Value::Null)),
    ]
}

/// Faults in the claims. Unlike in the authorization code flow, no nonce ties the token to the
/// request.
fn claims() -> Vec<Change> {
    const WEEK: u64 = 7 * 24 * 3600;
    vec![
        ("made a week ago", "IdToken(IssuedBeforeRequest)", |it| {
            let made = it["iat"].as_u64().unwrap_or_default();
            set(it, "iat", json!(made - WEEK));
        }),
        ("of another request", "IdToken(AuthReqId)", |it| {
            set(it, "urn:openid:params:jwt:claim:auth_req_id", json!("another"));
        }),
        ("another audience", "IdToken(Audience)", |it| set(it, "aud", json!("ANOTHER_CLIENT"))),
        ("one more audience", "IdToken(OtherAudience)", |it| {
            set(it, "aud", json!([it["aud"], "ANOTHER_CLIENT"]));
        }),
        ("another issuer", "IdToken(Issuer)", |it| set(it, "iss", json!("https://evil.example"))),
        ("no acr where advanced was asked", "IdToken(Acr)", |it| drop(it.remove("acr"))),
        ("of a log-out", "IdToken(OtherKind { claim: \"events\" })", |it| {
            set(it, "events", json!({}));
        }),
        ("expired", "IdToken(Expired)", |it| {
            let end = it["exp"].as_u64().unwrap_or_default();
            set(it, "exp", json!(end - 3600));
        }),
    ]
}

fn set(members: &mut Members, member: &str, value: Value) {
    members.insert(member.to_owned(), value);
}
