use super::{KeyEncryption, PublicKey, RsaPrivateKey};

/// One of our keys, with the `kid` under which it is published.
#[allow(clippy::exhaustive_structs, reason = "tests of the internals create it")]
pub struct OwnKey {
    /// The key's `kid`.
    pub kid: String,
    /// Where the private half is.
    pub home: KeyHome,
}

/// Where a private key is.
#[allow(clippy::exhaustive_enums)]
#[allow(clippy::large_enum_variant, reason = "there are a few, each behind an Arc")]
pub enum KeyHome {
    /// In this process.
    Here(RsaPrivateKey),
    /// Outside, in an HSM or a KMS. This is the public half.
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

    /// Whether both are the same key with the same `kid`.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.kid == other.kid && self.public_numbers() == other.public_numbers()
    }

    /// Whether the private half is in an HSM or a KMS.
    pub(crate) fn is_outside(&self) -> bool {
        matches!(self.home, KeyHome::Outside(_))
    }

    /// Whether the key is used to decrypt content keys with this algorithm. An external key can be used only with the
    /// algorithm in its JWK, but a local key can be used with both.
    pub(crate) fn unwraps(&self, alg: KeyEncryption) -> bool {
        match &self.home {
            KeyHome::Here(_) => true,
            KeyHome::Outside(public) => public.encrypts_by(alg),
        }
    }
}
