//! The private key file: what is read, what is published, and what is refused with which message.

mod common;

use common::Scene;
use itsme_core::{KeyError, KeysError, PrivateKeys};
use itsme_testkit::private_jwks;
use serde_json::{Value, json};

fn fixture() -> Value {
    serde_json::from_str(private_jwks()).expect("JSON")
}

fn kids(keys: &PrivateKeys) -> Vec<String> {
    let published: Value = serde_json::from_str(&keys.public_jwks()).expect("JSON");
    let keys = published["keys"].as_array().expect("keys");
    keys.iter().map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect()
}

/// The error for the file after this change.
fn refused(change: impl FnOnce(&mut Vec<Value>)) -> (String, KeysError) {
    let mut set = fixture();
    change(set["keys"].as_array_mut().expect("keys"));
    let error = PrivateKeys::from_json(&set.to_string()).expect_err("unusable");
    (error.to_string(), error)
}

fn key_fault(change: impl FnOnce(&mut Value)) -> String {
    refused(|keys| change(&mut keys[1])).0
}

#[test]
fn every_signing_key_and_the_first_encryption_key_are_published() {
    let keys = PrivateKeys::from_json(private_jwks()).expect("keys");
    assert_eq!(kids(&keys), ["rp-sig-1", "rp-enc-1"]);
    let published: Value = serde_json::from_str(&keys.public_jwks()).expect("JSON");
    for key in published["keys"].as_array().expect("keys") {
        let mut members: Vec<&str> =
            key.as_object().expect("a key").keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"], "nothing private");
    }
    let response = keys.public_jwks_response();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "public, max-age=3600");
    assert_eq!(serde_json::from_slice::<Value>(response.body()).expect("JSON"), published);
}

#[test]
fn a_later_encryption_key_still_decrypts() {
    let mut scene = Scene::warm();
    let old = itsme_testkit::RegisteredClient::new(itsme_testkit::CLIENT_ID, &{
        let mut set = fixture();
        let keys = set["keys"].as_array_mut().expect("keys");
        keys.remove(1);
        PrivateKeys::from_json(&set.to_string()).expect("keys").public_jwks()
    });
    let old = old.service(itsme_testkit::SERVICE).redirect_uri(itsme_testkit::REDIRECT_URI);
    scene.op.register(old);
    assert!(scene.log_in().is_ok(), "the OP still encrypts to rp-enc-0");
}

#[test]
fn the_first_signing_key_signs() {
    let mut set = fixture();
    let mut second = set["keys"][2].clone();
    second["use"] = json!("sig");
    second["kid"] = json!("rp-sig-0");
    second["alg"] = json!("RS256");
    set["keys"].as_array_mut().expect("keys").push(second);
    let keys = PrivateKeys::from_json(&set.to_string()).expect("keys");
    assert_eq!(kids(&keys), ["rp-sig-1", "rp-enc-1", "rp-sig-0"]);
    // The OP of the scene only knows rp-sig-1, and would refuse another signer.
    let mut scene = Scene::with(|_| {
        itsme_core::Settings::new(
            itsme_testkit::CLIENT_ID,
            keys,
            itsme_core::Environment::custom("https://op.example/v2"),
        )
        .redirect_uri(itsme_testkit::REDIRECT_URI)
    });
    assert!(scene.log_in().is_ok());
}

/// Some partners' files have only the modulus and the two exponents.
#[test]
fn primes_are_recovered() {
    let mut set = fixture();
    for key in set["keys"].as_array_mut().expect("keys") {
        for member in ["p", "q", "dp", "dq", "qi"] {
            key.as_object_mut().expect("a key").remove(member);
        }
    }
    let keys = PrivateKeys::from_json(&set.to_string()).expect("keys");
    let mut scene = Scene::with(|_| {
        itsme_core::Settings::new(
            itsme_testkit::CLIENT_ID,
            keys,
            itsme_core::Environment::custom("https://op.example/v2"),
        )
        .redirect_uri(itsme_testkit::REDIRECT_URI)
    });
    assert!(scene.log_in().is_ok(), "they sign and decrypt");
}

