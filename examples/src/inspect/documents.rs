//! Documents that are not tokens: callbacks, refusals, metadata, key sets and key files.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use itsme_core::{Environment, PrivateKeys, explain::Explainer};
use serde_json::{Map, Value, value::RawValue};

use super::{
    advice,
    given::Given,
    layer::{Finding, Layer, Outcome},
    request,
};
use crate::key_file;

/// Inspects the URL that a browser came back to.
pub fn callback(text: &str, explainer: &Explainer<'_>, given: &Given) -> Layer {
    let (parameters, _) = request::parameters(text);
    let mut layer = Layer::explained("callback", &explainer.callback(text), given)
        .show("parameters", Some(request::hidden(&parameters, given)));
    let Some(code) = parameters.get("error").and_then(Value::as_str) else { return layer };
    // A refusal can be recognized without knowing the login.
    for finding in layer.findings.iter_mut().filter(|finding| finding.name == "code") {
        if let Outcome::NotMade(_) = finding.outcome {
            *finding = refused(code);
        }
    }
    layer.advise("code", advice::on_code(code))
}

/// Inspects a response in which the OP refuses a request.
pub fn refusal(text: &str, given: &Given) -> Layer {
    let members: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    let code = members.get("error").and_then(Value::as_str).unwrap_or_default();
    let mut layer = Layer::new("refusal").show("members", Some(request::hidden(&members, given)));
    layer.findings.push(refused(code));
    layer
}

fn refused(code: &str) -> Finding {
    let outcome = Outcome::Failed { error: None, advice: advice::on_code(code) };
    let found = format!("the error `{}`", super::layer::visible(code));
    Finding::new(("code", "RFC 6749 §4.1.2.1, §5.2"), ("no refusal", found), outcome)
}

/// Inspects a discovery document. If no issuer is given, it is checked against the issuer in the
/// document itself.
pub fn metadata(text: &str, given: &Given) -> Vec<Layer> {
    let members: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    let own = members.get("issuer").and_then(Value::as_str).map(str::parse::<Environment>);
    let own = own.and_then(Result::ok).unwrap_or(Environment::Production);
    let settings = given.settings_at(given.environment.clone().unwrap_or(own));
    match given.explainer(&settings).metadata(text.as_bytes()) {
        Ok(explanations) => explanations
            .iter()
            .map(|explanation| {
                let name = explanation.name.as_deref().unwrap_or("discovery document");
                Layer::explained(name, explanation, given)
            })
            .collect(),
        Err(error) => vec![Layer::not_json("discovery document", error.to_string())],
    }
}

/// Inspects the OP's key set, or the client's published set if it contains a key from the key file.
pub fn key_set(text: &str, explainer: &Explainer<'_>, given: &Given) -> Vec<Layer> {
    if let Some(keys) = given.keys.as_ref().filter(|keys| has_key_of(text, keys)) {
        return vec![published(text, keys)];
    }
    let named = |name: Option<&str>| match name {
        Some(name) => Layer::name_of_key(name),
        None => "the OP's key set".to_owned(),
    };
    explainer
        .key_set(text.as_bytes())
        .iter()
        .map(|explanation| Layer::explained(named(explanation.name.as_deref()), explanation, given))
        .collect()
}

fn kids(text: &str) -> Vec<String> {
    let set: Value = serde_json::from_str(text).unwrap_or_default();
    let keys = set["keys"].as_array().into_iter().flatten();
    keys.filter_map(|key| key["kid"].as_str().map(str::to_owned)).collect()
}

fn has_key_of(text: &str, keys: &PrivateKeys) -> bool {
    let ours = [keys.signing_kids(), keys.encryption_kids()].concat();
    kids(text).iter().any(|kid| ours.contains(&kid.as_str()))
}

/// Checks that itsme fetches exactly the keys in the file that are to be published.
fn published(text: &str, keys: &PrivateKeys) -> Layer {
    let ours = keys.public_jwks();
    let is_same = key_file::published(text.as_bytes()) == key_file::published(ours.as_bytes());
    let outcome = match is_same {
        true => Outcome::Passed,
        false => Outcome::Failed {
            error: None,
            advice: "publish what `keys public FILE` prints. Until itsme has fetched it, itsme will encrypt to the old \
                key, so keep that key in the file",
        },
    };
    let list = |text: &str| kids(text).join(", ");
    let mut layer = Layer::new("our published key set");
    layer.findings.push(Finding::new(
        ("published keys", "itsme: keys"),
        (format!("the keys in the file: {}", list(&ours)), list(text)),
        outcome,
    ));
    layer
}

/// Inspects a file with private keys, without showing anything private.
pub fn private_keys(bytes: &[u8]) -> Layer {
    let mut layer = Layer::new("private keys");
    let keys = PrivateKeys::from_json(bytes);
    let (found, outcome) = match &keys {
        Ok(_) => ("a usable set", Outcome::Passed),
        Err(error) => {
            let advice = "see docs/guide/key-rotation.md; use `keys import` to create a key set from other files";
            ("something else", Outcome::Failed { error: Some(error.to_string()), advice })
        }
    };
    let expected = "a private JWK set with RSA keys for signing and decryption";
    layer.findings.push(Finding::new(("keys", "RFC 7517 §5"), (expected, found), outcome));
    if let Ok(keys) = &keys {
        layer.notes.extend(keys.passed_over().iter().map(ToString::to_string));
    }
    layer.show("keys", listed(bytes))
}

/// Describes each key under its name. Copies only public members.
fn listed(bytes: &[u8]) -> Option<Map<String, Value>> {
    type Members<'a> = BTreeMap<&'a str, &'a RawValue>;
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let set: Members<'_> = serde_json::from_slice(bytes).ok()?;
    let keys: Vec<Members<'_>> = serde_json::from_str(set.get("keys")?.get()).ok()?;
    let listed = keys.into_iter().enumerate().map(|(place, key)| {
        let text =
            |name: &str| -> Option<String> { serde_json::from_str(key.get(name)?.get()).ok() };
        let n = text("n").and_then(|n| URL_SAFE_NO_PAD.decode(n).ok());
        let bits = n.map(|n| format!("{} bits", n.len() * 8));
        let has_private_part = key.contains_key("d").then(|| "with its private part".to_owned());
        let words = [text("kty"), text("use"), text("alg"), bits, has_private_part];
        let words: Vec<String> = words.into_iter().flatten().collect();
        let kid = text("kid").unwrap_or_else(|| format!("key {}", place + 1));
        (kid, words.join(", ").into())
    });
    Some(listed.collect())
}
