//! Tokens that are correctly signed and encrypted, but contain wrong claims.

use serde_json::{Map, Value, json};

use super::{Area, Fault, Outcome, TAKEN, outcome};
use crate::Document;

type Claims = Map<String, Value>;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
const YEARS: u64 = 10 * 365 * DAY;

/// The lie's name, the reason for rejecting it, and the change that introduces it.
type Lie = (&'static str, &'static str, fn(&mut Claims));

pub(super) fn faults() -> Vec<Fault> {
    let everywhere = in_both();
    let id_token = of_id_tokens().into_iter().chain(everywhere.clone());
    let userinfo = of_userinfo().into_iter().chain(everywhere);
    let mut faults: Vec<Fault> =
        id_token.map(|lie| fault(lie, Document::IdToken, "ID token", "IdToken")).collect();
    faults.extend(userinfo.map(|lie| fault(lie, Document::Userinfo, "userinfo", "Userinfo")));
    faults.extend(wrong_types());
    faults
}

fn fault((name, reason, lie): Lie, document: Document, what: &str, error: &str) -> Fault {
    let (name, outcome) = (format!("{what}: {name}"), outcome(error, reason));
    Fault::new(Area::Claims, name, outcome, move |op| op.alter(document, lie))
}

/// Gives every checked claim a value of the wrong type. Wrong values of the right type are covered
/// elsewhere.
fn wrong_types() -> Vec<Fault> {
    // A null claim counts as missing, which has a different outcome, and some claims are optional.
    let null = |claim: &str| match claim {
        "azp" | "at_hash" | "nbf" | "auth_time" => Outcome::LoggedIn,
        "acr" => "IdToken(Acr)".into(),
        _ => format!("IdToken(Missing {{ claim: {claim:?} }})").into(),
    };
    let texts = ["iss", "sub", "nonce", "acr", "azp", "at_hash"];
    let of_texts = texts
        .into_iter()
        .flat_map(|claim| super::wrong_types_for_text().map(|(kind, value)| (claim, kind, value)));
    let times = ["exp", "iat", "nbf", "auth_time"].into_iter().flat_map(|claim| {
        [
            ("null", Value::Null),
            ("a text", json!("tomorrow")),
            ("a list", json!([1])),
            ("negative", json!(-1)),
            ("in milliseconds", json!(1_767_225_600_000_u64)),
            ("1e300", json!(1e300)),
            ("2^63", json!(1_u64 << 63)),
        ]
        .map(|(kind, value)| (claim, kind, value))
    });
    let audiences =
        [("null", Value::Null), ("a number", json!(7)), ("a list of numbers", json!([7]))];
    let audiences = audiences.map(|(kind, value)| ("aud", kind, value));
    let all = of_texts.chain(times).chain(audiences);
    all.map(|(claim, kind, value)| {
        let name = format!("ID token: {claim} is {kind}");
        let wrong = || format!("IdToken(Claim {{ claim: {claim:?} }})").into();
        let outcome = if value.is_null() { null(claim) } else { wrong() };
        Fault::new(Area::Claims, name, outcome, move |op| {
            let value = value.clone();
            op.alter(Document::IdToken, move |claims| {
                claims.insert(claim.to_owned(), value.clone());
            });
        })
    })
    .collect()
}

fn set(claims: &mut Claims, claim: &str, value: Value) {
    claims.insert(claim.to_owned(), value);
}

/// The time at which the token was issued according to its `iat`, or 0 if it has none.
fn made(claims: &Claims) -> u64 {
    claims.get("iat").and_then(Value::as_u64).unwrap_or_default()
}

fn in_both() -> Vec<Lie> {
    vec![
        ("another issuer", "Issuer", |c| set(c, "iss", json!("https://evil.example/v2"))),
        ("an empty issuer", "Issuer", |c| set(c, "iss", json!(""))),
        ("the issuer with a slash", "Issuer", |c| {
            c["iss"] = json!(format!("{}/", c["iss"].as_str().unwrap_or_default()));
        }),
        ("another audience", "Audience", |c| set(c, "aud", json!("ANOTHER_CLIENT"))),
        ("no audience in the list", "Audience", |c| set(c, "aud", json!([]))),
        ("others in the list of audiences", "Audience", |c| set(c, "aud", json!(["A", "B"]))),
        ("the client in a list", TAKEN, |c| set(c, "aud", json!([c["aud"]]))),
        ("several audiences", "OtherAudience", |c| {
            set(c, "aud", json!([c["aud"], "ANOTHER_CLIENT"]));
        }),
        ("events, as of a log-out", r#"OtherKind { claim: "events" }"#, |c| {
            let logout = "http://schemas.openid.net/event/backchannel-logout";
            set(c, "events", json!({ logout: {} }));
        }),
        ("a sub of 256 characters", r#"Claim { claim: "sub" }"#, |c| {
            set(c, "sub", json!("x".repeat(256)));
        }),
        ("a sub of two lines", r#"Claim { claim: "sub" }"#, |c| set(c, "sub", json!("a\nb"))),
        ("a sub with a null character", r#"Claim { claim: "sub" }"#, |c| {
            set(c, "sub", json!("a\0"))
        }),
        ("no sub", r#"Missing { claim: "sub" }"#, |c| drop(c.remove("sub"))),
        ("an empty sub", r#"Missing { claim: "sub" }"#, |c| set(c, "sub", json!(""))),
        ("something unknown", TAKEN, |c| set(c, "x", json!({ "deep": [[[{}]]] }))),
        ("a name that is a number", TAKEN, |c| set(c, "family_name", json!(7))),
        ("an address that is a list", TAKEN, |c| set(c, "address", json!([null]))),
    ]
}

