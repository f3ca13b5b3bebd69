//! Faults in the OP's key set: it is malformed, or its keys cannot be used.

use serde_json::{Value, json};

use super::{Area, Fault, Outcome};
use crate::{Document, jose::stranger};

const UNUSABLE: &str = "Malformed(KeySet, it has no usable signing key)";
const NO_ARRAY: &str = "Malformed(KeySet, it has no `keys` array)";
const NO_ENCRYPTION_KEY: &str = "Metadata(NoEncryptionKey)";

type Keys = Vec<Value>;

pub(super) fn faults() -> Vec<Fault> {
    let mut faults = vec![
        set("no keys", None, NO_ARRAY),
        set("keys is null", Some(Value::Null), NO_ARRAY),
        set("keys is an object", Some(json!({})), NO_ARRAY),
        set("keys is text", Some(json!("keys")), NO_ARRAY),
        set("an empty set", Some(json!([])), UNUSABLE),
        set("keys that are no objects", Some(json!([null, 7, "key", []])), UNUSABLE),
        set("10,000 empty objects", Some(json!(vec![json!({}); 10_000])), UNUSABLE),
        changed("10,000 empty objects beside the keys", Outcome::LoggedIn, |keys| {
            keys.extend(vec![json!({}); 10_000]);
        }),
        changed("10,000 keys", Outcome::NoAnswer, |keys| {
            let key = keys[0].clone();
            keys.extend((0..10_000).map(|number| with(&key, "kid", json!(format!("k{number}")))));
        }),
        changed("400 keys beside the right ones", Outcome::LoggedIn, |keys| {
            let key = keys[0].clone();
            let others = (0..400).map(|number| with(&key, "kid", json!(format!("k{number}"))));
            keys.splice(0..0, others);
        }),
        changed("more than 256 KiB", "Malformed(KeySet, it is larger than 256 KiB)", |keys| {
            keys.push(json!("x".repeat(256 * 1024)));
        }),
        changed("no encryption key", NO_ENCRYPTION_KEY, |keys| drop(keys.pop())),
        changed("no signing key", UNUSABLE, |keys| drop(keys.drain(..keys.len().min(1)))),
        changed("one bad key among good ones", Outcome::LoggedIn, |keys| {
            keys.insert(0, json!({ "kty": "RSA", "kid": "bad", "n": "?", "e": [] }));
        }),
        changed("an unknown kty among good ones", Outcome::LoggedIn, |keys| {
            keys.insert(0, json!({ "kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": "AAAA" }));
        }),
        changed("two signing keys under one kid", UNUSABLE, |keys| {
            let other = renumbered(&keys[0]);
            keys.push(other);
        }),
        changed("two encryption keys under one kid", NO_ENCRYPTION_KEY, |keys| {
            let other = renumbered(&keys[1]);
            keys.push(other);
        }),
        changed("the same key twice", Outcome::LoggedIn, |keys| keys.extend(keys.clone())),
        changed("another key under the signing kid", "IdToken(Signature)", |keys| {
            keys[0] = renumbered(&keys[0])
        }),
        changed("kid in other letters", "IdToken(UnknownSigningKey(s1))", |keys| {
            keys[0]["kid"] = json!("S1");
        }),
        changed("no kid on the signing key", Outcome::LoggedIn, |keys| {
            keys[0].as_object_mut().expect("a key").remove("kid");
        }),
        changed("no kid on a key that has not signed", "IdToken(UnknownSigningKey(s1))", |keys| {
            keys[0] = renumbered(&keys[0]);
            keys[0].as_object_mut().expect("a key").remove("kid");
        }),
        changed("key_ops of the signing key do not allow it", UNUSABLE, |keys| {
            keys[0]["key_ops"] = json!(["sign"]);
        }),
        changed("key_ops of the encryption key do not allow it", NO_ENCRYPTION_KEY, |keys| {
            keys[1]["key_ops"] = json!(["verify", "decrypt"]);
        }),
        // The key set does not tell which of the two is for encryption.
        changed("no use on either key", "Refused(InvalidClient)", |keys| {
            for key in keys {
                key.as_object_mut().expect("a key").remove("use");
            }
        }),
        twice("keys stands twice", r#"{"#, r#"{"keys":[],"#),
        twice("n of a key stands twice", r#""n":"#, r#""n":"AQAB","n":"#),
    ];
    for (what, member, value) in [
        ("with an unknown kty", "kty", json!("EC")),
        ("with an unknown use", "use", json!("tls")),
        ("with another alg", "alg", json!("PS256")),
        ("for encryption alone", "use", json!("enc")),
        ("of 1024 bits", "n", json!(odd_number(1024))),
        ("of 2047 bits", "n", json!(odd_number(2047))),
        ("of 8193 bits", "n", json!(odd_number(8193))),
        ("with exponent 1", "e", json!("AQ")),
        ("with an even exponent", "e", json!("AQAA")),
        ("with an exponent of 65 bits", "e", json!(odd_number(65))),
        ("with an empty modulus", "n", json!("")),
        ("with a private exponent", "d", json!("AQAB")),
    ] {
        let name = format!("the signing key {what}");
        faults.push(changed(&name, UNUSABLE, move |keys| keys[0][member] = value.clone()));
    }
    for member in ["kty", "use", "alg", "kid", "n", "e"] {
        for (kind, value) in super::wrong_types_for_text() {
            let name = format!("{member} of the signing key is {kind}");
            let is_absent = value.is_null() && ["use", "alg", "kid"].contains(&member);
            let outcome = if is_absent { Outcome::LoggedIn } else { UNUSABLE.into() };
            faults.push(changed(&name, outcome, move |keys| keys[0][member] = value.clone()));
        }
    }
    faults
}

fn with(key: &Value, member: &str, value: Value) -> Value {
    let mut key = key.clone();
    key[member] = value;
    key
}

/// Replaces the modulus and exponent of a key with those of another key.
fn renumbered(key: &Value) -> Value {
    let other = stranger().public_jwk();
    with(&with(key, "n", other["n"].clone()), "e", other["e"].clone())
}

/// Returns an odd number with this many bits, in base64url.
fn odd_number(bits: usize) -> String {
    let mut bytes = vec![0xff; bits.div_ceil(8)];
    bytes[0] >>= (8 - bits % 8) % 8;
    crate::jose::encode(&bytes)
}

fn set(name: &str, keys: Option<Value>, outcome: &str) -> Fault {
    Fault::new(Area::KeySet, format!("key set: {name}"), outcome, move |op| {
        let keys = keys.clone();
        op.alter(Document::KeySet, move |set| {
            set.remove("keys");
            set.extend(keys.clone().map(|keys| ("keys".to_owned(), keys)));
        });
    })
}

fn changed(
    name: &str,
    outcome: impl Into<Outcome>,
    change: impl Fn(&mut Keys) + Clone + Send + Sync + 'static,
) -> Fault {
    Fault::new(Area::KeySet, format!("key set: {name}"), outcome, move |op| {
        let change = change.clone();
        op.alter(Document::KeySet, move |set| {
            if let Some(Value::Array(keys)) = set.get_mut("keys") {
                change(keys);
            }
        });
    })
}

/// Duplicates a member. Parsers differ on which of two duplicate members they use.
fn twice(name: &str, at: &'static str, both: &'static str) -> Fault {
    let outcome = "Malformed(KeySet, a JSON member appears twice)";
    Fault::new(Area::KeySet, format!("key set: {name}"), outcome, move |op| {
        op.tamper("/jwkSet", move |response| {
            let text = String::from_utf8_lossy(response.body()).replacen(at, both, 1);
            *response.body_mut() = text.into_bytes();
        });
    })
}
