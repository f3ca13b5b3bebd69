//! (6) Reads the OP's key sets and prepares them for use.

use itsme_core::internals::{KeySet, base64url};
use openssl::{bn::BigNum, pkey::PKey, rsa::Rsa, sha::sha256};
use serde_json::json;

use crate::paired::{compare, way};

const EXPONENT: u32 = 65_537;

/// An odd number of 2048 bits: whether it has two prime factors does not matter for a public key.
fn modulus(number: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> =
        (0..8).flat_map(|part| sha256(format!("{number} {part}").as_bytes())).collect();
    bytes[0] |= 0x80;
    bytes[255] |= 1;
    bytes
}

pub fn measure() {
    for count in [2, 20, 200] {
        let moduli: Vec<Vec<u8>> = (0..count).map(modulus).collect();
        let keys = moduli.iter().enumerate().map(|(place, n)| {
            let usage = if place % 2 == 0 { "sig" } else { "enc" };
            let kid = format!("key-{place}");
            json!({ "kty": "RSA", "use": usage, "kid": kid, "n": base64url(n), "e": "AQAB" })
        });
        let text = json!({ "keys": keys.collect::<Vec<_>>() }).to_string();
        let floor = |n: &Vec<u8>| {
            let (n, e) = (BigNum::from_slice(n), BigNum::from_u32(EXPONENT));
            let key = Rsa::from_public_components(n.expect("a number"), e.expect("a number"));
            PKey::from_rsa(key.expect("a key")).expect("a key")
        };
        let times = compare(
            &format!("(6) key set of {count}, {} bytes", text.len()),
            [
                ("read and made ready", way(2, || (), |()| KeySet::parse(text.as_bytes()))),
                (
                    "floor: OpenSSL's keys",
                    way(2, || (), |()| moduli.iter().map(floor).collect::<Vec<_>>()),
                ),
            ],
        );
        println!("    {:.1} µs per key", times[0] / 1000.0 / count as f64);
    }
}
