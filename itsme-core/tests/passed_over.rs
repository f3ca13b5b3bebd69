//! Keys in the file that are for something else: they are ignored, reported, and kept.

use itsme_core::{KeyError, KeysError, PrivateKeys};
use itsme_testkit::{FakeKms, private_jwks, private_keys};
use serde_json::{Value, json};

/// The private number of the ignored keys.
const SECRET: &str = "QwErTyUiOpAsDfGhJkLzXcVbNm0123456789-_secret";

fn fixture() -> Value {
    serde_json::from_str(private_jwks()).expect("JSON")
}

/// The fixture with this key between its own.
fn beside(key: &Value) -> String {
    let mut set = fixture();
    set["keys"].as_array_mut().expect("keys").insert(1, key.clone());
    set.to_string()
}

fn others() -> [(Value, KeyError); 9] {
    let kty = |name: &str| KeyError::OtherKeyType(name.to_owned());
    let alg = |name: &str| KeyError::OtherAlgorithm(name.to_owned());
    let mut ps256 = fixture()["keys"][0].clone();
    ps256["alg"] = json!("PS256");
    let mut rsa1_5 = fixture()["keys"][1].clone();
    rsa1_5["alg"] = json!("RSA1_5");
    [
        (json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": "x", "d": SECRET }), kty("EC")),
        (json!({ "kty": "OKP", "crv": "Ed25519", "x": "a", "d": SECRET }), kty("OKP")),
        (json!({ "kty": "oct", "alg": "HS256", "k": SECRET }), kty("oct")),
        (json!({ "kty": "AKP", "alg": "ML-DSA-44", "kid": 7, "priv": SECRET }), kty("AKP")),
        // With the `kid` of one of our keys, because in a token `kid` and `alg` together identify
        // a key.
        (json!({ "kty": "EC", "alg": "ES256", "kid": "rp-sig-1" }), kty("EC")),
        (json!({ "kty": null, "crv": "P-521", "d": SECRET }), KeyError::OtherCurve("P-521".into())),
        (ps256, alg("PS256")),
        (rsa1_5, alg("RSA1_5")),
        // The `use` is unsupported, but the algorithm shows it.
        (json!({ "kty": "RSA", "use": "tls", "alg": "RS512", "n": 7 }), alg("RS512")),
    ]
}

#[test]
fn a_key_for_something_else_is_passed_over_and_told() {
    let plain = private_keys();
    for (key, why) in others() {
        let keys =
            PrivateKeys::from_json(&beside(&key)).unwrap_or_else(|error| panic!("{key}: {error}"));
        let [passed_over] = keys.passed_over() else { panic!("one of {key}") };
        assert_eq!(passed_over.error, why);
        let named =
            key["kid"].as_str().map_or("key 2".into(), |kid| format!("key 2 (kid `{kid}`)"));
        assert_eq!(passed_over.to_string(), format!("{named} is ignored: {why}"));
        assert_eq!(keys.public_jwks(), plain.public_jwks(), "an ignored key is not published");
        assert_eq!(keys.signing_kids(), plain.signing_kids());
        assert_eq!(keys.encryption_kids(), plain.encryption_kids());
        assert!(!format!("{keys:?} {passed_over:?} {passed_over}").contains(&SECRET[..8]));
    }
    assert_eq!(plain.passed_over(), []);
}

#[test]
fn a_rotation_keeps_what_is_passed_over() {
    for (key, _) in others().into_iter().step_by(4) {
        // With members in another order than ours, and white space.
        let odd = format!("{{ \"z\" : [ 1.50,\n \"é\" ],{}", &key.to_string()[1..]);
        let file = beside(&json!("HERE")).replace("\"HERE\"", &odd);
        let keys = PrivateKeys::from_json(&file).expect("keys");
        let keys = keys.with_new_encryption_key().and_then(|keys| keys.with_new_signing_key());
        let keys = keys.expect("new keys");
        let new = keys.signing_kids()[1].to_owned();
        let keys = keys.signing_with(&new).and_then(|keys| keys.without("rp-sig-1"));
        let keys = keys.and_then(|keys| keys.without("rp-enc-0")).expect("they are there");
        let written = keys.to_json();
        assert!(written.contains(&odd), "unchanged: {}", key["kty"]);
        let again = PrivateKeys::from_json(&written).expect("what was written is read");
        assert_eq!(again.passed_over().len(), 1);
        assert_eq!(again.to_json().as_str(), written.as_str());
        assert_eq!(
            keys.without("x").err(),
            Some(KeysError::UnknownKey),
            "ignored keys are not removed"
        );
    }
}

/// A file with nothing else says so, and names the ignored keys.
#[test]
fn a_set_for_something_else_is_refused_with_the_reasons() {
    let mut set = fixture();
    for key in
        set["keys"].as_array_mut().expect("keys").iter_mut().filter(|key| key["use"] == "sig")
    {
        key["alg"] = json!("PS256");
    }
    let error = PrivateKeys::from_json(&set.to_string()).expect_err("nothing signs").to_string();
    let told = "there is no RSA key whose `use` is `sig`; one is needed to sign requests to itsme; key 1 (kid \
        `rp-sig-1`) is ignored: its `alg` is `PS256`; only RS256, RSA-OAEP and RSA-OAEP-256 are used";
    assert_eq!(error, told);
    let ec = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "d": SECRET }] }).to_string();
    let error = PrivateKeys::from_json(&ec).expect_err("nothing signs");
    assert!(matches!(&error, KeysError::NoSigningKey { passed_over } if passed_over.len() == 1));
}

