//! Key sets of which some or all private halves are elsewhere.

use itsme_core::{Error, JoseError, KeysError, PrivateKeys, TokenError};
use itsme_testkit::{FakeKms, private_jwks, private_keys};
use serde_json::{Value, json};

use super::{Outside, login};

fn text(result: Result<PrivateKeys, KeysError>) -> String {
    result.map(drop).expect_err("it is refused").to_string()
}

#[test]
fn a_public_set_is_read_as_what_it_is() {
    let kms = FakeKms::new();
    let keys = kms.keys();
    assert_eq!(keys.signing_kids(), ["kms-sig-1"]);
    assert_eq!(keys.encryption_kids(), ["kms-enc-1"]);
    let again = PrivateKeys::external(&keys.to_json()).expect("what was written is read");
    assert_eq!(again.public_jwks(), keys.public_jwks());
    assert!(!keys.to_json().contains("\"d\""));
    assert_eq!(
        format!("{keys:?}"),
        r#"PrivateKeys { signing: ["kms-sig-1"], decryption: ["kms-enc-1"], .. }"#
    );
}

#[test]
fn each_constructor_takes_what_it_says() {
    let public = private_keys().public_jwks();
    let refused = text(PrivateKeys::from_json(&public));
    assert!(refused.contains("is a public JWK set") && refused.contains("external"), "{refused}");
    let refused = text(PrivateKeys::external(private_jwks()));
    assert!(refused.contains("private members"), "{refused}");
    assert!(PrivateKeys::external(&public).is_ok());
    let mut half: Value = serde_json::from_str(private_jwks()).expect("JSON");
    let signing = half["keys"].as_array_mut().expect("keys").iter_mut();
    for key in signing.filter(|key| key["use"] == "sig") {
        let key = key.as_object_mut().expect("a key");
        key.retain(|name, _| !["d", "p", "q", "dp", "dq", "qi"].contains(&name.as_str()));
    }
    let half = half.to_string();
    assert!(PrivateKeys::from_json(&half).is_err() && PrivateKeys::external(&half).is_err());
    assert!(PrivateKeys::mixed(&half).is_ok());
}

/// A key from which only half of the private numbers were removed has not left the process.
#[test]
fn a_forgotten_private_number_is_noticed() {
    for number in ["d", "p", "q", "dp", "dq", "qi"] {
        let mut set: Value = serde_json::from_str(&FakeKms::new().public_jwks()).expect("JSON");
        set["keys"][1][number] = json!("AQAB");
        let refused = text(PrivateKeys::external(&set.to_string()));
        assert!(
            refused.starts_with(
                "key 2 (kid `kms-enc-1`): it is declared external but has private members"
            ),
            "{refused}"
        );
        assert!(
            PrivateKeys::mixed(&set.to_string()).is_err(),
            "{number} alone is not a key either"
        );
    }
}

#[test]
fn numbers_outside_are_checked_too() {
    let kms: Value = serde_json::from_str(&FakeKms::new().public_jwks()).expect("JSON");
    for (member, value, why) in [
        ("n", json!("AQAB"), "it has 17 bits"),
        ("n", json!(null), "`n` is missing"),
        ("n", json!("!"), "`n` is not a base64url number"),
        ("e", json!("Ag"), "do not match"),
        ("e", json!(null), "`e` is missing"),
        ("kid", json!(""), "it has no `kid`"),
        ("alg", json!("RSA-OAEP"), "its `alg` must be"),
        ("alg", json!("RSA1_5"), "no RSA key whose `use` is `sig`"),
        ("kty", json!("EC"), "no RSA key whose `use` is `sig`"),
    ] {
        let mut set = kms.clone();
        set["keys"][0][member] = value;
        let refused = text(PrivateKeys::external(&set.to_string()));
        assert!(refused.contains(why), "{member}: {refused}");
    }
}

#[test]
fn keys_are_added_retired_and_put_in_front() {
    let mut kms = FakeKms::new();
    let keys = kms.keys();
    for made in [keys.with_new_encryption_key(), keys.with_new_signing_key()] {
        assert!(text(made).contains("generate the new key in the HSM or KMS"));
    }
    let (sig, enc) = (kms.make_key("kms-sig-2", "sig"), kms.make_key("kms-enc-2", "enc"));
    let keys = keys.with_external(&sig).and_then(|keys| keys.with_external(&enc));
    let keys = keys.expect("they are sound");
    assert_eq!(keys.signing_kids(), ["kms-sig-1", "kms-sig-2"]);
    assert_eq!(keys.encryption_kids(), ["kms-enc-2", "kms-enc-1"]);
    let keys = keys.signing_with("kms-sig-2").expect("it is there");
    let keys = keys.without("kms-sig-1").expect("it is there");
    let keys = keys.without("kms-enc-1").expect("it is there");
    assert_eq!(
        (keys.signing_kids(), keys.encryption_kids()),
        (vec!["kms-sig-2"], vec!["kms-enc-2"])
    );
    assert!(PrivateKeys::external(&keys.to_json()).is_ok(), "all keys are still external");
    let twice = text(keys.with_external(&sig));
    assert!(twice.contains("an earlier key has the same `kid`"), "{twice}");
    let here = text(keys.with_external(private_jwks()));
    assert!(here.contains("private members"), "{here}");
    let mixed = private_keys().with_external(&enc).expect("they are sound");
    assert!(mixed.with_new_signing_key().is_ok(), "some of its keys are local");
}

/// A token names an algorithm that its key is not for: no key holder is asked.
#[test]
fn a_key_with_an_algorithm_is_asked_for_no_other() {
    for (own, taken) in [("RSA-OAEP-256", true), ("RSA-OAEP", false)] {
        let mut outside = Outside::new();
        let mut set: Value = serde_json::from_str(&outside.kms.public_jwks()).expect("JSON");
        set["keys"][1]["alg"] = json!(own);
        let keys = PrivateKeys::external(&set.to_string()).expect("they are sound");
        // The OP has not seen the algorithm, and uses its own.
        outside.client.replace_keys(keys).expect("it has keys");
        outside.client.forget_old_keys();
        let flow = outside.approved(login());
        match outside.play(flow) {
            Ok(_) => assert!(taken),
            Err(itsme_core::DriveError::Flow(Error::IdToken(TokenError::Jose(error)))) => {
                let found = "RSA-OAEP-256".to_owned();
                assert_eq!((error, taken), (JoseError::EncryptionAlgorithm { found }, false));
            }
            Err(error) => panic!("not {error}"),
        }
    }
}
