//! Tokens, taken apart.

use itsme_core::internals::{self, base64url_decode};
use itsme_testkit::private_keys;

pub type ContentKey = [u8; 32];

/// The parts of a compact JWE.
pub struct Sealed {
    pub protected: String,
    pub encrypted_key: Vec<u8>,
    pub iv: Vec<u8>,
    pub ciphertext: Vec<u8>,
    pub tag: Vec<u8>,
}

/// A compact JWS, and its parts.
pub struct Signed {
    pub compact: String,
    pub message: String,
    pub signature: Vec<u8>,
}

fn bytes(text: &str) -> Vec<u8> {
    base64url_decode(text).expect("base64url")
}

impl Sealed {
    pub fn new(jwe: &str) -> Self {
        let parts: Vec<&str> = jwe.split('.').collect();
        let [protected, encrypted_key, iv, ciphertext, tag] = parts[..] else {
            panic!("a JWE has five parts");
        };
        Self {
            protected: protected.to_owned(),
            encrypted_key: bytes(encrypted_key),
            iv: bytes(iv),
            ciphertext: bytes(ciphertext),
            tag: bytes(tag),
        }
    }
}

impl Signed {
    pub fn new(jws: String) -> Self {
        let (message, signature) = jws.rsplit_once('.').expect("a JWS has parts");
        let (message, signature) = (message.to_owned(), bytes(signature));
        Self { compact: jws, message, signature }
    }

    /// The content of a token that was encrypted to the client.
    pub fn within(jwe: &str) -> Self {
        let keys = private_keys();
        let jws = internals::open(jwe, internals::decryption(&keys), usize::MAX);
        Self::new(jws.expect("a nested token").to_string())
    }

    /// Something as long as the content of a token that was encrypted to the OP, give or take a
    /// block.
    pub fn as_long_as_within(sealed: &Sealed) -> Self {
        let signature = "A".repeat(342);
        let message = "m".repeat(sealed.ciphertext.len() - 8 - 1 - signature.len());
        Self::new(format!("{message}.{signature}"))
    }

    /// The size of the claims in bytes.
    pub fn payload_len(&self) -> usize {
        let (_, payload) = self.message.split_once('.').expect("a header and a payload");
        bytes(payload).len()
    }
}
