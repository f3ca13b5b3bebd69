//! Discovery documents that are incomplete or cannot be trusted.

use serde_json::{Value, json};

use super::{Area, Fault, Outcome};
use crate::Document;

const NEEDED: [&str; 5] =
    ["issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"];

pub(super) fn faults() -> Vec<Fault> {
    let mut faults = Vec::new();
    for member in NEEDED {
        let missing = format!("Metadata(Missing({member:?}))");
        faults.push(removed(member, missing.clone()));
        for (kind, value) in super::wrong_types_for_text() {
            let name = format!("{member} is {kind}");
            faults.push(set(&name, member, value, missing.clone()));
        }
    }
    for member in &NEEDED[1..] {
        for (what, url, fault) in [
            ("http", "http://op.example/x", "NotHttps"),
            ("another scheme", "javascript:alert(1)", "NotAUrl"),
            ("a path alone", "/x", "NotAUrl"),
            ("no URL", "https://", "NotAUrl"),
            ("https without slashes", "https:op.example/x", "NotAUrl"),
            ("https with one slash", "https:/op.example/x", "NotAUrl"),
            ("a URL with an escaped host", "https://op%2eexample/x", "NotAUrl"),
            ("a URL with a host in octal", "https://0177.0.0.1/x", "NotAUrl"),
            ("a URL with a password", "https://user:pass@op.example/x", "Credentials"),
            ("a URL with a fragment", "https://op.example/x#y", "Fragment"),
        ] {
            let outcome = format!("Metadata(Url {{ member: {member:?}, error: {fault} }})");
            faults.push(set(&format!("{member} is {what}"), member, json!(url), outcome));
        }
    }
    for parameter in ["client_id", "redirect_uri", "state", "%63lient_id", "nonce", "request"] {
        let outcome = "Metadata(Url { member: \"authorization_endpoint\", error: Parameter })";
        let url = json!(format!("https://op.example/x?tenant=1&{parameter}=evil"));
        let name = format!("authorization_endpoint has a {parameter} already");
        faults.push(set(&name, "authorization_endpoint", url, outcome));
    }
    let foreign = "Metadata(ForeignIssuer)";
    faults.push(set("another issuer", "issuer", json!("https://evil.example/v2"), foreign));
    faults.push(set("an empty issuer", "issuer", json!(""), foreign));
    faults.push(changed("the issuer with a slash", "issuer", |url| format!("{url}/"), foreign));
    faults.push(changed("the issuer in capitals", "issuer", |url| url.to_uppercase(), foreign));
    let host = |url: &str| super::elsewhere(url);
    for member in ["authorization_endpoint", "jwks_uri"] {
        let name = format!("{member} on another host");
        faults.push(changed(&name, member, host, Outcome::LoggedIn));
    }
    // These endpoints receive assertions, codes and tokens, so they must be on the issuer's host.
    for member in ["token_endpoint", "userinfo_endpoint"] {
        let name = format!("{member} on another host");
        let outcome = format!("Metadata(Url {{ member: {member:?}, error: ForeignHost }})");
        faults.push(changed(&name, member, host, outcome));
    }
    let promised = "authorization_response_iss_parameter_supported";
    let missing = "Callback(MissingIssuer)";
    faults.push(set("promises iss and sends none", promised, json!(true), missing).cached());
    faults.push(set("iss is promised by a text", promised, json!("true"), Outcome::LoggedIn));
    let revocation = "revocation_endpoint";
    faults.push(set("revocation_endpoint is no text", revocation, json!(7), Outcome::LoggedIn));
    let many: Vec<u32> = (0..40_000).collect();
    faults.push(set("200 KiB of something unknown", "x", json!(many), Outcome::LoggedIn));
    let twice = "Malformed(Discovery, a JSON member appears twice)";
    let issuer = r#""issuer":"https://evil.example/v2","#;
    faults.push(inserted("issuer stands twice", issuer.to_owned(), twice));
    let too_many = "Malformed(Discovery, it has more than 50,000 values)";
    let small = format!(r#""x":[{}0],"#, r#"{"":0},"#.repeat(100_000));
    faults.push(inserted("700 KiB of small objects", small, too_many));
    faults
}

fn removed(member: &'static str, outcome: String) -> Fault {
    Fault::new(Area::Discovery, format!("discovery: no {member}"), outcome, move |op| {
        op.alter(Document::Discovery, move |document| drop(document.remove(member)));
    })
}

fn set(name: &str, member: &'static str, value: Value, outcome: impl Into<Outcome>) -> Fault {
    Fault::new(Area::Discovery, format!("discovery: {name}"), outcome, move |op| {
        let value = value.clone();
        op.alter(Document::Discovery, move |document| {
            document.insert(member.to_owned(), value.clone());
        });
    })
}

fn changed(
    name: &str,
    member: &'static str,
    change: fn(&str) -> String,
    outcome: impl Into<Outcome>,
) -> Fault {
    Fault::new(Area::Discovery, format!("discovery: {name}"), outcome, move |op| {
        op.alter(Document::Discovery, move |document| {
            document[member] = json!(change(document[member].as_str().unwrap_or_default()));
        });
    })
}

/// Inserts text at the beginning of the document, after its opening brace.
fn inserted(name: &str, text: String, outcome: &str) -> Fault {
    Fault::new(Area::Discovery, format!("discovery: {name}"), outcome, move |op| {
        let text = text.clone();
        op.tamper("/.well-known/openid-configuration", move |response| {
            response.body_mut().splice(1..1, text.bytes());
        });
    })
}
