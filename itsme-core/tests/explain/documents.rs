//! Documents of each kind are explained part by part.

use itsme_core::{
    AuthorizationRequest, Claim, ClientSecret, Endpoint, Environment, EvidenceError, MetadataError,
    Platform, PrivateKeys, Scope, Settings,
    explain::{self, Document, Explainer, Explanation},
};
use itsme_testkit::{CLIENT_ID, Document as Altered, Person, SERVICE, World, private_keys};
use serde_json::{Value, json};

use crate::{Answers, common::Scene, failures, found, play, settings};

#[test]
fn claims_are_hidden_unless_asked_for() {
    let mut scene = Scene::warm();
    let who = scene.log_in_for(AuthorizationRequest::login(SERVICE).claim(Claim::Name));
    let who = who.expect("a person");
    let (settings, provider) = (settings(), scene.client.provider().expect("it is cached"));
    let explainer = Explainer::new(&settings, scene.world.now()).provider(&provider);
    let read = explainer.signed_token(who.evidence.id_token());
    assert_eq!(read.explanation.failed().count(), 0);
    let hidden = read.claims().expect("claims");
    assert_eq!(hidden["name"], "…");
    assert_eq!(hidden["sub"], "…");
    assert_eq!(hidden["aud"], CLIENT_ID);
    assert_eq!(read.reveal_claims().expect("claims")["name"], "Ann Peeters");
    assert_eq!(format!("{read:?}"), "ReadToken(..)");
    let unsigned = explainer.op_keys(b"{}").signed_token(who.evidence.id_token());
    let names: Vec<_> = unsigned.explanation.failed().map(|report| report.check.name).collect();
    assert_eq!(names, ["signature"]);
}

/// One of itsme's environments can have two issuers: a token must have the one in the metadata.
#[test]
fn the_issuer_is_that_of_the_metadata() {
    let mut scene = Scene::at(Environment::E2e);
    for (document, name) in [(Altered::Discovery, "issuer"), (Altered::IdToken, "iss")] {
        scene.op.alter(document, move |members| {
            members.insert(name.into(), json!("https://oidc.e2e.itsme.services/v2"));
        });
    }
    let who = scene.log_in().expect("a person");
    let settings = Settings::new(CLIENT_ID, private_keys(), Environment::E2e);
    let provider = scene.client.provider().expect("it is cached");
    let explainer = Explainer::new(&settings, scene.world.now()).provider(&provider);
    let read = explainer.signed_token(who.evidence.id_token());
    let claims = read.reveal_claims().expect("claims");
    assert!(explainer.id_token(claims).failed().all(|report| report.check.name != "iss"));
}

/// Each key of a set says why it is ignored; the set says which key it lacks.
#[test]
fn a_key_set_is_explained_key_by_key() {
    let settings = settings();
    let explainer = Explainer::new(&settings, World::new().now());
    let set = json!({ "keys": [{ "kty": "EC", "kid": "a" }, 7] }).to_string();
    let explained = explainer.key_set(set.as_bytes());
    let told: Vec<_> = explained
        .iter()
        .map(|it| (it.name.as_deref(), it.failed().map(|report| report.check.name).collect()))
        .collect();
    let expected: [(Option<&str>, Vec<&str>); 3] = [
        (None, vec!["signing key", "encryption key"]),
        (Some("`a`"), vec!["kty", "n", "e"]),
        (Some("key 2"), vec!["key form"]),
    ];
    assert_eq!(told, expected);

    // 65,537, with a leading zero byte as well; then an even number of 17 bits.
    let odd = |e: &str| {
        let key = json!({ "kty": "RSA", "n": "AQAB", "e": e });
        let explained = explainer.key_set(json!({ "keys": [key] }).to_string().as_bytes());
        [found(&explained[1], "modulus").1, found(&explained[1], "exponent").1]
    };
    assert_eq!(odd("AQAB"), ["17 bits, odd", "17 bits, odd"]);
    assert_eq!(odd("AAEAAQ"), ["17 bits, odd", "17 bits, odd"]);
    assert_eq!(odd("AQAA"), ["17 bits, odd", "17 bits, even"]);

    let public: Value = serde_json::from_str(&private_keys().public_jwks()).expect("JSON");
    let [one, other] = [&public["keys"][0], &public["keys"][1]];
    for (keys, expected) in [([one, other], "1 with this `kid`"), ([one, one], "2 with this `kid`")]
    {
        let explained = explainer.key_set(json!({ "keys": keys }).to_string().as_bytes());
        assert_eq!(found(&explained[1], "unique kid").1, expected);
    }
}

