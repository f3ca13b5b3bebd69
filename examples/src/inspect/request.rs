//! Requests to the OP: the query of an authorization URL, or a request object.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use url::form_urlencoded;

use super::{
    given::Given,
    layer::{Finding, Layer, Outcome},
};

/// Parameters that are neither personal nor secret.
const SHOWN: [&str; 24] = [
    "acr_values",
    "aud",
    "client_id",
    "code_challenge_method",
    "detail",
    "display",
    "error",
    "error_description",
    "error_uri",
    "exp",
    "expires_in",
    "iat",
    "iss",
    "max_age",
    "nbf",
    "prompt",
    "redirect_uri",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "token_type",
    "uid",
    "ui_locales",
];

/// Replaces personal and secret values with `…`.
pub fn hidden(members: &Map<String, Value>, given: &Given) -> Map<String, Value> {
    let hidden = |(name, value): (&String, &Value)| {
        let is_shown = given.reveal || SHOWN.contains(&name.as_str());
        (name.clone(), if is_shown { value.clone() } else { "…".into() })
    };
    members.iter().map(hidden).collect()
}

/// Returns the parameters in a URL, a path with a query, or a query, and the names that occur more
/// than once.
pub fn parameters(text: &str) -> (Map<String, Value>, Vec<String>) {
    let text = text.trim();
    let text = text.split_once('#').map_or(text, |(before, _)| before);
    let query = text.split_once('?').map_or(text, |(_, query)| query);
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    let mut members = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        *counted.entry(name.clone().into_owned()).or_default() += 1;
        members.entry(name).or_insert_with(|| value.into());
    }
    let twice = counted.into_iter().filter(|(_, count)| *count > 1).map(|(name, _)| name);
    (members, twice.collect())
}

/// Inspects the query of an authorization URL.
pub fn authorization(text: &str, given: &Given) -> Layer {
    let (query, twice) = parameters(text);
    let in_object = query.contains_key("request") || query.contains_key("request_uri");
    let once = match twice.as_slice() {
        [] => Finding::new(
            ("duplicates", "RFC 6749 §3.1"),
            ("no parameter twice", "each once"),
            Outcome::Passed,
        ),
        names => Finding::new(
            ("duplicates", "RFC 6749 §3.1"),
            ("no parameter twice", format!("twice: {}", names.join(", "))),
            failed(
                "find out what is adding parameters to the URL, and send the user to the unchanged URL",
            ),
        ),
    };
    let mut layer =
        Layer::new("authorization request").show("parameters", Some(hidden(&query, given)));
    layer.findings.push(once);
    layer.findings.extend(asked(&query, in_object, given));
    if in_object {
        layer.notes.push("other parameters are in the request object".to_owned());
    }
    layer
}

/// Inspects the claims of a request object.
pub fn object(claims: &Map<String, Value>, given: &Given) -> Layer {
    let mut layer =
        Layer::new("request object: claims").show("claims", Some(hidden(claims, given)));
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let client = given.client_id.as_deref();
    layer.findings.push(same(
        ("iss", "RFC 9101 §4"),
        text("iss"),
        client,
        "--client-id",
        COMPARE_CLIENT,
    ));
    layer.findings.extend(asked(claims, false, given));
    let exp = claims.get("exp").and_then(Value::as_u64);
    let now = given.now.as_secs();
    let (found, outcome) = match exp {
        Some(exp) if exp < now => (
            format!("expired {} s ago, according to your clock", now - exp),
            failed(
                "create a new request object for each login; if this one is new, compare the clocks with `doctor`",
            ),
        ),
        Some(exp) => {
            (format!("expires in {} s, according to your clock", exp - now), Outcome::Passed)
        }
        None => (
            "nothing".to_owned(),
            failed("set an expiry, because a request object is for a single login"),
        ),
    };
    let expected = "not in the past";
    layer.findings.push(Finding::new(("exp", "RFC 7519 §4.1.4"), (expected, found), outcome));
    layer
}

