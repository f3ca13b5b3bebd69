//! Tokens that are signed or encrypted in ways that were not agreed on. Each is tested both as an ID
//! token and as a userinfo response.

use serde_json::{Value, json};

use super::{Area, Fault, TAKEN, outcome, tokens_by_secret};
use crate::{
    Document, FakeOp,
    jose::{SignedBy, Stage, Unencrypted, Unsigned, stranger},
};

pub(super) const DECRYPTION: &str = "Decryption";
pub(super) const SIGNATURE: &str = "Signature";
const NOT_SIGNED: &str = "NotSigned";
const NOT_TEXT: &str =
    r#"Malformed { what: "a header member that must be a string has a different type" }"#;

/// The forgery's name, the reason for rejecting it, and the change that produces it.
pub(super) type Forgery = (&'static str, &'static str, fn(&mut Stage<'_>));

pub(super) fn faults() -> Vec<Fault> {
    let of_keys = signing().into_iter().chain(encryption()).chain(bytes());
    let of_keys = of_keys.flat_map(|forgery| both(forgery, "", |fault| fault));
    of_keys.chain(tokens_by_secret::faults()).chain(unencrypted()).collect()
}

pub(super) fn both(
    (name, reason, forge): Forgery,
    prefix: &str,
    kind: fn(Fault) -> Fault,
) -> [Fault; 2] {
    documents().map(|(document, what, error)| {
        let name = format!("{what}: {prefix}{name}");
        let outcome = outcome(error, reason);
        kind(Fault::new(Area::Tokens, name, outcome, move |op| op.forge(document, forge)))
    })
}

fn documents() -> [(Document, &'static str, &'static str); 2] {
    [(Document::IdToken, "ID token", "IdToken"), (Document::Userinfo, "userinfo", "Userinfo")]
}

pub(super) fn unsigned(stage: &mut Stage<'_>, change: impl FnOnce(&mut Unsigned)) {
    if let Stage::Unsigned(token) = stage {
        change(token);
    }
}

pub(super) fn unencrypted_as(stage: &mut Stage<'_>, change: impl FnOnce(&mut Unencrypted)) {
    if let Stage::Unencrypted(token) = stage {
        change(token);
    }
}

pub(super) fn parts(stage: &mut Stage<'_>, change: impl FnOnce(&mut [Vec<u8>; 5])) {
    if let Stage::Encrypted(parts) = stage {
        change(parts);
    }
}

fn finished(stage: &mut Stage<'_>, change: impl FnOnce(&mut String)) {
    if let Stage::Finished(token) = stage {
        change(token);
    }
}

pub(super) fn signed_header(stage: &mut Stage<'_>, member: &str, value: Value) {
    unsigned(stage, |token| token.header[member] = value);
}

pub(super) fn header(stage: &mut Stage<'_>, member: &str, value: Value) {
    unencrypted_as(stage, |token| token.header[member] = value);
}

fn without(header: &mut Value, member: &str) {
    header.as_object_mut().expect("a header is an object").remove(member);
}

/// Replaces one part of the JWS before it is encrypted.
pub(super) fn jws_part(stage: &mut Stage<'_>, place: usize, change: impl FnOnce(&str) -> String) {
    unencrypted_as(stage, |token| {
        let jws = String::from_utf8_lossy(&token.plaintext).into_owned();
        let mut parts: Vec<String> = jws.split('.').map(str::to_owned).collect();
        parts[place] = change(&parts[place]);
        token.plaintext = parts.join(".").into_bytes();
    });
}

/// Changes one character in the middle of a part.
fn flipped(part: &str) -> String {
    let (before, after) = part.split_at(part.len() / 2);
    let other = if after.starts_with('A') { "B" } else { "A" };
    format!("{before}{other}{}", &after[1..])
}

fn signing() -> Vec<Forgery> {
    vec![
        ("alg none", r#"SignatureAlgorithm { found: "none" }"#, |stage| {
            signed_header(stage, "alg", json!("none"));
            unsigned(stage, |token| token.signer = SignedBy::Nobody);
        }),
        ("alg NoNe", r#"SignatureAlgorithm { found: "NoNe" }"#, |stage| {
            signed_header(stage, "alg", json!("NoNe"));
            unsigned(stage, |token| token.signer = SignedBy::Nobody);
        }),
        ("an empty signature", SIGNATURE, |stage| {
            unsigned(stage, |token| token.signer = SignedBy::Nobody);
        }),
        (
            "HS256 keyed with the OP's public key",
            r#"SignatureAlgorithm { found: "HS256" }"#,
            |stage| {
                signed_header(stage, "alg", json!("HS256"));
                unsigned(stage, |token| token.signer = SignedBy::PublicKey);
            },
        ),
        ("alg PS256", r#"SignatureAlgorithm { found: "PS256" }"#, |stage| {
            signed_header(stage, "alg", json!("PS256"));
        }),
        ("alg RS512", r#"SignatureAlgorithm { found: "RS512" }"#, |stage| {
            signed_header(stage, "alg", json!("RS512"));
        }),
        ("no alg", r#"Malformed { what: "a header has no `alg`" }"#, |stage| {
            unsigned(stage, |token| without(&mut token.header, "alg"));
        }),
        ("alg is a number", NOT_TEXT, |stage| signed_header(stage, "alg", json!(256))),
        ("kid is a number", NOT_TEXT, |stage| signed_header(stage, "kid", json!(7))),
        ("signed by another key under the OP's kid", SIGNATURE, |stage| {
            unsigned(stage, |token| token.signer = SignedBy::Stranger);
        }),
        ("signed by another key, without kid", "UnknownSigningKey(unnamed)", |stage| {
            unsigned(stage, |token| {
                token.signer = SignedBy::Stranger;
                without(&mut token.header, "kid");
            });
        }),
        ("an attacker's key embedded as jwk", SIGNATURE, |stage| {
            signed_header(stage, "jwk", stranger().public_jwk().clone());
            unsigned(stage, |token| token.signer = SignedBy::Stranger);
        }),
        ("an attacker's key behind jku", SIGNATURE, |stage| {
            signed_header(stage, "jku", json!("https://evil.example/jwks"));
            unsigned(stage, |token| token.signer = SignedBy::Stranger);
        }),
        ("an unknown kid", "UnknownSigningKey(nobody's)", |stage| {
            signed_header(stage, "kid", json!("nobody's"));
        }),
        ("no kid", TAKEN, |stage| unsigned(stage, |token| without(&mut token.header, "kid"))),
        ("crit in the JWS header", r#"Header { member: "crit" }"#, |stage| {
            signed_header(stage, "crit", json!(["exp"]));
        }),
        ("empty crit in the JWS header", r#"Header { member: "crit" }"#, |stage| {
            signed_header(stage, "crit", json!([]));
        }),
        ("b64 in the JWS header", r#"Header { member: "b64" }"#, |stage| {
            signed_header(stage, "b64", json!(false));
        }),
        ("null b64 in the JWS header", r#"Header { member: "b64" }"#, |stage| {
            signed_header(stage, "b64", Value::Null);
        }),
        ("null crit in the JWS header", r#"Header { member: "crit" }"#, |stage| {
            signed_header(stage, "crit", Value::Null);
        }),
        ("an access token by its typ", r#"Header { member: "typ" }"#, |stage| {
            signed_header(stage, "typ", json!("at+jwt"));
        }),
        ("a log-out by its typ", r#"Header { member: "typ" }"#, |stage| {
            signed_header(stage, "typ", json!("application/Logout+JWT"));
        }),
        ("a typ that ends in +jwt, with a parameter", r#"Header { member: "typ" }"#, |stage| {
            signed_header(stage, "typ", json!("x+jwt; charset=utf-8"));
        }),
        ("another cty in the JWS header", r#"Header { member: "cty" }"#, |stage| {
            signed_header(stage, "cty", json!("text/plain"));
        }),
        ("an unknown member in the JWS header", TAKEN, |stage| {
            signed_header(stage, "typ", json!("something"));
            signed_header(stage, "x", json!([null]));
        }),
        ("a JWS header over 4 KiB", "TooLarge { limit: 4096 }", |stage| {
            signed_header(stage, "x", json!("x".repeat(4096)));
        }),
        ("alg stands twice", r#"Malformed { what: "a JSON member appears twice" }"#, |stage| {
            jws_part(stage, 0, |_| crate::jose::encode(br#"{"alg":"none","alg":"RS256"}"#));
        }),
        ("sub stands twice", r#"Malformed { what: "a JSON member appears twice" }"#, |stage| {
            unsigned(stage, |token| {
                drop(token.payload.splice(..1, *br#"{"sub":"somebody else","#))
            });
        }),
        (
            "a member within a claim stands twice",
            r#"Malformed { what: "a JSON member appears twice" }"#,
            |stage| {
                let twice = *br#"{"address":{"locality":"Gent","locality":"Luik"},"#;
                unsigned(stage, |token| drop(token.payload.splice(..1, twice)));
            },
        ),
        ("claims that are no JSON", r#"Malformed { what: "it is not JSON" }"#, |stage| {
            unsigned(stage, |token| token.payload = b"<xml/>".to_vec());
        }),
        (
            "claims that are a list",
            r#"Malformed { what: "it is JSON, but not an object" }"#,
            |stage| unsigned(stage, |token| token.payload = b"[]".to_vec()),
        ),
        ("no claims", r#"Malformed { what: "the JSON is truncated" }"#, |stage| {
            unsigned(stage, |token| token.payload.clear());
        }),
        ("claims without end", r#"Malformed { what: "it is not JSON" }"#, |stage| {
            unsigned(stage, |token| token.payload = [&br#"{"a":"#[..], &[b'['; 1000]].concat());
        }),
        ("signature damaged", SIGNATURE, |stage| jws_part(stage, 2, flipped)),
        ("payload changed after signing", SIGNATURE, |stage| jws_part(stage, 1, flipped)),
        ("JWS with padding", r#"Malformed { what: "a part is not base64url" }"#, |stage| {
            jws_part(stage, 2, |part| format!("{part}=="))
        }),
        ("JWS of two parts", NOT_SIGNED, |stage| {
            unencrypted_as(stage, |token| {
                let end = token.plaintext.iter().rposition(|byte| *byte == b'.');
                token.plaintext.truncate(end.unwrap_or_default());
            });
        }),
        ("JWS of four parts", NOT_SIGNED, |stage| {
            unencrypted_as(stage, |token| token.plaintext.extend(b".AAAA"));
        }),
        ("encrypted, not signed", NOT_SIGNED, |stage| {
            unencrypted_as(stage, |token| token.plaintext = br#"{"sub":"somebody"}"#.to_vec());
        }),
        ("a JWE in a JWE", NOT_SIGNED, |stage| {
            unencrypted_as(stage, |token| {
                token.plaintext = token.compact().expect("it encrypts").into_bytes();
            });
        }),
        ("nothing encrypted", NOT_SIGNED, |stage| {
            unencrypted_as(stage, |token| token.plaintext.clear());
        }),
        ("bytes encrypted that are no text", NOT_SIGNED, |stage| {
            unencrypted_as(stage, |token| token.plaintext = vec![0xff; 99]);
        }),
        ("larger than 64 KiB", "TooLarge { limit: 65536 }", |stage| {
            unsigned(stage, |token| token.payload.resize(64 * 1024, b' '));
        }),
    ]
}

