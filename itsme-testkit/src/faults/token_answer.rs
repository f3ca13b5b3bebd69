//! Responses from the token endpoint that lack something or contain too much.

use serde_json::{Value, json};

use super::{Area, Fault, Outcome};
use crate::{Document, Reaction, op::error_answer};

pub(super) fn faults() -> Vec<Fault> {
    let mut faults = Vec::new();
    for member in ["access_token", "token_type", "id_token"] {
        let outcome = format!("Malformed(Token, it has no `{member}`)");
        faults.push(set(&format!("no {member}"), member, None, outcome.clone()));
        faults.push(set(&format!("{member} is empty"), member, Some(json!("")), outcome.clone()));
        for (kind, value) in super::wrong_types_for_text() {
            faults.push(set(&format!("{member} is {kind}"), member, Some(value), outcome.clone()));
        }
    }
    let not_bearer = "Malformed(Token, its `token_type` is not Bearer)";
    faults.push(set("another token_type", "token_type", Some(json!("DPoP")), not_bearer));
    let not_a_header = "Malformed(Token, its `access_token` cannot be sent in a header)";
    let split = Some(json!("a\r\nX-Admin: yes"));
    faults.push(set("an access_token of two lines", "access_token", split, not_a_header));
    for (kind, value) in [
        ("a list", json!([300])),
        ("negative", json!(-1)),
        ("a fraction", json!(0.5)),
        ("beyond all numbers", json!(1e300)),
        ("null", Value::Null),
        ("a text", json!("soon")),
    ] {
        let name = format!("expires_in is {kind}");
        faults.push(set(&name, "expires_in", Some(value), Outcome::LoggedIn));
    }
    let refresh = Some(json!("not ours"));
    faults.push(set("a refresh_token", "refresh_token", refresh, Outcome::LoggedIn));
    for (kind, nothing) in [("empty", json!("")), ("null", Value::Null), ("false", json!(false))] {
        let name = format!("an error that is {kind} beside the tokens");
        faults.push(set(&name, "error", Some(nothing), Outcome::LoggedIn));
    }
    let error = Some(json!("invalid_grant"));
    faults.push(set("an error beside the tokens", "error", error, "Refused(InvalidGrant)"));
    for (status, code, outcome) in [
        (400, "invalid_request", "Refused(InvalidRequest)"),
        (400, "invalid_grant", "Refused(InvalidGrant)"),
        (401, "invalid_client", "Refused(InvalidClient)"),
        (400, "unauthorized_client", "Refused(UnauthorizedClient)"),
        (403, "access_denied", "Refused(AccessDenied)"),
        (400, "never_heard_of", "Refused(Other(\"never_heard_of\"))"),
    ] {
        faults.push(Fault::new(
            Area::TokenAnswer,
            format!("token answer: refused with {code}"),
            outcome,
            move |op| op.react("/token", Reaction::Reply(error_answer(status, code, "no"))),
        ));
    }
    faults.push(twice());
    faults
}

fn set(
    name: &str,
    member: &'static str,
    value: Option<Value>,
    outcome: impl Into<Outcome>,
) -> Fault {
    Fault::new(Area::TokenAnswer, format!("token answer: {name}"), outcome, move |op| {
        let value = value.clone();
        op.alter(Document::TokenAnswer, move |answer| {
            answer.remove(member);
            answer.extend(value.clone().map(|value| (member.to_owned(), value)));
        });
    })
}

fn twice() -> Fault {
    let outcome = "Malformed(Token, a JSON member appears twice)";
    Fault::new(Area::TokenAnswer, "token answer: id_token stands twice", outcome, |op| {
        op.tamper("/token", |response| {
            response.body_mut().splice(..1, *br#"{"id_token":"another","#);
        });
    })
}
