use josekit::{
    jwe::{
        JweEncrypter as _, JweHeader,
        alg::rsaes::{RsaesJweAlgorithm, RsaesJweEncrypter},
    },
    jwk::Jwk,
    jws::{
        JwsVerifier as _,
        alg::rsassa::{RsassaJwsAlgorithm, RsassaJwsVerifier},
    },
};
use openssl::bn::BigNum;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    KeyEncryption, RsaKeyError, base64url, base64url_decode,
    rsa_key::{MODULUS_BITS, OwnJwk, public_numbers},
    sha256,
};

/// One public RSA key.
pub struct PublicKey {
    pub(super) jwk: PublicJwk,
    pub(super) verifier: Option<RsassaJwsVerifier>,
    pub(super) oaep: Option<RsaesJweEncrypter>,
    pub(super) oaep_256: Option<RsaesJweEncrypter>,
}

/// The members of a JWK that are kept and stored.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PublicJwk {
    pub(super) kty: &'static str,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub(super) usage: Option<Usage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) alg: Option<Alg>,
    pub(super) n: String,
    pub(super) e: String,
}

/// What a key can be used for (RFC 7517 §4.2).
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Usage {
    #[serde(rename = "sig")]
    Signature,
    #[serde(rename = "enc")]
    Encryption,
}

/// The supported key algorithms (RFC 7518).
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Alg {
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "RSA-OAEP")]
    RsaOaep,
    #[serde(rename = "RSA-OAEP-256")]
    RsaOaep256,
}

impl PublicJwk {
    /// The public half of one of our keys.
    pub(crate) fn new((usage, alg): (Usage, Option<Alg>), kid: &str, (n, e): (&str, &str)) -> Self {
        let (kid, n, e) = (kid.to_owned(), n.to_owned(), e.to_owned());
        Self { kty: "RSA", usage: Some(usage), kid: Some(kid), alg, n, e }
    }

    pub(super) fn verifies(&self) -> bool {
        self.usage != Some(Usage::Encryption) && matches!(self.alg, None | Some(Alg::Rs256))
    }

    pub(super) fn encrypts(&self) -> bool {
        self.usage != Some(Usage::Signature) && self.alg != Some(Alg::Rs256)
    }

    pub(super) fn shares_purpose(&self, other: &Self) -> bool {
        self.verifies() && other.verifies() || self.encrypts() && other.encrypts()
    }

    /// Creates josekit's contexts from the numbers alone.
    pub(super) fn ready(self) -> Option<PublicKey> {
        let members: Map<String, Value> = [("kty", "RSA"), ("n", &self.n), ("e", &self.e)]
            .map(|(name, value)| (name.to_owned(), Value::from(value)))
            .into_iter()
            .collect();
        let key = Jwk::from_map(members).ok()?;
        let encrypter = |alg: RsaesJweAlgorithm, name: Alg| {
            let wanted = self.encrypts() && self.alg.is_none_or(|own| own == name);
            wanted.then(|| alg.encrypter_from_jwk(&key).ok()).flatten()
        };
        let verifier = RsassaJwsAlgorithm::Rs256.verifier_from_jwk(&key).ok()?;
        Some(PublicKey {
            verifier: self.verifies().then_some(verifier),
            oaep: encrypter(RsaesJweAlgorithm::RsaOaep, Alg::RsaOaep),
            oaep_256: encrypter(RsaesJweAlgorithm::RsaOaep256, Alg::RsaOaep256),
            jwk: self,
        })
    }
}

impl PublicKey {
    /// The public half of one of our external keys.
    pub(crate) fn of_outside_key(
        purpose: (Usage, Option<Alg>),
        kid: &str,
        jwk: &OwnJwk,
    ) -> Result<Self, RsaKeyError> {
        let (n, e) = public_numbers(jwk)?;
        let (n, e) = (base64url(n.to_vec()), base64url(e.to_vec()));
        PublicJwk::new(purpose, kid, (&n, &e)).ready().ok_or(RsaKeyError::Inconsistent)
    }

    /// The `kid`, if there is one.
    pub fn kid(&self) -> Option<&str> {
        self.jwk.kid.as_deref()
    }

    /// The modulus and the exponent, base64url.
    pub(super) fn numbers(&self) -> (&str, &str) {
        (&self.jwk.n, &self.jwk.e)
    }

    /// The key as a JWK, to archive together with what it signed.
    pub fn to_jwk(&self) -> Value {
        json!(self.jwk)
    }