fn encryption() -> Vec<Forgery> {
    vec![
        ("RSA-OAEP", TAKEN, |stage| header(stage, "alg", json!("RSA-OAEP"))),
        ("A256GCM", TAKEN, |stage| {
            header(stage, "enc", json!("A256GCM"));
            unencrypted_as(stage, |token| token.iv.truncate(12));
        }),
        ("RSA1_5", r#"EncryptionAlgorithm { found: "RSA1_5" }"#, |stage| {
            header(stage, "alg", json!("RSA1_5"));
        }),
        ("RSA-OAEP-512", r#"EncryptionAlgorithm { found: "RSA-OAEP-512" }"#, |stage| {
            header(stage, "alg", json!("RSA-OAEP-512"));
        }),
        ("alg dir without a secret", r#"EncryptionAlgorithm { found: "dir" }"#, |stage| {
            header(stage, "alg", json!("dir"));
        }),
        (
            "PBES2 with a huge count",
            r#"EncryptionAlgorithm { found: "PBES2-HS256+A128KW" }"#,
            |stage| {
                header(stage, "alg", json!("PBES2-HS256+A128KW"));
                header(stage, "p2c", json!(2_000_000_000));
                header(stage, "p2s", json!("AAAA"));
            },
        ),
        ("A128GCM", r#"EncryptionAlgorithm { found: "A128GCM" }"#, |stage| {
            header(stage, "enc", json!("A128GCM"));
        }),
        ("no enc", r#"Malformed { what: "an encrypted token's header has no `enc`" }"#, |stage| {
            unencrypted_as(stage, |token| without(&mut token.header, "enc"));
        }),
        ("enc is a number", NOT_TEXT, |stage| header(stage, "enc", json!(128))),
        ("cty is a list", NOT_TEXT, |stage| header(stage, "cty", json!(["JWT"]))),
        ("kid in the JWE header is a number", NOT_TEXT, |stage| header(stage, "kid", json!(7))),
        ("encrypted to the client's previous key", TAKEN, |stage| {
            let previous = previous_key();
            header(stage, "kid", previous["kid"].clone());
            unencrypted_as(stage, |token| token.recipient = previous);
        }),
        ("zip, honest", r#"Header { member: "zip" }"#, |stage| {
            header(stage, "zip", json!("DEF"));
            unencrypted_as(stage, |token| {
                // A single uncompressed block (RFC 1951 §3.2.4).
                let length = u16::try_from(token.plaintext.len()).expect("less than 64 KiB");
                let head = [&[1][..], &length.to_le_bytes(), &(!length).to_le_bytes()].concat();
                token.plaintext.splice(0..0, head);
            });
        }),
        ("zip bomb", r#"Header { member: "zip" }"#, |stage| {
            header(stage, "zip", json!("DEF"));
            unencrypted_as(stage, |token| {
                token.plaintext = super::BOMB[10..super::BOMB.len() - 8].to_vec()
            });
        }),
        ("crit in the JWE header", r#"Header { member: "crit" }"#, |stage| {
            header(stage, "crit", json!(["x"]));
        }),
        ("empty crit in the JWE header", r#"Header { member: "crit" }"#, |stage| {
            header(stage, "crit", json!([]));
        }),
        ("another cty in the JWE header", r#"Header { member: "cty" }"#, |stage| {
            header(stage, "cty", json!("text/plain"));
        }),
        ("cty in small letters", TAKEN, |stage| header(stage, "cty", json!("jwt"))),
        ("no cty", TAKEN, |stage| unencrypted_as(stage, |token| without(&mut token.header, "cty"))),
        ("typ in the JWE header", TAKEN, |stage| header(stage, "typ", json!("JWT"))),
        ("no kid in the JWE header", TAKEN, |stage| {
            unencrypted_as(stage, |token| without(&mut token.header, "kid"));
        }),
        ("an unknown kid in the JWE header", TAKEN, |stage| {
            header(stage, "kid", json!("nobody's"))
        }),
        (
            "encrypted to somebody else under an unknown kid",
            "UnknownDecryptionKey(nobody's)",
            |stage| {
                header(stage, "kid", json!("nobody's"));
                unencrypted_as(stage, |token| token.recipient = stranger().public_jwk().clone());
            },
        ),
        ("damaged under an unknown kid", "UnknownDecryptionKey(nobody's)", |stage| {
            header(stage, "kid", json!("nobody's"));
            parts(stage, |[.., tag]| tag[0] ^= 1);
        }),
        ("null crit in the JWE header", r#"Header { member: "crit" }"#, |stage| {
            header(stage, "crit", Value::Null);
        }),
        ("null zip in the JWE header", r#"Header { member: "zip" }"#, |stage| {
            header(stage, "zip", Value::Null);
        }),
        ("encrypted to somebody else under our kid", DECRYPTION, |stage| {
            unencrypted_as(stage, |token| token.recipient = stranger().public_jwk().clone());
        }),
        ("encrypted to somebody else, without kid", DECRYPTION, |stage| {
            unencrypted_as(stage, |token| {
                token.recipient = stranger().public_jwk().clone();
                without(&mut token.header, "kid");
            });
        }),
        ("a content key of 16 bytes", DECRYPTION, |stage| {
            unencrypted_as(stage, |token| token.content_key.truncate(16));
        }),
        ("a content key of 64 bytes", DECRYPTION, |stage| {
            unencrypted_as(stage, |token| token.content_key.resize(64, 0));
        }),
        ("a 12-byte IV with CBC", DECRYPTION, |stage| {
            unencrypted_as(stage, |token| token.iv.truncate(12));
        }),
        ("an empty IV with CBC", DECRYPTION, |stage| {
            unencrypted_as(stage, |token| token.iv.clear());
        }),
        ("a 16-byte IV with GCM", DECRYPTION, |stage| {
            header(stage, "enc", json!("A256GCM"));
        }),
        ("a 12-byte tag with GCM", DECRYPTION, |stage| {
            header(stage, "enc", json!("A256GCM"));
            unencrypted_as(stage, |token| token.iv.truncate(12));
            parts(stage, |[.., tag]| tag.truncate(12));
        }),
    ]
}

