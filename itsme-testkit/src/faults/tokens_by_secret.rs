//! Forged tokens for clients with a secret. They are encrypted with a key derived from the secret,
//! and signed with the OP's keys or with the secret itself.

use serde_json::json;

use super::{
    Fault, TAKEN,
    tokens::{
        DECRYPTION, Forgery, SIGNATURE, both, header, jws_part, parts, signed_header,
        unencrypted_as, unsigned,
    },
};
use crate::jose::{SignedBy, stranger};

pub(super) fn faults() -> impl Iterator<Item = Fault> {
    let direct = direct().into_iter();
    let direct = direct.flat_map(|forgery| both(forgery, "dir: ", Fault::with_secret));
    let hs256 = hs256().into_iter();
    direct.chain(hs256.flat_map(|forgery| both(forgery, "HS256: ", Fault::with_hs256)))
}

/// Tokens that are encrypted with the client secret.
fn direct() -> Vec<Forgery> {
    vec![
        ("as agreed", TAKEN, |_| {}),
        ("a tag of 12 bytes", DECRYPTION, |stage| parts(stage, |[.., tag]| tag.truncate(12))),
        ("an empty IV", DECRYPTION, |stage| parts(stage, |[_, _, iv, ..]| iv.clear())),
        ("a 16-byte IV", DECRYPTION, |stage| {
            unencrypted_as(stage, |token| token.iv.resize(16, 7));
        }),
        ("an encrypted key", DECRYPTION, |stage| parts(stage, |[_, key, ..]| key.push(7))),
        ("kid in the header", TAKEN, |stage| header(stage, "kid", json!("x"))),
        ("A128CBC-HS256", r#"EncryptionAlgorithm { found: "A128CBC-HS256" }"#, |stage| {
            header(stage, "enc", json!("A128CBC-HS256"));
        }),
        ("RSA-OAEP", r#"EncryptionAlgorithm { found: "RSA-OAEP" }"#, |stage| {
            header(stage, "alg", json!("RSA-OAEP"));
            unencrypted_as(stage, |token| token.recipient = stranger().public_jwk().clone());
        }),
        ("under another secret", DECRYPTION, |stage| {
            unencrypted_as(stage, |token| token.content_key[0] ^= 1);
        }),
        (
            "HS256 inside where RS256 was agreed",
            r#"SignatureAlgorithm { found: "HS256" }"#,
            |stage| {
                signed_header(stage, "alg", json!("HS256"));
                let secret = crate::CLIENT_SECRET.as_bytes().to_vec();
                unsigned(stage, |token| token.signer = SignedBy::Secret(secret));
            },
        ),
        ("zip", r#"Header { member: "zip" }"#, |stage| header(stage, "zip", json!("DEF"))),
    ]
}

/// Tokens that are also signed with the client secret.
fn hs256() -> Vec<Forgery> {
    vec![
        ("as agreed", TAKEN, |_| {}),
        ("another secret", SIGNATURE, |stage| {
            unsigned(stage, |token| token.signer = SignedBy::Secret(b"another".to_vec()));
        }),
        ("an empty signature", SIGNATURE, |stage| {
            unsigned(stage, |token| token.signer = SignedBy::Nobody);
        }),
        ("half a signature", SIGNATURE, |stage| jws_part(stage, 2, |mac| mac[..24].to_owned())),
        ("alg none", r#"SignatureAlgorithm { found: "none" }"#, |stage| {
            signed_header(stage, "alg", json!("none"));
            unsigned(stage, |token| token.signer = SignedBy::Nobody);
        }),
        ("RS256 by the OP", r#"SignatureAlgorithm { found: "RS256" }"#, |stage| {
            signed_header(stage, "alg", json!("RS256"));
            unsigned(stage, |token| token.signer = SignedBy::Op);
        }),
    ]
}
