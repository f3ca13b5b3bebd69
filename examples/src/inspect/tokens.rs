//! Tokens, and documents that contain tokens.

use itsme_core::{
    Evidence,
    explain::{self, Document, Explainer},
};
use serde_json::{Map, Value, json};

use super::{
    given::Given,
    layer::{Finding, Layer, Outcome},
    request,
};

/// What is missing when the keys in the `--keys` file have no private part, because they are in an
/// HSM.
const PRIVATE_PART: &str = "the private part of the key in --keys";

/// Inspects a token exactly as the OP sent it.
pub fn encrypted(name: &str, token: &str, explainer: &Explainer<'_>, given: &Given) -> Vec<Layer> {
    let opened = explainer.encrypted_token(token);
    let title = format!("{name}: encryption");
    if let Some(header) = opened.header.as_ref().filter(|header| is_for_op(header, given)) {
        let mut layer = Layer::new(title).show("header", Some(header.clone()));
        layer.notes.push(
            "this is a client's request object or assertion: it is encrypted to the OP, and only the OP can open it"
                .to_owned(),
        );
        return vec![layer];
    }
    let mut layer = Layer::explained(title, &opened.explanation, given);
    if opened.jws.is_none() && given.keys.is_some() && !layer.has_failed() {
        layer.lacks(&["decryption", "content"], PRIVATE_PART);
    }
    let mut layers = vec![layer.show("header", opened.header)];
    match opened.jws {
        Some(jws) if given.has_credentials() => {
            layers.extend(signed(name, &jws, explainer, given));
        }
        _ if token.split('.').count() == 3 => {
            layers.extend(signed(name, token, explainer, given));
        }
        _ => {}
    }
    layers
}

/// Whether the header contains the `kid` of the OP's encryption key.
fn is_for_op(header: &Map<String, Value>, given: &Given) -> bool {
    let Some(kid) = header.get("kid").filter(|kid| kid.is_string()) else { return false };
    let is_ours = given.keys.as_ref().is_some_and(|keys| {
        keys.encryption_kids().into_iter().any(|ours| kid.as_str() == Some(ours))
    });
    let set = given.op_keys.as_ref().and_then(|text| serde_json::from_slice::<Value>(text).ok());
    let keys = set.as_ref().and_then(|set| set["keys"].as_array());
    let is_theirs = keys.is_some_and(|keys| {
        keys.iter().any(|key| key.get("kid") == Some(kid) && key.get("use") == Some(&json!("enc")))
    });
    is_theirs && !is_ours
}

/// Inspects the signed layer inside a token, and its claims.
pub fn signed(name: &str, jws: &str, explainer: &Explainer<'_>, given: &Given) -> Vec<Layer> {
    let read = explainer.signed_token(jws);
    let layer = Layer::explained(format!("{name}: signature"), &read.explanation, given);
    let mut layers = vec![layer.show("header", read.header.clone())];
    if let Some(claims) = read.reveal_claims() {
        let is_userinfo = name != "ID token" && is_userinfo(claims);
        let (explanation, title) = match is_userinfo {
            true => (explainer.userinfo(claims, None), "userinfo answer"),
            false => (explainer.id_token(claims), "ID token"),
        };
        let shown = if given.reveal { Some(claims.clone()) } else { read.claims() };
        let title = format!("{title}: claims");
        layers.push(Layer::explained(title, &explanation, given).show("claims", shown));
    }
    layers
}

/// Whether these are the claims of a userinfo response, which contains no claims about a login.
fn is_userinfo(claims: &Map<String, Value>) -> bool {
    let of_login = ["exp", "iat", "nonce", "acr", "auth_time", "at_hash"];
    !claims.is_empty() && !of_login.iter().any(|claim| claims.contains_key(*claim))
}

/// Inspects a token endpoint response.
pub fn answer(text: &str, explainer: Explainer<'_>, given: &Given) -> Vec<Layer> {
    let members: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    let member = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default();
    let (access_token, id_token) = (member("access_token"), member("id_token"));
    let layer = match explainer.token_answer(text.as_bytes()) {
        Ok(explanation) => Layer::explained("token answer", &explanation, given),
        Err(error) => Layer::not_json("token answer", error.to_string()),
    };
    let mut layers = vec![layer.show("members", Some(request::hidden(&members, given)))];
    if !id_token.is_empty() {
        let explainer = match access_token {
            "" => explainer,
            token => explainer.access_token(token),
        };
        layers.extend(encrypted("ID token", id_token, &explainer, given));
    }
    layers
}

/// Inspects a request object, which is signed by this client or by someone who impersonates it.
pub fn request_object(text: &str, given: &Given) -> Vec<Layer> {
    let settings = given.settings();
    let explainer = given.explainer(&settings);
    let public = given.keys.as_ref().map(|keys| keys.public_jwks());
    let explainer = match &public {
        Some(public) => explainer.op_keys(public.as_bytes()),
        None => explainer,
    };
    let read = explainer.signed_token(text);
    let lacks = |check: &str| (check == "signature" && public.is_none()).then_some("--keys");
    let signature = Layer::explained_but("request object: signature", &read.explanation, lacks)
        .advise("signature", OTHER_SIGNER)
        .show("header", read.header.clone());
    let claims = read.reveal_claims().map(|claims| request::object(claims, given));
    [signature].into_iter().chain(claims).collect()
}

const OTHER_SIGNER: &str = "compare the published keys with the key file, using `doctor --jwks-url`: it was signed \
    with a different key";

/// Inspects the request in an authorization URL, and its request object if that is signed but not
/// encrypted.
pub fn authorization(text: &str, given: &Given) -> Vec<Layer> {
    let mut layers = vec![request::authorization(text, given)];
    let (query, _) = request::parameters(text);
    let object = query.get("request").and_then(Value::as_str);
    if let Some(object) = object.filter(|object| object.split('.').count() == 3) {
        layers.extend(request_object(object, given));
    }
    layers
}

/// Inspects archived evidence of a login.
pub fn evidence(text: &str, given: &Given) -> Vec<Layer> {
    let mut archive = Layer::new("archive");
    let form = ("form", "itsme-core, `Evidence`");
    let expected = "stored evidence, unchanged";
    let tokens = match explain::evidence(text) {
        Ok(tokens) => tokens,
        Err(error) => {
            let advice = "copy the text from the archive again: it is a single line, and no byte may change. For a \
                different format, use the library version that wrote it";
            let outcome = Outcome::Failed { error: Some(error.to_string()), advice };
            archive.findings.push(Finding::new(form, (expected, "something else"), outcome));
            return vec![archive];
        }
    };
    archive.findings.push(Finding::new(form, (expected, "unchanged"), Outcome::Passed));
    if let Some(thumbprint) =
        Evidence::from_text(text).ok().and_then(|it| it.signing_key_thumbprint())
    {
        archive.notes.push(format!(
            "signed with the key that has the thumbprint {thumbprint}: compare it with your own record of that key"
        ));
    }
    let mut layers = vec![archive];
    for token in tokens {
        let name = token.name.as_deref().unwrap_or_default();
        layers.push(match token.document {
            Document::Signature => {
                Layer::explained_but(format!("{name}: signature"), &token, |_| None).advise(
                    "signature",
                    "the archive was changed, and its digest was recomputed: find out who did this",
                )
            }
            _ => Layer::explained(format!("{name}: claims"), &token, given),
        });
    }
    layers
}