const COMPARE_CLIENT: &str = "compare the client ID in your settings with the one that itsme assigned: for any other \
    client ID, itsme shows the user an error and never sends them back";
const COMPARE_REDIRECT: &str = "write the redirect URI in your settings exactly as registered, byte for byte, or \
    register the new one: for any other redirect URI, itsme shows the user an error and never sends them back";

/// Checks the parameters that every request must contain, whether they are in the query or in a
/// request object.
fn asked(members: &Map<String, Value>, in_object: bool, given: &Given) -> Vec<Finding> {
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let client = given.client_id.as_deref();
    let mut findings = vec![same(
        ("client_id", "OIDC Core §3.1.2.1"),
        text("client_id"),
        client,
        "--client-id",
        COMPARE_CLIENT,
    )];
    let registered = given.redirect_uri.as_deref();
    let redirect_uri = same(
        ("redirect_uri", "OIDC Core §3.1.2.1"),
        text("redirect_uri"),
        registered,
        "--redirect-uri",
        COMPARE_REDIRECT,
    );
    let words: Vec<&str> = text("scope").unwrap_or_default().split(' ').collect();
    let has_service = words.iter().any(|word| word.starts_with("service:"));
    let scope_is_right = words.contains(&"openid") && has_service;
    let there = |name: &'static str, source, expected: &str, is_right: bool| {
        let found = text(name).map_or_else(|| "nothing".to_owned(), |it| format!("`{it}`"));
        let outcome = if is_right { Outcome::Passed } else { failed(AS_MADE) };
        Finding::new((name, source), (expected.to_owned(), found), outcome)
    };
    let proof = |name: &'static str, source| {
        let is_there = text(name).is_some_and(|it| !it.is_empty());
        let found = if is_there { "a value" } else { "nothing" };
        let outcome = if is_there { Outcome::Passed } else { failed(AS_MADE) };
        Finding::new((name, source), ("a fresh value for each login", found), outcome)
    };
    let method = text("code_challenge_method");
    let others = [
        redirect_uri,
        there(
            "response_type",
            "OIDC Core §3.1.2.1",
            "`code`",
            text("response_type") == Some("code"),
        ),
        there(
            "scope",
            "itsme: authorization request",
            "`openid` and `service:CODE`",
            scope_is_right,
        ),
        proof("state", "RFC 6749 §10.12"),
        proof("nonce", "OIDC Core §3.1.2.1"),
        proof("code_challenge", "RFC 7636 §4.3"),
        there("code_challenge_method", "RFC 7636 §4.3", "`S256`", method == Some("S256")),
    ];
    findings.extend(others.into_iter().map(|finding| {
        // With a request object, these parameters can be missing from the query.
        let is_elsewhere = in_object && text(finding.name).is_none();
        if is_elsewhere { Finding { outcome: Outcome::NotApplicable, ..finding } } else { finding }
    }));
    findings
}

const AS_MADE: &str = "send the user to the URL exactly as `authorize` returns it: the URL was changed, or was not \
    created by this library";

fn failed(advice: &'static str) -> Outcome {
    Outcome::Failed { error: None, advice }
}

/// Checks that a value is the one that was agreed on.
fn same(
    check: (&'static str, &'static str),
    found: Option<&str>,
    agreed: Option<&str>,
    option: &'static str,
    advice: &'static str,
) -> Finding {
    let outcome = match (agreed, found) {
        (None, _) => Outcome::NotMade(option),
        (Some(agreed), Some(found)) if agreed == found => Outcome::Passed,
        _ => failed(advice),
    };
    let quoted = |text: &str| format!("`{text}`");
    let mut told = found.map_or_else(|| "nothing".to_owned(), quoted);
    if let (Some(found), Some(agreed)) = (found, agreed)
        && found != agreed
        && found.trim_end_matches('/') == agreed.trim_end_matches('/')
    {
        told += ", which differs by a trailing slash";
    }
    Finding::new(check, (agreed.map(quoted).unwrap_or_default(), told), outcome)
}
