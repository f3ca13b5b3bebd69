//! Which keys of a set are used.

use itsme_core::{AuthorizationRequest, Client, Error, MetadataError};
use itsme_testkit::{Document, SERVICE};
use serde_json::{Value, json};

use crate::{
    HOUR,
    common::{DISCOVERY, KEYS, Scene, TOKEN, flow_error},
};

/// One bad key does not spoil the set, but two different ones with the same `kid` spoil each other.
#[test]
fn bad_keys_among_good_ones_are_skipped() {
    let mut scene = Scene::new();
    scene.op.alter(Document::KeySet, |set| {
        let keys = set["keys"].as_array_mut().expect("keys");
        let good = keys[0].clone();
        let changed = |change: fn(&mut Value)| {
            let mut key = good.clone();
            key["kid"] = json!("bad");
            change(&mut key);
            key
        };
        keys.splice(
            0..0,
            [
                json!(null),
                json!({}),
                json!({ "kty": "EC", "kid": "s1", "crv": "P-256", "x": "", "y": "" }),
                changed(|key| key["kty"] = json!("XYZ")),
                changed(|key| key["n"] = json!("!")),
                changed(|key| key["e"] = json!("AQ")),
                changed(|key| key["e"] = json!("AAAC")),
                changed(|key| key["use"] = json!("tls")),
                changed(|key| key["alg"] = json!("PS256")),
                changed(|key| key["d"] = json!("AQAB")),
                changed(|key| key["kid"] = json!(7)),
                // The same key twice counts as one key.
                good.clone(),
            ],
        );
    });
    scene.log_in().expect("a person");

    let mut scene = Scene::new();
    scene.op.alter(Document::KeySet, |set| {
        let keys = set["keys"].as_array_mut().expect("keys");
        let mut other = keys[1].clone();
        other["use"] = json!("sig");
        other["kid"] = keys[0]["kid"].clone();
        keys.push(other);
    });
    let error = flow_error(scene.play(scene.client.refresh()));
    assert_eq!(
        error.to_string(),
        "the key set endpoint returned an unusable response: it has no usable signing key: `s1` names two \
         different keys; `e1` is for a different purpose"
    );
}

/// An empty set must not replace good keys.
#[test]
fn a_set_without_a_signing_key_is_not_stored() {
    let mut scene = Scene::warm();
    scene.op.alter(Document::KeySet, |set| set["keys"] = json!([]));
    scene.world.advance(HOUR);
    assert!(scene.log_in().is_ok(), "the old keys are still used");
    assert!(scene.play(scene.client.refresh()).is_err());
}

/// Also in a set in which enough keys remain.
#[test]
fn keys_that_are_passed_over_are_named() {
    let mut scene = Scene::new();
    scene.op.alter(Document::KeySet, |set| {
        let keys = set["keys"].as_array_mut().expect("keys");
        let other = |member: &str, value: Value| {
            let mut key = keys[0].clone();
            key["kid"] = json!("other");
            key[member] = value;
            key
        };
        let padded = json!(format!("{}=", keys[0]["n"].as_str().expect("a number")));
        let others = [
            other("kty", json!("EC")),
            other("alg", json!("PS256")),
            other("kid", json!(7)),
            other("n", padded),
            other("use", json!("tls")),
        ];
        keys.splice(0..0, others);
    });
    let provider = scene.play(scene.client.refresh()).expect("enough keys remain");
    assert_eq!(
        provider.passed_over_keys(),
        [
            "`other` has a `kty` other than RSA",
            "`other` has an unsupported `alg`",
            "key 3 has a `kid` that is not a string",
            "`other` has an `n` that is not base64url without padding",
            "`other` has an unknown `use`",
        ]
    );
    scene.op.recover();
    let provider = scene.play(scene.client.refresh()).expect("the OP answers");
    assert!(provider.passed_over_keys().is_empty());
}

#[test]
fn without_an_encryption_key_nothing_is_sent_to_the_token_endpoint() {
    let mut scene = Scene::new();
    scene.op.alter(Document::KeySet, |set| {
        set["keys"].as_array_mut().expect("keys").retain(|key| key["use"] == "sig");
    });
    // This fails before the person is sent to the OP.
    let login = AuthorizationRequest::login(SERVICE);
    let error = flow_error(scene.play(scene.client.authorize(login)));
    assert!(matches!(error, Error::Metadata(MetadataError::NoEncryptionKey)), "{error}");
    assert_eq!(scene.op.asked(), [DISCOVERY, KEYS]);
    scene.op.recover();
    assert!(scene.log_in().is_ok(), "the next login fetches newer keys");
    assert_eq!(scene.op.asked(), [DISCOVERY, KEYS, KEYS, TOKEN]);

    let mut signed =
        Scene::with(|settings| settings.client_assertion(itsme_core::JwtProtection::Signed));
    signed.op.alter(Document::KeySet, |set| {
        set["keys"].as_array_mut().expect("keys").retain(|key| key["use"] == "sig");
    });
    assert!(signed.log_in().is_ok(), "a signed assertion needs no encryption key");
    let mut by_secret = Scene::new();
    by_secret.client = Client::new(by_secret.op.secret_settings()).expect("sound settings");
    by_secret.op.alter(Document::KeySet, |set| {
        set["keys"].as_array_mut().expect("keys").retain(|key| key["use"] == "sig");
    });
    assert!(by_secret.log_in().is_ok(), "neither does a secret");
}
