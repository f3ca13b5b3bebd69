use std::sync::Arc;

use josekit::{
    jwe::alg::rsaes::{RsaesJweAlgorithm, RsaesJweEncrypter},
    jwk::Jwk,
    jws::{
        JwsVerifier as _,
        alg::rsassa::{RsassaJwsAlgorithm, RsassaJwsVerifier},
    },
};
use openssl::bn::BigNum;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::{
    KeyEncryption, RsaPrivateKey, base64url, base64url_decode, rsa_key::MODULUS_BITS, sha256,
};
use crate::ground::{json, text::printable};

const MAX_KEY_SET: usize = 256 * 1024;

/// The OP's public keys (RFC 7517 §5), those that this library can use. Each is parsed once.
#[derive(Clone)]
pub struct KeySet {
    keys: Vec<Arc<PublicKey>>,
    /// Why each of the others was passed over, by its place and name.
    passed_over: Vec<String>,
}

/// One public RSA key of the OP.
pub struct PublicKey {
    jwk: PublicJwk,
    verifier: Option<RsassaJwsVerifier>,
    oaep: Option<RsaesJweEncrypter>,
    oaep_256: Option<RsaesJweEncrypter>,
}

/// What is kept of a JWK, and what is stored of it.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PublicJwk {
    kty: &'static str,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alg: Option<Alg>,
    n: String,
    e: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Usage {
    #[serde(rename = "sig")]
    Signature,
    #[serde(rename = "enc")]
    Encryption,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Alg {
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "RSA-OAEP")]
    RsaOaep,
    #[serde(rename = "RSA-OAEP-256")]
    RsaOaep256,
}

/// Why a text is no key set at all.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// More than 256 KiB.
    #[error("a key set of more than {MAX_KEY_SET} bytes")]
    TooLarge,
    /// Not a JSON object with an array `keys`.
    #[error("not a JWK set: {0}")]
    Malformed(&'static str),
}

impl KeySet {
    /// Reads a JWK set, skipping every key that cannot be used here: another `kty`, `use` or
    /// `alg`, a modulus under 2048 or over 8192 bits, an even or tiny exponent, private members,
    /// and different keys for one purpose under one `kid`.
    pub fn parse(text: &[u8]) -> Result<Self, KeySetError> {
        if text.len() > MAX_KEY_SET {
            return Err(KeySetError::TooLarge);
        }
        let mut set = json::object(text).map_err(|error| KeySetError::Malformed(error.as_str()))?;
        let Some(Value::Array(entries)) = set.remove("keys") else {
            return Err(KeySetError::Malformed("there is no array `keys`"));
        };
        let mut passed_over = Vec::new();
        let mut jwks: Vec<PublicJwk> = Vec::new();
        for (place, entry) in entries.iter().enumerate() {
            match PublicJwk::read(entry) {
                Ok(jwk) if jwks.contains(&jwk) => {}
                Ok(jwk) => jwks.push(jwk),
                Err(why) => passed_over.push(format!("{} {why}", called(place, entry))),
            }
        }
        let is_ambiguous = |jwk: &PublicJwk| {
            let is_rival = |other: &PublicJwk| {
                let same_key = other.n == jwk.n && other.e == jwk.e;
                other.kid == jwk.kid && !same_key && other.shares_purpose(jwk)
            };
            jwk.kid.is_some() && jwks.iter().any(is_rival)
        };
        let mut keys = Vec::new();
        for jwk in &jwks {
            let kid = jwk.kid.as_deref().unwrap_or_default();
            if is_ambiguous(jwk) {
                let why = format!("`{}` is the name of two keys", printable(kid));
                if !passed_over.contains(&why) {
                    passed_over.push(why);
                }
            } else if let Some(key) = jwk.clone().ready() {
                keys.push(Arc::new(key));
            } else {
                passed_over.push(format!("`{}` is refused by OpenSSL", printable(kid)));
            }
        }
        Ok(Self { keys, passed_over })
    }

    /// Why no key of the set serves for `purpose`, each by its name.
    pub fn why_none(&self, purpose: &str) -> String {
        let others = self.keys.iter().map(|key| {
            let kid = key.kid().map_or_else(|| "a key without name".to_owned(), printable);
            format!("`{kid}` is for another purpose")
        });
        let reasons: Vec<_> = self.passed_over.iter().cloned().chain(others).take(8).collect();
        match reasons.as_slice() {
            [] => format!("it has no {purpose}: it is empty"),
            reasons => format!("it has no {purpose}: {}", reasons.join("; ")),
        }
    }