fn of_id_tokens() -> Vec<Lie> {
    vec![
        ("no iss", r#"Missing { claim: "iss" }"#, |c| drop(c.remove("iss"))),
        ("no aud", r#"Missing { claim: "aud" }"#, |c| drop(c.remove("aud"))),
        ("no exp", r#"Missing { claim: "exp" }"#, |c| drop(c.remove("exp"))),
        ("no iat", r#"Missing { claim: "iat" }"#, |c| drop(c.remove("iat"))),
        ("no claims at all", r#"Missing { claim: "iss" }"#, Claims::clear),
        ("expired an hour ago", "Expired", |c| set(c, "exp", json!(made(c) - HOUR))),
        ("ten years old", "Expired", |c| {
            set(c, "exp", json!(made(c) - YEARS + 300));
            set(c, "iat", json!(made(c) - YEARS));
        }),
        ("expired half a minute ago", TAKEN, |c| {
            set(c, "iat", json!(made(c) - 300));
            set(c, "exp", json!(made(c) + 270));
        }),
        ("the client twice in the list, no azp", r#"Missing { claim: "azp" }"#, |c| {
            set(c, "aud", json!([c["aud"], c["aud"]]));
        }),
        ("an end before the beginning", "EndsBeforeBeginning", |c| {
            set(c, "exp", json!(made(c) - 30));
        }),
        ("a week old, and good for another", "IssuedBeforeRequest", |c| {
            set(c, "exp", json!(made(c) + 7 * DAY));
            set(c, "iat", json!(made(c) - 7 * DAY));
        }),
        ("eleven minutes older than the request", "IssuedBeforeRequest", |c| {
            set(c, "iat", json!(made(c) - 660));
        }),
        ("exp with a fraction", TAKEN, |c| set(c, "exp", json!(made(c) as f64 + 300.5))),
        ("from in two hours", "IssuedInFuture", |c| set(c, "iat", json!(made(c) + 2 * HOUR))),
        ("from in half a minute", TAKEN, |c| set(c, "iat", json!(made(c) + 30))),
        ("valid in two hours", "NotYetValid", |c| set(c, "nbf", json!(made(c) + 2 * HOUR))),
        ("nbf of now", TAKEN, |c| set(c, "nbf", json!(made(c)))),
        ("another nonce", "Nonce", |c| set(c, "nonce", json!("of another login, a long one"))),
        ("an empty nonce", "Nonce", |c| set(c, "nonce", json!(""))),
        ("no nonce", r#"Missing { claim: "nonce" }"#, |c| drop(c.remove("nonce"))),
        ("several audiences, azp the client", "OtherAudience", |c| {
            set(c, "azp", c["aud"].clone());
            set(c, "aud", json!([c["aud"], "ANOTHER_CLIENT"]));
        }),
        ("azp another client", "AuthorizedParty", |c| set(c, "azp", json!("ANOTHER_CLIENT"))),
        ("no acr where advanced was asked", "Acr", |c| drop(c.remove("acr"))),
        ("acr basic where advanced was asked", "Acr", |c| {
            set(c, "acr", json!("http://itsme.services/v2/claim/acr_basic"));
        }),
        ("acr nobody knows", "Acr", |c| set(c, "acr", json!("urn:advanced"))),
        ("acr of V1 with another month", "Acr", |c| {
            set(c, "acr", json!("tag:sixdots.be,9999-99:acr_advanced"));
        }),
        ("acr of V1 with its old mistake", "Acr", |c| {
            set(c, "acr", json!("tag:itsmetag:sixdots.be,2016-06:acr_advanced"));
        }),
        ("authenticated yesterday", "AuthTime", |c| set(c, "auth_time", json!(made(c) - DAY))),
        ("authenticated just now", TAKEN, |c| set(c, "auth_time", json!(made(c)))),
        ("at_hash of another access token", "AccessTokenHash", |c| {
            set(c, "at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"));
        }),
    ]
}

fn of_userinfo() -> Vec<Lie> {
    vec![
        ("about somebody else", "Subject", |c| set(c, "sub", json!("somebody else"))),
        ("no iss, no aud", TAKEN, |c| c.retain(|claim, _| claim != "iss" && claim != "aud")),
        ("expired", "Expired", |c| set(c, "exp", json!(1_000_000_000))),
        ("from the future", "IssuedInFuture", |c| set(c, "iat", json!(1_u64 << 39))),
        ("older than the request", "IssuedBeforeRequest", |c| set(c, "iat", json!(1_000_000_000))),
        ("valid in the future", "NotYetValid", |c| set(c, "nbf", json!(1_u64 << 39))),
        ("exp is a text", r#"Claim { claim: "exp" }"#, |c| set(c, "exp", json!("tomorrow"))),
        ("iss is a number", r#"Claim { claim: "iss" }"#, |c| set(c, "iss", json!(7))),
        ("aud is a number", r#"Claim { claim: "aud" }"#, |c| set(c, "aud", json!(7))),
        ("sub is a number", r#"Claim { claim: "sub" }"#, |c| set(c, "sub", json!(7))),
        ("no claims at all", r#"Missing { claim: "sub" }"#, Claims::clear),
    ]
}