#[test]
fn a_file_that_is_no_key_set_is_refused() {
    let error = |text: &str| PrivateKeys::from_json(text).expect_err(text).to_string();
    assert_eq!(error(""), "the file is empty");
    assert_eq!(error(" \n"), "the file is empty");
    let not_a_set = "the file is not a JWK set (a JSON object with a `keys` array): ";
    for (text, reason) in [
        ("{'keys':[]}", "a syntax error (line 1, column 2)"),
        ("{\"keys\":[", "the text ends too early (line 1, column 9)"),
        ("{}", "`keys` is missing"),
        ("{\"keys\":null}", "`keys` is missing"),
        ("{\"keys\":7}", "a member is missing or of the wrong type (line 1, column 9)"),
        ("[1,", "the text ends too early (line 1, column 3)"),
    ] {
        assert!(error(text).starts_with(not_a_set), "{}", error(text));
        assert!(error(text).ends_with(reason), "{}", error(text));
    }
    let nothing = KeysError::NoSigningKey { passed_over: Vec::new() };
    assert_eq!(PrivateKeys::from_json("{\"keys\":[]}").err(), Some(nothing));
}

#[test]
fn a_missing_role_is_named() {
    let (text, error) = refused(|keys| keys.retain(|key| key["use"] == "sig"));
    assert_eq!(error, KeysError::NoEncryptionKey { passed_over: Vec::new() });
    assert!(text.contains("whose `use` is `enc`"), "{text}");
    let (text, error) = refused(|keys| keys.retain(|key| key["use"] == "enc"));
    assert_eq!(error, KeysError::NoSigningKey { passed_over: Vec::new() });
    assert!(text.contains("whose `use` is `sig`"), "{text}");
}

#[test]
fn a_bad_key_is_named_with_what_is_wrong() {
    let named = "key 2 (kid `rp-enc-1`): ";
    for (text, expected) in [
        (
            key_fault(|key| {
                for member in ["d", "p", "q", "dp", "dq", "qi"] {
                    key.as_object_mut().expect("a key").remove(member);
                }
            }),
            "it has no private part (`d`): is this the published set instead of the private one? If an HSM or a KMS holds the private keys, use `PrivateKeys::external`",
        ),
        (key_fault(|key| key["n"] = Value::Null), "`n` is missing"),
        (key_fault(|key| key["e"] = json!("")), "`e` is missing"),
        (key_fault(|key| key["n"] = json!("not base64url!")), "`n` is not a base64url number"),
        (
            key_fault(|key| key["n"] = json!("w".repeat(171))),
            "it has 1024 bits, but 2048 to 8192 are needed",
        ),
        (key_fault(|key| key["kty"] = json!("rsa")), "its `kty` must be RSA"),
        (key_fault(|key| key["kty"] = Value::Null), "its `kty` must be RSA"),
        (key_fault(|key| key["kty"] = json!("")), "its `kty` must be RSA"),
        (key_fault(|key| key["d"] = json!(7)), "its `d` must be a string"),
        (key_fault(|key| key["alg"] = json!([])), "its `alg` must be a string"),
        (key_fault(|key| key["use"] = json!("tls")), "its `use` must be `sig` or `enc`"),
        (key_fault(|key| key["use"] = Value::Null), "its `use` must be `sig` or `enc`"),
        (
            key_fault(|key| key["alg"] = json!("RS256")),
            "its `alg` must be RSA-OAEP or RSA-OAEP-256, or absent",
        ),
        (
            key_fault(|key| key["alg"] = json!("rsa-oaep")),
            "its `alg` must be RSA-OAEP or RSA-OAEP-256, or absent",
        ),
    ] {
        assert_eq!(text, format!("{named}{expected}"));
    }
    let text = refused(|keys| keys[0]["alg"] = json!("RSA-OAEP")).0;
    assert_eq!(text, "key 1 (kid `rp-sig-1`): its `alg` must be RS256, or absent");
    let text = refused(|keys| keys[1]["kid"] = json!("rp-sig-1")).0;
    assert_eq!(text, "key 2 (kid `rp-sig-1`): an earlier key has the same `kid`");
    for missing in [Value::Null, json!("")] {
        let text = refused(|keys| keys[1]["kid"] = missing).0;
        assert_eq!(text, "key 2: it has no `kid`");
    }
    for none in [json!(7), json!([]), json!("RSA"), Value::Null] {
        let text = refused(|keys| keys[2] = none).0;
        assert_eq!(text, "key 3: it must be a JSON object without repeated members");
    }
    let twice = private_jwks().replacen("\"kid\":", "\"kid\":\"first\",\"kid\":", 1);
    let text = PrivateKeys::from_json(&twice).expect_err("two names").to_string();
    assert!(text.ends_with("it must be a JSON object without repeated members"), "{text}");
}