    /// The keys that may have made an RS256 signature whose header names `kid`: the one of that
    /// name, or all if it names none.
    pub fn verifiers(&self, kid: Option<&str>) -> impl Iterator<Item = &Arc<PublicKey>> {
        self.keys.iter().filter(move |key| {
            key.verifier.is_some() && (kid.is_none() || key.jwk.kid.as_deref() == kid)
        })
    }

    /// Whether any signature can be verified.
    pub fn can_verify(&self) -> bool {
        self.keys.iter().any(|key| key.verifier.is_some())
    }

    /// The key to encrypt to: the first one published for that.
    pub fn encryption_key(&self) -> Option<&PublicKey> {
        let can = || self.keys.iter().filter(|key| key.oaep.is_some() || key.oaep_256.is_some());
        let meant = can().find(|key| key.jwk.usage == Some(Usage::Encryption));
        meant.or_else(|| can().next()).map(|key| &**key)
    }
}

impl Serialize for KeySet {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let keys: Vec<&PublicJwk> = self.keys.iter().map(|key| &key.jwk).collect();
        json!({ "keys": keys }).serialize(to)
    }
}

impl<'de> Deserialize<'de> for KeySet {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let set = Value::deserialize(from)?.to_string();
        Self::parse(set.as_bytes()).map_err(D::Error::custom)
    }
}

impl PublicJwk {
    /// The public half of a key of ours.
    pub(crate) fn new((usage, alg): (Usage, Option<Alg>), kid: &str, key: &RsaPrivateKey) -> Self {
        let (kid, n, e) = (kid.to_owned(), key.n().to_owned(), key.e().to_owned());
        Self { kty: "RSA", usage: Some(usage), kid: Some(kid), alg, n, e }
    }