/// The client's previous encryption key, which is no longer published but still decrypts.
fn previous_key() -> Value {
    let keys: Value = serde_json::from_str(crate::private_jwks()).expect("the fixture is JSON");
    let mut keys = keys["keys"].as_array().into_iter().flatten().filter(|key| key["use"] == "enc");
    keys.nth(1).expect("the fixture has two").clone()
}

/// Changes that anyone could make to a token in transit.
fn bytes() -> Vec<Forgery> {
    vec![
        ("JWE header changed", DECRYPTION, |stage| {
            parts(stage, |[header, ..]| {
                *header = crate::jose::encode(br#"{"alg":"RSA-OAEP-256","enc":"A128CBC-HS256"}"#)
                    .into_bytes();
            });
        }),
        ("JWE header over 4 KiB", "TooLarge { limit: 4096 }", |stage| {
            parts(stage, |[header, ..]| header.resize(4097, b'A'));
        }),
        ("enc stands twice", r#"Malformed { what: "a JSON member appears twice" }"#, |stage| {
            parts(stage, |[header, ..]| {
                let twice = br#"{"alg":"RSA-OAEP-256","enc":"A256GCM","enc":"A128CBC-HS256"}"#;
                *header = crate::jose::encode(twice).into_bytes();
            });
        }),
        ("encrypted key damaged", DECRYPTION, |stage| parts(stage, |[_, key, ..]| key[100] ^= 1)),
        ("no encrypted key", DECRYPTION, |stage| parts(stage, |[_, key, ..]| key.clear())),
        ("a zero before the encrypted key", DECRYPTION, |stage| {
            parts(stage, |[_, key, ..]| key.insert(0, 0));
        }),
        ("IV damaged", DECRYPTION, |stage| parts(stage, |[_, _, iv, ..]| iv[0] ^= 1)),
        ("ciphertext damaged", DECRYPTION, |stage| {
            parts(stage, |[_, _, _, text, _]| text[0] ^= 1);
        }),
        ("ciphertext cut", DECRYPTION, |stage| {
            parts(stage, |[_, _, _, text, _]| text.truncate(text.len() - 1));
        }),
        ("no ciphertext", DECRYPTION, |stage| parts(stage, |[_, _, _, text, _]| text.clear())),
        ("tag damaged", DECRYPTION, |stage| parts(stage, |[.., tag]| tag[15] ^= 0x80)),
        ("a tag of one byte", DECRYPTION, |stage| parts(stage, |[.., tag]| tag.truncate(1))),
        ("no tag", DECRYPTION, |stage| parts(stage, |[.., tag]| tag.clear())),
        ("four parts", FIVE_PARTS, |stage| {
            finished(stage, |token| token.truncate(token.rfind('.').unwrap_or_default()));
        }),
        ("six parts", FIVE_PARTS, |stage| finished(stage, |token| token.push_str(".AAAA"))),
        ("900,000 dots", "TooLarge { limit: 65536 }", |stage| {
            finished(stage, |token| *token = ".".repeat(900_000));
        }),
        ("a part with padding", r#"Malformed { what: "a part is not base64url" }"#, |stage| {
            finished(stage, |token| token.push_str("=="))
        }),
        (
            "a header with white space",
            r#"Malformed { what: "a header is not base64url" }"#,
            |stage| finished(stage, |token| token.insert(4, '\n')),
        ),
    ]
}

const FIVE_PARTS: &str = r#"Malformed { what: "an encrypted token must have five parts" }"#;

/// Sends the JWS itself, which should have been encrypted.
fn unencrypted() -> [Fault; 2] {
    documents().map(|(document, what, error)| {
        let name = format!("{what}: signed, not encrypted");
        let inject = move |op: &mut FakeOp| {
            let mut jws = String::new();
            op.forge(document, move |stage| match stage {
                Stage::Unencrypted(token) => {
                    jws = String::from_utf8_lossy(&token.plaintext).into_owned();
                }
                Stage::Finished(token) => token.clone_from(&jws),
                _ => {}
            });
        };
        Fault::new(Area::Tokens, name, outcome(error, "NotEncrypted"), inject)
    })
}
