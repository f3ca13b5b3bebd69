//! Quirks of CIBA responses (login without a browser).

use serde_json::{Map, Value, json};

use super::quirk;
use crate::{Document, Fault, faults::Area};

type Members = Map<String, Value>;

/// The quirk's name, and the change that produces it.
type Change = (&'static str, fn(&mut Members));

pub(super) fn quirks() -> Vec<Fault> {
    let discovery: [Change; 6] = [
        ("the QR code at the top", |it| {
            if let Some(Value::Object(token)) = it.remove("user_discovery_token") {
                it.extend(token);
            }
        }),
        ("the QR code at the top, and null where it was", |it| {
            if let Some(Value::Object(token)) =
                it.insert("user_discovery_token".into(), Value::Null)
            {
                it.extend(token);
            }
        }),
        ("the QR code as a page writes it", |it| {
            if let Some(code) =
                it.get_mut("user_discovery_token").map(|token| &mut token["qr_code"])
            {
                *code =
                    json!(format!("data:image/png;base64,{}", code.as_str().unwrap_or_default()));
            }
        }),
        ("an end that cannot be read", |it| {
            if let Some(token) = it.get_mut("user_discovery_token") {
                token["expires_at"] = json!("soon");
            }
        }),
        ("an interval in text", |it| set(it, "interval", json!("5"))),
        ("an interval that is null", |it| set(it, "interval", Value::Null)),
    ];
    let answer: [Change; 3] = [
        ("expires_in in text", |it| set(it, "expires_in", json!("300"))),
        ("an interval that is null", |it| set(it, "interval", Value::Null)),
        ("nulls for errors", |it| {
            set(it, "error", Value::Null);
            set(it, "error_description", Value::Null);
        }),
    ];
    let tokens: [Change; 2] = [
        ("a refresh_token", |it| set(it, "refresh_token", json!("not ours"))),
        ("a refresh_token that is null", |it| set(it, "refresh_token", Value::Null)),
    ];
    let claims: [Change; 3] = [
        ("a nonce that was not sent", |it| set(it, "nonce", json!("the OP's own"))),
        ("a null nonce", |it| set(it, "nonce", Value::Null)),
        ("a null auth_req_id", |it| {
            set(it, "urn:openid:params:jwt:claim:auth_req_id", Value::Null);
        }),
    ];
    let mut quirks = of_document("user discovery", Document::UserDiscovery, &discovery);
    quirks.extend(of_document("backchannel answer", Document::BackchannelAnswer, &answer));
    quirks.extend(of_document("token answer", Document::TokenAnswer, &tokens));
    quirks.extend(of_document("ID token", Document::IdToken, &claims));
    for (what, end) in [
        ("of base64", "+a/b=="),
        ("with a colon and a space", ":1 2"),
        ("with a percent sign", "%2e%2E"),
        ("with letters of any alphabet", "é/?#"),
    ] {
        let name = format!("backchannel: a session's identifier {what}");
        quirks.push(quirk(Area::Backchannel, name, move |op| op.end_session_ids_in(end)));
    }
    quirks.extend(without_second_code());
    quirks.into_iter().map(Fault::by_qr_code).collect()
}

fn of_document(what: &str, document: Document, changes: &[Change]) -> Vec<Fault> {
    let quirks = changes.iter().map(|(name, change)| {
        let change = *change;
        let name = format!("backchannel: {what}: {name}");
        quirk(Area::Backchannel, name, move |op| op.alter(document, change))
    });
    quirks.collect()
}

/// Changes every response but the first. The first one contains a QR code, because otherwise there
/// would be nothing to show. Later ones omit it, or state that there is none.
fn without_second_code() -> impl Iterator<Item = Fault> {
    let changes: [Change; 5] = [
        ("an empty QR code", |it| it["user_discovery_token"]["qr_code"] = json!("")),
        ("a QR code that is no base64", |it| it["user_discovery_token"]["qr_code"] = json!("?")),
        ("nothing about a QR code", |it| drop(it.remove("user_discovery_token"))),
        ("null for the QR code", |it| it["user_discovery_token"]["qr_code"] = Value::Null),
        ("an empty object for the QR code", |it| it["user_discovery_token"] = json!({})),
    ];
    changes.into_iter().map(|(what, change)| {
        let name = format!("backchannel: user discovery: a pending answer with {what}");
        quirk(Area::Backchannel, name, move |op| {
            let mut first = true;
            op.alter(Document::UserDiscovery, move |answer| {
                let is_pending = answer.contains_key("user_discovery_token");
                if is_pending && !std::mem::take(&mut first) {
                    change(answer);
                }
            });
        })
    })
}

fn set(members: &mut Members, member: &str, value: Value) {
    members.insert(member.to_owned(), value);
}
