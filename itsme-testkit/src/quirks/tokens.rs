//! Quirks of tokens: headers with more or fewer members than necessary, and claims that were not
//! requested and are not checked.

use serde_json::{Map, Value, json};

use super::quirk;
use crate::{
    Document, Fault,
    faults::Area,
    jose::{Stage, Unencrypted, Unsigned},
};

type Claims = Map<String, Value>;

/// The quirk's name, and the change that makes it.
type Change = (&'static str, fn(&mut Claims));

const BOTH: [(Document, &str); 2] =
    [(Document::IdToken, "ID token"), (Document::Userinfo, "userinfo")];

pub(super) fn quirks() -> Vec<Fault> {
    let mut quirks = headers();
    quirks.extend(claims());
    quirks.extend(unasked());
    quirks
}

fn headers() -> Vec<Fault> {
    let signed: [(&str, &str, Value); 7] = [
        ("a null kid", "kid", Value::Null),
        ("a null cty", "cty", Value::Null),
        ("a null typ", "typ", Value::Null),
        ("the typ JWT", "typ", json!("JWT")),
        ("the typ application/jwt", "typ", json!("application/jwt")),
        ("a typ that is a number", "typ", json!(7)),
        ("a certificate", "x5c", json!(["MIIB"])),
    ];
    let encrypted: [(&str, &str, Value); 5] = [
        ("a null kid", "kid", Value::Null),
        ("a null cty", "cty", Value::Null),
        ("the typ JOSE", "typ", json!("JOSE")),
        ("the typ at+jwt", "typ", json!("at+jwt")),
        ("a key of the sender", "epk", json!({ "kty": "EC" })),
    ];
    let mut quirks = Vec::new();
    for (document, what) in BOTH {
        for (name, member, value) in signed.clone() {
            let name = format!("{what}: {name} in the JWS header");
            quirks.push(quirk(Area::Tokens, name, move |op| {
                let value = value.clone();
                op.forge(document, move |stage| {
                    if let Stage::Unsigned(Unsigned { header, .. }) = stage {
                        header[member] = value.clone();
                    }
                });
            }));
        }
        for (name, member, value) in encrypted.clone() {
            let name = format!("{what}: {name} in the JWE header");
            quirks.push(quirk(Area::Tokens, name, move |op| {
                let value = value.clone();
                op.forge(document, move |stage| {
                    if let Stage::Unencrypted(Unencrypted { header, .. }) = stage {
                        header[member] = value.clone();
                    }
                });
            }));
        }
    }
    quirks
}

/// Quirks of logins that request everything that can be checked.
fn claims() -> Vec<Fault> {
    let in_both: [Change; 4] = [
        ("made nine minutes before it was asked for", |c| {
            let made = c.get("iat").and_then(Value::as_u64).unwrap_or(1_767_225_600);
            set(c, "iat", json!(made - 540));
        }),
        ("a null name", |c| set(c, "name", Value::Null)),
        ("a long claim that nobody knows", |c| set(c, "x", json!("x".repeat(255)))),
        ("claims of the session, of any kind", |c| {
            for (claim, value) in [
                ("jti", json!(7)),
                ("sid", Value::Null),
                ("amr", json!("pwd")),
                ("s_hash", json!([])),
            ] {
                set(c, claim, value);
            }
        }),
    ];
    let mut quirks = Vec::new();
    for (document, what) in BOTH {
        for (name, change) in in_both {
            quirks.push(quirk(Area::Claims, format!("{what}: {name}"), move |op| {
                op.alter(document, change);
            }));
        }
    }
    for claim in ["iss", "aud", "exp", "iat", "nbf"] {
        let name = format!("userinfo: {claim} is null");
        quirks.push(quirk(Area::Claims, name, move |op| {
            op.alter(Document::Userinfo, move |c| set(c, claim, Value::Null));
        }));
    }
    quirks.push(quirk(Area::Claims, "userinfo: the client twice in the list", |op| {
        op.alter(Document::Userinfo, |c| set(c, "aud", json!([c["aud"], c["aud"]])));
    }));
    quirks.push(quirk(Area::Claims, "ID token: the client twice in the list, and as azp", |op| {
        op.alter(Document::IdToken, |c| {
            set(c, "azp", c["aud"].clone());
            set(c, "aud", json!([c["aud"], c["aud"]]));
        });
    }));
    quirks.push(quirk(Area::Claims, "ID token: an empty azp", |op| {
        op.alter(Document::IdToken, |c| set(c, "azp", json!("")));
    }));
    quirks
}

/// Quirks of logins that request none of these claims, so the claims are ignored.
fn unasked() -> impl Iterator<Item = Fault> {
    let values = [
        ("acr", "null", Value::Null),
        ("acr", "a number", json!(3)),
        ("acr", "a list", json!(["http://itsme.services/v2/claim/acr_advanced"])),
        ("acr", "unknown", json!("urn:mace:incommon:iap:silver")),
        ("auth_time", "a text", json!("2026-01-01T00:00:00Z")),
        ("auth_time", "a list", json!([])),
        ("auth_time", "negative", json!(-1)),
        ("auth_time", "of last year", json!(1_735_689_600)),
    ];
    values.into_iter().map(|(claim, kind, value)| {
        let quirk =
            quirk(Area::Claims, format!("ID token: {claim} is {kind}, unasked"), move |op| {
                let value = value.clone();
                op.alter(Document::IdToken, move |c| set(c, claim, value.clone()));
            });
        quirk.plain().seen(|who| who.acr.is_none())
    })
}

fn set(claims: &mut Claims, claim: &str, value: Value) {
    claims.insert(claim.to_owned(), value);
}
