use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Value, json};

use super::{
    key_checks::{KeyAmongOthers, KeyEntry},
    key_set_checks::{KeySetError, KeySetText},
    public_key::{PublicJwk, PublicKey, Usage},
};
use crate::ground::{
    check::{CheckReport, Subject},
    text::printable,
};

/// The usable public keys of the OP (RFC 7517 §5). Each is parsed once.
#[derive(Clone)]
pub struct KeySet {
    keys: Vec<Arc<PublicKey>>,
    /// Why each of the other keys was ignored, with its position or `kid`.
    passed_over: Vec<String>,
}

/// The results of all checks on a JWK set.
pub(crate) struct ExplainedKeySet {
    pub(crate) set: Vec<CheckReport>,
    /// The results for each key, with its name.
    pub(crate) keys: Vec<(String, Vec<CheckReport>)>,
    /// The keys that are not ignored.
    pub(crate) usable: KeySet,
}

impl KeySet {
    /// Reads a JWK set, ignoring every key that cannot be used here: an unsupported `kty`, `use`,
    /// `key_ops` or `alg`, a modulus under 2048 or over 8192 bits, an even or tiny exponent, private
    /// members, or different keys for one purpose under the same `kid`.
    pub fn parse(text: &[u8]) -> Result<Self, KeySetError> {
        let mut set = KeySetText::new(text);
        set.verify()?;
        Ok(Self::of(&set.entries))
    }

    /// A set without keys.
    pub(crate) fn empty() -> Self {
        Self { keys: Vec::new(), passed_over: Vec::new() }
    }

    fn of(entries: &[Value]) -> Self {
        let mut passed_over = Vec::new();
        let mut jwks: Vec<PublicJwk> = Vec::new();
        for (place, entry) in entries.iter().enumerate() {
            let mut key = KeyEntry::new(entry);
            match key.verify() {
                Ok(()) => jwks.extend(key.into_jwk().filter(|jwk| !jwks.contains(jwk))),
                Err(why) => passed_over.push(format!("{} {why}", called(place, entry))),
            }
        }
        let mut keys = Vec::new();
        for jwk in &jwks {
            let mut key = KeyAmongOthers { jwk, others: &jwks, ready: None };
            match key.verify() {
                Ok(()) => keys.extend(key.ready.map(Arc::new)),
                Err(why) => {
                    let kid = jwk.kid.as_deref().unwrap_or_default();
                    let why = format!("`{}` {why}", printable(kid));
                    if !passed_over.contains(&why) {
                        passed_over.push(why);
                    }
                }
            }
        }
        Self { keys, passed_over }
    }

    /// Explains the text of a key set and each key in it, by name, and returns the set of usable keys.
    pub(crate) fn explain(text: &[u8]) -> ExplainedKeySet {
        let mut set = KeySetText::new(text);
        let reports = set.explain();
        let read = |entry| {
            let mut key = KeyEntry::new(entry);
            let reports = key.explain();
            let is_sound = !reports.iter().any(CheckReport::is_failed);
            (reports, key.into_jwk().filter(|_| is_sound))
        };
        let entries: Vec<_> = set.entries.iter().map(read).collect();
        let jwks: Vec<_> = entries.iter().filter_map(|(_, jwk)| jwk.clone()).collect();
        let keys = entries.into_iter().enumerate().map(|(place, (mut reports, jwk))| {
            reports.extend(match &jwk {
                Some(jwk) => KeyAmongOthers { jwk, others: &jwks, ready: None }.explain(),
                None => KeyAmongOthers::explain_absence(),
            });
            (called(place, &set.entries[place]), reports)
        });
        ExplainedKeySet { set: reports, keys: keys.collect(), usable: Self::of(&set.entries) }
    }

    /// The keys that were ignored, each with the reason.
    pub fn passed_over(&self) -> &[String] {
        &self.passed_over
    }

    /// Why no key in the set can be used for `purpose`, key by key.
    pub fn why_none(&self, purpose: &str) -> String {
        let others = self.keys.iter().map(|key| {
            let kid = key.kid().map_or_else(|| "an unnamed key".to_owned(), printable);
            format!("`{kid}` is for a different purpose")
        });
        let reasons: Vec<_> = self.passed_over.iter().cloned().chain(others).take(8).collect();
        match reasons.as_slice() {
            [] => format!("it has no {purpose}: it is empty"),
            reasons => format!("it has no {purpose}: {}", reasons.join("; ")),
        }
    }

    /// The keys that may have created an RS256 signature whose header contains `kid`: the key with that `kid` or, if
    /// there is none, the keys without a `kid`. Without `kid`, all keys.
    pub fn verifiers(&self, kid: Option<&str>) -> impl Iterator<Item = &Arc<PublicKey>> {
        let name = kid.filter(|kid| self.has_verifier(kid));
        self.keys.iter().filter(move |key| {
            key.verifier.is_some() && (kid.is_none() || key.jwk.kid.as_deref() == name)
        })
    }