    /// The key, or why it cannot be used.
    fn read(entry: &Value) -> Result<Self, &'static str> {
        let Value::Object(members) = entry else { return Err("is not a JSON object") };
        if ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|m| members.contains_key(*m)) {
            return Err("has a private member");
        }
        if members.get("kty").and_then(Value::as_str) != Some("RSA") {
            return Err("has a `kty` other than RSA");
        }
        let kid = match members.get("kid") {
            None => None,
            Some(Value::String(kid)) => Some(kid.clone()),
            Some(_) => return Err("has a `kid` that is not text"),
        };
        Ok(Self {
            kty: "RSA",
            usage: known(members, "use").ok_or("has an unknown `use`")?,
            kid,
            alg: known(members, "alg").ok_or("has an `alg` that is not used here")?,
            n: modulus(members).ok_or("has an `n` that is not odd and of 2048 to 8192 bits")?,
            e: exponent(members).ok_or("has an `e` that is not odd and of 2 to 64 bits")?,
        })
    }

    fn verifies(&self) -> bool {
        self.usage != Some(Usage::Encryption) && matches!(self.alg, None | Some(Alg::Rs256))
    }

    fn encrypts(&self) -> bool {
        self.usage != Some(Usage::Signature) && self.alg != Some(Alg::Rs256)
    }

    fn shares_purpose(&self, other: &Self) -> bool {
        self.verifies() && other.verifies() || self.encrypts() && other.encrypts()
    }

    /// josekit's contexts, made from the numbers alone.
    fn ready(self) -> Option<PublicKey> {
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

/// How a key of the set is called where it is passed over.
fn called(place: usize, entry: &Value) -> String {
    match entry.get("kid").and_then(Value::as_str) {
        Some(kid) => format!("`{}`", printable(kid)),
        None => format!("key {}", place + 1),
    }
}

/// A member of a fixed vocabulary: absent is fine, another word makes the key useless.
fn known<T: for<'de> Deserialize<'de>>(
    members: &Map<String, Value>,
    name: &str,
) -> Option<Option<T>> {
    match members.get(name) {
        None => Some(None),
        Some(value) => T::deserialize(value).ok().map(Some),
    }
}

fn modulus(members: &Map<String, Value>) -> Option<String> {
    let n = BigNum::from_slice(&number(members, "n")?).ok()?;
    (MODULUS_BITS.contains(&n.num_bits()) && n.is_bit_set(0)).then(|| base64url(n.to_vec()))
}

fn exponent(members: &Map<String, Value>) -> Option<String> {
    let e = BigNum::from_slice(&number(members, "e")?).ok()?;
    // OpenSSL refuses exponents over 64 bits with large moduli, to bound the cost of a check.
    ((2..=64).contains(&e.num_bits()) && e.is_bit_set(0)).then(|| base64url(e.to_vec()))
}

fn number(members: &Map<String, Value>, name: &str) -> Option<Vec<u8>> {
    base64url_decode(members.get(name)?.as_str()?).ok()
}

impl PublicKey {
    /// Its name, if it has one.
    pub fn kid(&self) -> Option<&str> {
        self.jwk.kid.as_deref()
    }

    /// As a JWK, so that it can be kept beside what it signed.
    pub fn to_jwk(&self) -> Value {
        json!(self.jwk)
    }

    /// SHA-256 thumbprint of the key, base64url (RFC 7638).
    pub fn thumbprint(&self) -> String {
        let canonical = format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, self.jwk.e, self.jwk.n);
        base64url(sha256(&[canonical.as_bytes()]))
    }

    /// Whether it may sign, and this is its RS256 signature of `message`.
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verifier.as_ref().is_some_and(|verifier| verifier.verify(message, signature).is_ok())
    }

    /// The algorithm that the key names, or `default` where it names none.
    pub(super) fn encrypter(
        &self,
        default: KeyEncryption,
    ) -> Option<(KeyEncryption, &RsaesJweEncrypter)> {
        let oaep = || self.oaep.as_ref().map(|key| (KeyEncryption::RsaOaep, key));
        let oaep_256 = || self.oaep_256.as_ref().map(|key| (KeyEncryption::RsaOaep256, key));
        match default {
            KeyEncryption::RsaOaep => oaep().or_else(oaep_256),
            KeyEncryption::RsaOaep256 => oaep_256().or_else(oaep),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 7638 §3.1.
    const N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR\
        1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGj\
        QR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI\
        4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

    fn key() -> Value {
        json!({ "kty": "RSA", "kid": "a", "n": N, "e": "AQAB" })
    }

    /// An odd number of so many bits.
    fn number_of(bits: usize) -> String {
        let mut bytes = vec![0xff; bits.div_ceil(8)];
        bytes[0] >>= (8 - bits % 8) % 8;
        base64url(bytes)
    }

    fn parse(keys: impl Into<Value>) -> KeySet {
        KeySet::parse(json!({ "keys": keys.into() }).to_string().as_bytes()).expect("a key set")
    }

    /// What one key with these members changed can be used for: to verify, to encrypt.
    fn uses(changes: &[(&str, Value)]) -> (bool, bool) {
        let mut key = key();
        for (member, value) in changes {
            key[member] = value.clone();
        }
        let set = parse([key]);
        (set.can_verify(), set.encryption_key().is_some())
    }

    #[test]
    fn a_key_without_use_and_alg_serves_both_ends() {
        assert_eq!(uses(&[]), (true, true));
        assert_eq!(uses(&[("use", json!("sig"))]), (true, false));
        assert_eq!(uses(&[("use", json!("enc"))]), (false, true));
        assert_eq!(uses(&[("alg", json!("RS256"))]), (true, false));
        assert_eq!(uses(&[("alg", json!("RSA-OAEP"))]), (false, true));
        assert_eq!(uses(&[("use", json!("sig")), ("alg", json!("RSA-OAEP"))]), (false, false));
        assert_eq!(uses(&[("use", json!("enc")), ("alg", json!("RS256"))]), (false, false));
    }

    #[test]
    fn each_unusable_key_is_skipped() {
        for (member, value) in [
            ("kty", json!("EC")),
            ("kty", json!(null)),
            ("use", json!("tls")),
            ("use", json!(7)),
            ("alg", json!("PS256")),
            ("alg", json!("RSA1_5")),
            ("kid", json!(7)),
            ("n", json!(number_of(2047))),
            ("n", json!(number_of(8193))),
            ("n", json!("")),
            ("n", json!(7)),
            ("n", json!(N.replace("Kgw", "Kgg"))),
            ("e", json!("AQ")),
            ("e", json!("Ag")),
            ("e", json!("AQAA")),
            ("e", json!("")),
            ("e", json!(number_of(65))),
            ("e", json!("AQAB=")),
            ("d", json!("AQAB")),
            ("p", json!("AQAB")),
            ("k", json!("AQAB")),
        ] {
            assert_eq!(uses(&[(member, value.clone())]), (false, false), "{member} = {value}");
        }
        for (member, value) in
            [("n", number_of(2048)), ("n", number_of(8192)), ("e", "Aw".into()), ("x", "y".into())]
        {
            assert_eq!(uses(&[(member, json!(value))]), (true, true), "{member} = {value:.9}");
        }
        assert_eq!(parse([json!(null), json!([]), key()]).keys.len(), 1);
    }

    #[test]
    fn a_key_set_has_so_many_bytes() {
        let mut set = json!({ "keys": [key()] }).to_string().into_bytes();
        set.resize(MAX_KEY_SET, b' ');
        assert!(KeySet::parse(&set).is_ok());
        set.push(b' ');
        assert_eq!(KeySet::parse(&set).map(drop), Err(KeySetError::TooLarge));
    }

    #[test]
    fn one_name_for_two_keys_is_none_for_either() {
        let mut other = key();
        other["n"] = json!(number_of(2048));
        assert!(!parse([key(), other.clone()]).can_verify());
        assert!(parse([key(), key()]).can_verify(), "the same key twice is one key");
        let mut signing = key();
        signing["use"] = json!("sig");
        let mut named = key();
        named["alg"] = json!("RS256");
        assert!(parse([signing.clone(), named]).can_verify(), "so it is with other words on it");
        other["use"] = json!("enc");
        let set = parse([signing, other.clone()]);
        assert!(set.can_verify() && set.encryption_key().is_some(), "two purposes do not meet");
        let mut nameless = other;
        nameless.as_object_mut().expect("a key").remove("kid");
        nameless["use"] = json!("sig");
        let mut nameless_too = key();
        nameless_too.as_object_mut().expect("a key").remove("kid");
        let set = parse([nameless, nameless_too]);
        assert_eq!(set.verifiers(None).count(), 2, "no name is no one's name");
        assert_eq!(set.verifiers(Some("a")).count(), 0);
    }

    #[test]
    fn the_encryption_key_is_the_first_one_meant_for_it() {
        let named = |kid: &str, usage: Option<&str>, n: &str| {
            let mut key = key();
            key["kid"] = json!(kid);
            key["n"] = json!(n);
            if let Some(usage) = usage {
                key["use"] = json!(usage);
            }
            key
        };
        let [a, b, c] = [2048, 2049, 2050].map(number_of);
        let chosen = |keys: Vec<Value>| {
            parse(keys).encryption_key().and_then(PublicKey::kid).map(str::to_owned)
        };
        let any = named("any", None, &a);
        let (first, second) = (named("first", Some("enc"), &b), named("second", Some("enc"), &c));
        assert_eq!(chosen(vec![any.clone(), first, second]).as_deref(), Some("first"));
        assert_eq!(chosen(vec![named("s", Some("sig"), &b), any]).as_deref(), Some("any"));
        assert_eq!(chosen(vec![named("s", Some("sig"), &b)]), None);
    }

    #[test]
    fn the_keys_own_algorithm_wins() {
        let alg = |alg: Option<&str>, default| {
            let mut key = key();
            if let Some(alg) = alg {
                key["alg"] = json!(alg);
            }
            let set = parse([key]);
            set.encryption_key().and_then(|key| key.encrypter(default)).map(|(alg, _)| alg)
        };
        use KeyEncryption::{RsaOaep, RsaOaep256};
        for default in [RsaOaep, RsaOaep256] {
            assert_eq!(alg(None, default), Some(default));
            assert_eq!(alg(Some("RSA-OAEP"), default), Some(RsaOaep));
            assert_eq!(alg(Some("RSA-OAEP-256"), default), Some(RsaOaep256));
        }
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_7638() {
        let set = parse([key()]);
        let thumbprint = set.keys[0].thumbprint();
        assert_eq!(thumbprint, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        let stored = serde_json::to_vec(&set).expect("JSON");
        assert_eq!(KeySet::parse(&stored).expect("keys").keys[0].thumbprint(), thumbprint);
    }
}