/// A secret decrypts as well; and if no local key opens a token, explaining says no more than a
/// login does.
#[test]
fn tokens_open_with_the_keys_that_are_given() {
    let mut scene = Scene::new();
    let login = scene.authorize(AuthorizationRequest::login(SERVICE));
    let callback = scene.op.approve(&login.url, &Person::ann());
    let mut answers = Answers::new();
    let flow = scene.client.finish_login(login.state, callback);
    play(flow, (&mut scene.op, &mut scene.world, &mut answers)).expect("a person");
    let answer: Value =
        serde_json::from_slice(&answers[&Endpoint::Token.to_string()]).expect("JSON");
    let token = answer["id_token"].as_str().expect("a token");
    let opened = Explainer::new(&settings(), scene.world.now()).encrypted_token(token);
    assert_eq!(opened.explanation.failed().count(), 0);
    assert_eq!(opened.header.expect("a header")["cty"], "JWT");
    assert_eq!(opened.jws.expect("a JWS").matches('.').count(), 2);

    let environment = Environment::custom("https://op.example/v2");
    let others = PrivateKeys::generate().expect("OpenSSL makes keys");
    let kid = others.encryption_kids()[0].to_owned();
    let of_others = Settings::new(CLIENT_ID, others, environment.clone());
    let opened = Explainer::new(&of_others, scene.world.now()).encrypted_token(token);
    let names: Vec<_> = opened.explanation.failed().map(|report| report.check.name).collect();
    assert_eq!(names, ["decryption"]);
    let (expected, _) = found(&opened.explanation, "kid");
    assert!(expected.contains(&kid), "our keys are listed: {expected}");
    assert!(opened.jws.is_none());

    let by_secret = Settings::new(CLIENT_ID, ClientSecret::new("x".repeat(32)), environment);
    let opened = Explainer::new(&by_secret, scene.world.now()).encrypted_token(token);
    let names: Vec<_> = opened.explanation.failed().map(|report| report.check.name).collect();
    assert_eq!(names, ["alg", "direct enc", "direct key"]);
}

/// A text whose token was signed by another key, and one that was changed.
#[test]
fn evidence_is_explained_token_by_token() {
    let mut scene = Scene::warm();
    let who = scene.log_in_for(
        AuthorizationRequest::login(SERVICE).scope(Scope::Profile).scopes_by_userinfo(),
    );
    let text = who.expect("a person").evidence.to_text();
    let explained = explain::evidence(&text).expect("evidence");
    let documents: Vec<_> = explained.iter().map(|it| (it.document, it.name.as_deref())).collect();
    let (id_token, userinfo) = (Some("ID token"), Some("userinfo answer"));
    let (signature, claims) = (Document::Signature, Document::Evidence);
    let expected =
        [(signature, id_token), (claims, id_token), (signature, userinfo), (claims, userinfo)];
    assert_eq!(documents, expected);
    assert_eq!(failures(&explained), [""; 0]);

    let payload = text.splitn(4, ':').nth(3).expect("a payload");
    let mut archived: Value = serde_json::from_str(payload).expect("JSON");
    archived["client"]["client_id"] = json!("OTHER");
    let jws = archived["userinfo"]["jws"].as_str().expect("a JWS");
    archived["userinfo"]["jws"] = json!(format!("{}AAAA", &jws[..jws.len() - 4]));
    let payload = archived.to_string();
    let digest = itsme_core::internals::sha256(&[payload.as_bytes()]);
    let digest = itsme_core::internals::base64url(digest);
    let explained = explain::evidence(&format!("itsme-evidence:2:{digest}:{payload}"));
    let names = |it: &Explanation| it.failed().map(|report| report.check.name).collect::<Vec<_>>();
    let failed: Vec<_> = explained.expect("evidence").iter().map(names).collect();
    let expected: [&[&str]; 4] = [&[], &["aud"], &["signature"], &["aud"]];
    assert_eq!(failed, expected);
    assert_eq!(
        explain::evidence(&text.replace("OTHER", "x")[1..]).err(),
        Some(EvidenceError::Malformed)
    );
}

#[test]
fn endpoints_of_services_are_explained_beside_the_document() {
    let settings = settings();
    let explainer = Explainer::new(&settings, World::new().now());
    let document = json!({
        "issuer": "https://op.example/v2",
        "authorization_endpoint": "https://op.example/a",
        "token_endpoint": "http://op.example/t",
        "userinfo_endpoint": "https://op.example/u",
        "jwks_uri": "https://op.example/k",
        "revocation_endpoint": "https://elsewhere.example/r",
    });
    let explained = explainer.metadata(document.to_string().as_bytes()).expect("an object");
    assert_eq!(explained.len(), 2);
    let [document, revocation] = &explained[..] else { panic!("two") };
    let names: Vec<_> = document.failed().map(|report| report.check.name).collect();
    assert_eq!(names, ["token_endpoint"]);
    assert_eq!(revocation.name.as_deref(), Some("revocation_endpoint"));
    let names: Vec<_> = revocation.failed().map(|report| report.check.name).collect();
    assert_eq!(names, ["address"]);
    let address = found(revocation, "address");
    let expected = "`revocation_endpoint` on the host of https://op.example/v2";
    assert_eq!(address.0, expected);
    assert!(explainer.metadata(b"[]").is_err());
    let missing = MetadataError::Missing("issuer").to_string();
    let empty = explainer.metadata(b"{}").expect("an object");
    assert_eq!(failures(&empty), [missing]);
}