    /// SHA-256 thumbprint of the key, base64url (RFC 7638).
    pub fn thumbprint(&self) -> String {
        let canonical = format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, self.jwk.e, self.jwk.n);
        base64url(sha256(&[canonical.as_bytes()]))
    }

    /// Whether the key is allowed to sign and `signature` is its RS256 signature over `message`.
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verifier.as_ref().is_some_and(|verifier| verifier.verify(message, signature).is_ok())
    }

    /// Whether content keys can be encrypted to this key with this algorithm.
    pub(super) fn encrypts_by(&self, alg: KeyEncryption) -> bool {
        match alg {
            KeyEncryption::RsaOaep => self.oaep.is_some(),
            KeyEncryption::RsaOaep256 => self.oaep_256.is_some(),
        }
    }

    /// Whether these bytes could have been encrypted to this key: they must be as long as the modulus, and represent a
    /// smaller number.
    pub fn may_have_encrypted(&self, encrypted: &[u8]) -> bool {
        let modulus = base64url_decode(&self.jwk.n).unwrap_or_default();
        encrypted.len() == modulus.len() && encrypted < modulus.as_slice()
    }

    /// Encrypts these bytes to the key, with the algorithm in its `alg`, or else with `default`.
    /// Returns `None` if OpenSSL fails or the key cannot encrypt.
    pub(crate) fn wrap(
        &self,
        default: KeyEncryption,
        content_key: &[u8],
    ) -> Option<(KeyEncryption, Vec<u8>)> {
        let (alg, encrypter) = self.encrypter(default)?;
        // RSA-OAEP does not read the headers passed here.
        let (unread, mut unwritten) = (JweHeader::new(), JweHeader::new());
        Some((alg, encrypter.encrypt(content_key, &unread, &mut unwritten).ok()??))
    }

    /// The algorithm in the key's `alg`, or else `default`.
    fn encrypter(&self, default: KeyEncryption) -> Option<(KeyEncryption, &RsaesJweEncrypter)> {
        let oaep = || self.oaep.as_ref().map(|key| (KeyEncryption::RsaOaep, key));
        let oaep_256 = || self.oaep_256.as_ref().map(|key| (KeyEncryption::RsaOaep256, key));
        match default {
            KeyEncryption::RsaOaep => oaep().or_else(oaep_256),
            KeyEncryption::RsaOaep256 => oaep_256().or_else(oaep),
        }
    }
}

/// Reads a member that has a fixed set of values. It can be absent, but an unknown value makes the key unusable.
pub(super) fn known<T: for<'de> Deserialize<'de>>(member: Option<&Value>) -> Option<Option<T>> {
    match member {
        None => Some(None),
        Some(value) => T::deserialize(value).ok().map(Some),
    }
}

/// What a key can be used for, according to its `use` and `key_ops` (RFC 7517 §4.3). Both must allow it.
pub(super) fn operations(
    usage: Option<Usage>,
    key_ops: Option<&Value>,
) -> Result<Option<Usage>, &'static str> {
    let Some(key_ops) = key_ops else { return Ok(usage) };
    let key_ops = key_ops.as_array().ok_or("has `key_ops` that are not an array")?;
    let allows = |ops: &[&str]| key_ops.iter().any(|op| ops.iter().any(|known| op == known));
    let verifies = usage != Some(Usage::Encryption) && allows(&["verify"]);
    let encrypts = usage != Some(Usage::Signature) && allows(&["encrypt", "wrapKey"]);
    match (verifies, encrypts) {
        (true, true) => Ok(None),
        (true, false) => Ok(Some(Usage::Signature)),
        (false, true) => Ok(Some(Usage::Encryption)),
        (false, false) => Err("has `key_ops` that allow neither verifying nor encrypting"),
    }
}

pub(super) fn modulus(number: &[u8]) -> Option<String> {
    let n = BigNum::from_slice(number).ok()?;
    (MODULUS_BITS.contains(&n.num_bits()) && n.is_bit_set(0)).then(|| base64url(n.to_vec()))
}

pub(super) fn exponent(number: &[u8]) -> Option<String> {
    let e = BigNum::from_slice(number).ok()?;
    // OpenSSL refuses exponents over 64 bits with large moduli, to bound the cost of a check.
    ((2..=64).contains(&e.num_bits()) && e.is_bit_set(0)).then(|| base64url(e.to_vec()))
}

pub(super) fn number(member: Option<&Value>) -> Option<Vec<u8>> {
    base64url_decode(member?.as_str()?).ok()
}