/// A key that only looks like one for something else, because of a misspelling, is not silently
/// ignored.
#[test]
fn a_key_that_is_meant_for_us_is_refused() {
    for (member, value) in [
        ("kty", json!("rsa")),
        ("kty", json!(" RSA")),
        ("kty", json!(7)),
        ("alg", json!("rs256")),
        ("alg", json!("RSA-OAEP")),
        ("alg", json!("")),
        ("alg", json!(["PS256"])),
        ("use", json!("SIG")),
        ("kid", json!(7)),
        ("d", json!({})),
    ] {
        let mut set = fixture();
        set["keys"][0][member] = value;
        let error = PrivateKeys::from_json(&set.to_string()).expect_err(member);
        assert!(matches!(error, KeysError::Key { .. }), "{member}: {error}");
    }
    // A curve says nothing about an RSA key.
    let mut set = fixture();
    set["keys"][0]["crv"] = json!("P-256");
    assert_eq!(PrivateKeys::from_json(&set.to_string()).expect("keys").passed_over(), []);
}

/// Values in a file are quoted, unless they could be key material.
#[test]
fn a_misplaced_number_is_not_quoted() {
    for member in ["kty", "alg"] {
        let mut set = fixture();
        set["keys"][2][member] = json!(SECRET);
        let keys = PrivateKeys::from_json(&set.to_string()).expect("keys");
        let told = format!("{:?}", keys.passed_over());
        assert!(told.contains('…') && !told.contains(&SECRET[..8]), "{told}");
    }
}

#[test]
fn a_public_set_stays_public_and_what_is_added_is_used() {
    let mut set: Value = serde_json::from_str(&FakeKms::new().public_jwks()).expect("JSON");
    let keys = set["keys"].as_array_mut().expect("keys");
    keys.push(json!({ "kty": "EC", "crv": "P-256", "kid": "ec" }));
    let keys = PrivateKeys::external(&set.to_string()).expect("keys");
    assert_eq!(keys.passed_over().len(), 1);
    let added = private_keys().with_external(&set.to_string()).expect_err("it cannot be used");
    assert!(added.to_string().starts_with("key 3 (kid `ec`): its `kty` is `EC`"), "{added}");
    for member in ["d", "k", "priv"] {
        let mut set = set.clone();
        set["keys"][2][member] = json!(SECRET);
        let error = PrivateKeys::external(&set.to_string()).expect_err("it is private");
        assert!(error.to_string().contains("has private members"), "{error}");
    }
}

/// Templates break long lines in various ways; libraries add padding.
#[test]
fn white_space_and_padding_in_numbers_are_nothing() {
    let plain = private_keys();
    let broken = |breaks: &str| {
        let mut set = fixture();
        for key in set["keys"].as_array_mut().expect("keys") {
            for name in ["n", "e", "d", "p", "q", "dp", "dq", "qi"] {
                let number = key[name].as_str().expect("text");
                let lines: Vec<_> =
                    number.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
                key[name] = json!(format!("{breaks}{}{breaks}", lines.join(breaks)));
            }
        }
        set.to_string()
    };
    for breaks in [" ", "\n", "\r\n    ", "\t"] {
        let escaped = broken(breaks);
        let raw = escaped.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t");
        for file in [escaped, raw] {
            let keys = PrivateKeys::from_json(&file).expect("the same keys");
            assert_eq!(
                keys.to_json().as_str(),
                plain.to_json().as_str(),
                "normalized when written"
            );
            assert_eq!(keys.public_jwks(), plain.public_jwks());
        }
    }
    let mut padded = fixture();
    for key in padded["keys"].as_array_mut().expect("keys") {
        for name in ["n", "d", "p"] {
            key[name] = json!(format!("{}==", key[name].as_str().expect("text")));
        }
    }
    let keys = PrivateKeys::from_json(&padded.to_string()).expect("the same keys");
    assert_eq!(keys.to_json().as_str(), plain.to_json().as_str());
    // A number that a fix would change is not fixed.
    for (name, number) in [("n", "AQ=AB"), ("d", "AQ+B"), ("d", "A\u{a0}QAB"), ("p", "=")] {
        let mut set = fixture();
        set["keys"][0][name] = json!(number);
        let error = PrivateKeys::from_json(&set.to_string()).expect_err(number);
        assert!(matches!(error, KeysError::Key { error: KeyError::Rsa(_), .. }), "{error}");
    }
}

#[test]
fn a_member_that_is_null_is_absent() {
    let mut set = fixture();
    for key in set["keys"].as_array_mut().expect("keys") {
        for name in ["p", "q", "dp", "dq", "qi", "crv", "x5c", "alg"] {
            key[name] = Value::Null;
        }
    }
    let keys = PrivateKeys::from_json(&set.to_string()).expect("keys");
    assert_eq!(keys.passed_over(), []);
    assert!(!keys.to_json().contains("null"));
    let no_kid = json!({ "kty": "RSA", "use": "sig", "kid": null });
    let error = PrivateKeys::from_json(&beside(&no_kid)).expect_err("no name").to_string();
    assert_eq!(error, "key 2: it has no `kid`");
}
