//! The OP's own keys.

use serde_json::{Value, json};

use super::FakeOp;
use crate::jose::OwnKey;

impl FakeOp {
    /// Makes the OP sign with a new key from now on, and stops publishing the previous one.
    pub fn rotate_signing_key(&mut self) {
        self.signing = vec![self.new_signing_key()];
    }

    /// Moves on to the next signing key the way a careful OP does: it has already published that
    /// key as well as the next two, and keeps publishing the previous one. On the first call, no
    /// key has been published in advance, so clients see the new key for the first time, as with
    /// [`rotate_signing_key`](Self::rotate_signing_key).
    pub fn roll_signing_key(&mut self) {
        while self.signing.len() < 3 {
            let announced = self.new_signing_key();
            self.signing.push(announced);
        }
        let old = self.signing.remove(0);
        self.signing.truncate(2);
        let announced = self.new_signing_key();
        self.signing.extend([announced, old]);
    }

    /// Reuses the four signing keys from the fixtures in turn, under new names.
    fn new_signing_key(&mut self) -> OwnKey {
        let name = format!("s{}", self.keys_made % 4 + 1);
        self.keys_made += 1;
        fixture(&name, &format!("s{}", self.keys_made))
    }

    /// Publishes a new encryption key in place of the old one, and decrypts only with the new one.
    pub fn rotate_encryption_key(&mut self) {
        self.encryption = match self.encryption.kid.as_str() {
            "e1" => fixture("e2", "e2"),
            _ => OwnKey::generate("e3", "enc"),
        };
    }
}

/// Loads a key from the fixtures, to be published under this `kid`.
pub(super) fn fixture(name: &str, kid: &str) -> OwnKey {
    let mut jwks: Value = serde_json::from_str(include_str!("../fixtures/op_private_jwks.json"))
        .expect("the fixture is JSON");
    let jwk = jwks["keys"].as_array_mut().into_iter().flatten().find(|key| key["kid"] == name);
    let jwk = jwk.expect("the fixture has the key");
    jwk["kid"] = json!(kid);
    OwnKey::from_jwk(jwk)
}