#[test]
fn numbers_that_do_not_belong_together_are_noticed() {
    let inconsistent = "its numbers do not match: the key is damaged or a mix of two keys";
    for member in ["d", "p", "q", "dp", "dq", "qi", "n"] {
        let (text, _) = refused(|keys| keys[1][member] = keys[2][member].clone());
        assert_eq!(text, format!("key 2 (kid `rp-enc-1`): {inconsistent}"), "{member}");
    }
    let bare = |keys: &mut Vec<Value>| {
        for member in ["p", "q", "dp", "dq", "qi"] {
            keys[1].as_object_mut().expect("a key").remove(member);
        }
    };
    let (text, _) = refused(|keys| {
        bare(keys);
        keys[1]["d"] = keys[2]["d"].clone();
    });
    assert!(text.ends_with(inconsistent), "{text}");
    for even in ["AA", "Ag", "AQ"] {
        let (_, error) = refused(|keys| {
            bare(keys);
            keys[1]["e"] = json!(even);
        });
        assert!(matches!(error, KeysError::Key { error: KeyError::Rsa(_), .. }), "{error}");
    }
}

#[test]
fn keys_are_made_written_and_read_again() {
    let keys = PrivateKeys::generate().expect("keys");
    assert_eq!((keys.signing_kids().len(), keys.encryption_kids().len()), (1, 1));
    let again = PrivateKeys::from_json(&keys.to_json()).expect("what was written is read");
    assert_eq!(again.public_jwks(), keys.public_jwks());
    assert_eq!(again.to_json().as_str(), keys.to_json().as_str());
    let mut scene = Scene::with(|_| {
        let environment = itsme_core::Environment::custom("https://op.example/v2");
        itsme_core::Settings::new("NEW", keys.clone(), environment)
            .redirect_uri(itsme_testkit::REDIRECT_URI)
    });
    let client = itsme_testkit::RegisteredClient::new("NEW", &keys.public_jwks());
    let client = client.service(itsme_testkit::SERVICE).redirect_uri(itsme_testkit::REDIRECT_URI);
    scene.op.register(client);
    assert!(scene.log_in().is_ok());
    let foreign = PrivateKeys::from_json(private_jwks()).expect("keys");
    assert_eq!(
        PrivateKeys::from_json(&foreign.to_json()).expect("keys").public_jwks(),
        foreign.public_jwks()
    );
}

#[test]
fn keys_are_rotated_step_by_step() {
    let keys = PrivateKeys::from_json(private_jwks()).expect("keys");
    let more = keys.with_new_encryption_key().expect("a key");
    let [new, old, older] = more.encryption_kids()[..] else { panic!("three keys") };
    assert_eq!([old, older], ["rp-enc-1", "rp-enc-0"], "they still decrypt");
    assert_eq!(kids(&more), ["rp-sig-1", new], "the new one is published");

    let more = keys.with_new_signing_key().expect("a key");
    let [first, second] = more.signing_kids()[..] else { panic!("two keys") };
    assert_eq!(first, "rp-sig-1", "the old one still signs");
    assert_eq!(kids(&more), ["rp-sig-1", "rp-enc-1", second], "both are published");
    let promoted = more.signing_with(second).expect("it is there");
    assert_eq!(promoted.signing_kids(), [second, "rp-sig-1"]);
    let dropped = promoted.without("rp-sig-1").expect("it is there");
    assert_eq!(dropped.signing_kids(), [second]);

    assert_eq!(keys.signing_with("rp-enc-1").err(), Some(KeysError::UnknownKey));
    assert_eq!(keys.without("x").err(), Some(KeysError::UnknownKey));
    let none = KeysError::NoSigningKey { passed_over: Vec::new() };
    assert_eq!(keys.without("rp-sig-1").err(), Some(none));
}

/// Not even an invalid number is quoted, in the error or its `Debug` output.
#[test]
fn no_error_quotes_a_key() {
    let d = fixture()["keys"][1]["d"].as_str().expect("d").to_owned();
    for change in [
        (|keys: &mut Vec<Value>| keys[1]["p"] = keys[1]["d"].clone()) as fn(&mut Vec<Value>),
        |keys| keys[1]["q"] = json!([keys[1]["d"]]),
        |keys| keys[1]["kid"] = json!({ "d": keys[1]["d"] }),
        |keys| keys[1] = keys[1]["d"].clone(),
        |keys| *keys = vec![keys[1]["d"].clone()],
    ] {
        let (text, error) = refused(change);
        assert!(!text.contains(&d[..20]) && !format!("{error:?}").contains(&d[..20]), "{text}");
    }
    let keys = PrivateKeys::from_json(private_jwks()).expect("keys");
    assert_eq!(
        format!("{keys:?}"),
        "PrivateKeys { signing: [\"rp-sig-1\"], decryption: [\"rp-enc-1\", \"rp-enc-0\"], .. }"
    );
}