    /// Whether a key with this `kid` verifies signatures.
    pub fn has_verifier(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.verifier.is_some() && key.kid() == Some(kid))
    }

    /// Whether any signature can be verified.
    pub fn can_verify(&self) -> bool {
        self.keys.iter().any(|key| key.verifier.is_some())
    }

    /// The key to encrypt to: the first one published for encryption.
    pub fn encryption_key(&self) -> Option<&Arc<PublicKey>> {
        let can = || self.keys.iter().filter(|key| key.oaep.is_some() || key.oaep_256.is_some());
        let meant = can().find(|key| key.jwk.usage == Some(Usage::Encryption));
        meant.or_else(|| can().next())
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

/// The name of an ignored key in messages.
fn called(place: usize, entry: &Value) -> String {
    match entry.get("kid").and_then(Value::as_str) {
        Some(kid) => format!("`{}`", printable(kid)),
        None => format!("key {}", place + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::key_set_checks::MAX_KEY_SET;
    use crate::jose::{KeyEncryption, base64url, base64url_decode};

    /// The key from RFC 7638 §3.1.
    const N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR\
        1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGj\
        QR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI\
        4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

    fn key() -> Value {
        json!({ "kty": "RSA", "kid": "a", "n": N, "e": "AQAB" })
    }

    /// An odd number with this many bits.
    fn number_of(bits: usize) -> String {
        let mut bytes = vec![0xff; bits.div_ceil(8)];
        bytes[0] >>= (8 - bits % 8) % 8;
        base64url(bytes)
    }

    fn parse(keys: impl Into<Value>) -> KeySet {
        KeySet::parse(json!({ "keys": keys.into() }).to_string().as_bytes()).expect("a key set")
    }

    /// What a key can be used for after these members are changed: verifying, encrypting.
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
        assert!(parse([signing.clone(), named]).can_verify(), "also with other members");
        other["use"] = json!("enc");
        let set = parse([signing, other.clone()]);
        assert!(
            set.can_verify() && set.encryption_key().is_some(),
            "different purposes do not conflict"
        );
        let mut nameless = other;
        nameless.as_object_mut().expect("a key").remove("kid");
        nameless["use"] = json!("sig");
        let mut nameless_too = key();
        nameless_too.as_object_mut().expect("a key").remove("kid");
        let set = parse([nameless, nameless_too]);
        assert_eq!(set.verifiers(None).count(), 2, "unnamed keys do not conflict");
        assert_eq!(
            set.verifiers(Some("a")).count(),
            2,
            "either may be the one that the OP calls `a`"
        );
    }

    #[test]
    fn null_is_absent() {
        for member in ["use", "alg", "kid", "key_ops", "d", "p", "k", "oth", "x5c"] {
            assert_eq!(uses(&[(member, json!(null))]), (true, true), "{member}");
        }
        for member in ["kty", "n", "e"] {
            assert_eq!(uses(&[(member, json!(null))]), (false, false), "{member}");
        }
    }

    #[test]
    fn key_ops_must_allow_it() {
        for (ops, expected) in [
            (json!(["verify"]), (true, false)),
            (json!(["verify", "wrapKey"]), (true, true)),
            (json!(["encrypt"]), (false, true)),
            (json!(["sign"]), (false, false)),
            (json!([]), (false, false)),
            (json!("verify"), (false, false)),
            (json!(["VERIFY", 7]), (false, false)),
            (json!({}), (false, false)),
        ] {
            assert_eq!(uses(&[("key_ops", ops.clone())]), expected, "{ops}");
        }
        assert_eq!(uses(&[("use", json!("sig")), ("key_ops", json!(["encrypt"]))]), (false, false));
        assert_eq!(uses(&[("use", json!("enc")), ("key_ops", json!(["verify"]))]), (false, false));
    }

    #[test]
    fn each_key_that_is_passed_over_is_named_with_its_reason() {
        for (member, value, why) in [
            ("use", json!("tls"), "`a` has an unknown `use`"),
            ("kid", json!(7), "key 1 has a `kid` that is not a string"),
            ("n", json!(format!("{N}==")), "`a` has an `n` that is not base64url without padding"),
            ("e", json!("AQAB="), "`a` has an `e` that is not base64url without padding"),
            ("e", json!(65537), "`a` has an `e` that is not base64url without padding"),
            ("d", json!("AQAB"), "`a` contains private key parameters"),
            (
                "key_ops",
                json!(["sign"]),
                "`a` has `key_ops` that allow neither verifying nor encrypting",
            ),
        ] {
            let mut key = key();
            key[member] = value;
            let told = parse([key]).why_none("usable signing key");
            assert_eq!(told, format!("it has no usable signing key: {why}"));
        }
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
            parse(keys).encryption_key().and_then(|key| key.kid()).map(str::to_owned)
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
            set.encryption_key().and_then(|key| key.wrap(default, &[7; 32])).map(|(alg, _)| alg)
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

    /// OpenSSL would refuse anything else, and so would each key holder, in its own way.
    #[test]
    fn only_a_number_below_the_modulus_can_have_been_encrypted() {
        let set = parse([key()]);
        let key = set.encryption_key().expect("it encrypts");
        let modulus = base64url_decode(N.as_bytes()).expect("base64url");
        let mut below = modulus.clone();
        *below.last_mut().expect("256 bytes") -= 1;
        assert!(key.may_have_encrypted(&below));
        assert!(!key.may_have_encrypted(&modulus));
        assert!(!key.may_have_encrypted(&below[1..]));
    }
}
