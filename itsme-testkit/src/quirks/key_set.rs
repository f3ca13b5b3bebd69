//! Quirks of key sets, as written by various tools.

use serde_json::{Value, json};

use super::quirk;
use crate::{Document, Fault, faults::Area};

type Keys = Vec<Value>;

/// The quirk's name, and the change that makes it.
type Change = (&'static str, fn(&mut Keys));

pub(super) fn quirks() -> Vec<Fault> {
    // The signing key comes first, the encryption key last.
    let changes: [Change; 14] = [
        ("nulls for all that a key does not have", |keys| {
            for key in keys {
                for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "x5c", "x5t", "key_ops"]
                {
                    key[member] = Value::Null;
                }
            }
        }),
        ("use, alg and kid of the encryption key are null", |keys| {
            let key = keys.last_mut().expect("a key");
            (key["alg"], key["kid"]) = (Value::Null, Value::Null);
        }),
        ("no kid on the encryption key", |keys| drop(last(keys).remove("kid"))),
        ("key_ops that allow it", |keys| {
            keys[0]["key_ops"] = json!(["verify"]);
            keys.last_mut().expect("a key")["key_ops"] = json!(["encrypt", "wrapKey"]);
        }),
        ("key_ops in place of use", |keys| {
            keys[0]["key_ops"] = json!(["verify"]);
            first(keys).remove("use");
            last(keys).remove("use");
            last(keys).insert("key_ops".to_owned(), json!(["wrapKey"]));
        }),
        ("another key without kid beside the named one", |keys| {
            let mut other = crate::jose::stranger().public_jwk().clone();
            other.as_object_mut().expect("a key").remove("kid");
            keys.insert(0, other);
        }),
        ("two keys without kid, one of which has signed", |keys| {
            let mut other = crate::jose::stranger().public_jwk().clone();
            other.as_object_mut().expect("a key").remove("kid");
            first(keys).remove("kid");
            keys.insert(0, other);
        }),
        ("the encryption key first", |keys| keys.reverse()),
        ("a modulus with a zero in front", |keys| {
            let n = crate::jose::decode(keys[0]["n"].as_str().unwrap_or_default());
            let n = [&[0], &*n.expect("base64url")].concat();
            keys[0]["n"] = json!(crate::jose::encode(&n));
        }),
        ("another key with a kid that is a number", |keys| {
            let other =
                json!({ "kid": 1, "use": "sig", "n": keys[0]["n"], "e": "AQAB", "kty": "RSA" });
            keys.insert(0, other);
        }),
        ("another key whose n is padded", |keys| {
            let n = format!("{}==", keys[0]["n"].as_str().unwrap_or_default());
            keys.insert(0, json!({ "kid": "padded", "kty": "RSA", "n": n, "e": "AQAB" }));
        }),
        ("keys of elliptic curves", |keys| {
            for curve in ["P-256", "P-521", "secp256k1"] {
                let key =
                    json!({ "kty": "EC", "crv": curve, "kid": curve, "x": "AAAA", "y": "AAAA" });
                keys.insert(0, key);
            }
        }),
        ("a PS256 key beside the RS256 key", |keys| {
            let mut other = crate::jose::stranger().public_jwk().clone();
            (other["alg"], other["kid"]) = (json!("PS256"), json!("ps"));
            keys.insert(0, other);
        }),
        ("certificates and dates on the keys", |keys| {
            for key in keys {
                key["x5c"] = json!(["MIIB", null]);
                key["x5t#S256"] = json!(7);
                key["exp"] = json!("2030-01-01");
                key["iat"] = json!(1_700_000_000);
            }
        }),
    ];
    let quirks = changes.into_iter().map(|(name, change)| {
        quirk(Area::KeySet, format!("key set: {name}"), move |op| {
            op.alter(Document::KeySet, move |set| {
                if let Some(Value::Array(keys)) = set.get_mut("keys") {
                    change(keys);
                }
            });
        })
    });
    quirks.collect()
}

fn first(keys: &mut Keys) -> &mut serde_json::Map<String, Value> {
    keys.first_mut().and_then(Value::as_object_mut).expect("a key")
}

fn last(keys: &mut Keys) -> &mut serde_json::Map<String, Value> {
    keys.last_mut().and_then(Value::as_object_mut).expect("a key")
}
