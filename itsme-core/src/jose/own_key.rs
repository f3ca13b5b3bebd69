use super::{KeyEncryption, PublicKey, RsaPrivateKey};

/// A key of ours, with the `kid` it is published under.
#[allow(clippy::exhaustive_structs, reason = "tests of the internals make it")]
pub struct OwnKey {
    /// Its `kid`.
    pub kid: String,
    /// Where its private half is.
    pub home: KeyHome,
}

/// Where a private key is.
#[allow(clippy::exhaustive_enums)]
#[allow(clippy::large_enum_variant, reason = "there are a few, each behind an Arc")]
pub enum KeyHome {
    /// In this process.
    Here(RsaPrivateKey),
    /// Outside, in an HSM or a KMS. This is its public half.
    Outside(PublicKey),
}

impl OwnKey {
    /// The modulus and the public exponent, base64url.
    pub(crate) fn public_numbers(&self) -> (&str, &str) {
        match &self.home {
            KeyHome::Here(key) => key.public_numbers(),
            KeyHome::Outside(public) => public.numbers(),
        }
    }

    /// Whether it is the same key with the same `kid`.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.kid == other.kid && self.public_numbers() == other.public_numbers()
    }

    /// Whether its private half is in an HSM or a KMS.
    pub(crate) fn is_outside(&self) -> bool {
        matches!(self.home, KeyHome::Outside(_))
    }

    /// Whether to ask it to decrypt content keys with this algorithm. An external key is bound to the
    /// one its JWK names; a local key does both.
    pub(crate) fn unwraps(&self, alg: KeyEncryption) -> bool {
        match &self.home {
            KeyHome::Here(_) => true,
            KeyHome::Outside(public) => public.encrypts_by(alg),
        }
    }
}
