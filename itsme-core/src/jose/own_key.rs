use super::{KeyEncryption, PublicKey, RsaPrivateKey};

/// A key of ours and the name it is published under.
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
    /// Its modulus and its public exponent, base64url.
    pub(crate) fn public_numbers(&self) -> (&str, &str) {
        match &self.home {
            KeyHome::Here(key) => key.public_numbers(),
            KeyHome::Outside(public) => public.numbers(),
        }
    }

    /// The same key under the same name.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.kid == other.kid && self.public_numbers() == other.public_numbers()
    }

    /// Whether its private half is in an HSM or a KMS.
    pub(crate) fn is_outside(&self) -> bool {
        matches!(self.home, KeyHome::Outside(_))
    }

    /// Whether it is asked to unwrap by this algorithm. Outside, a key is bound to the one that its JWK
    /// names; here, a key does both.
    pub(crate) fn unwraps(&self, alg: KeyEncryption) -> bool {
        match &self.home {
            KeyHome::Here(_) => true,
            KeyHome::Outside(public) => public.encrypts_by(alg),
        }
    }
}
