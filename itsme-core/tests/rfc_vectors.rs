//! The examples of RFC 7515, 7516, 7518 and 7520 that use itsme's algorithms, each as far as it
//! applies: most of them protect prose, whereas our tokens contain claims.

use std::sync::Arc;

use itsme_core::{
    JoseError,
    internals::{
        ContentEncryption, Decryption, Direct, KeyEncryption, KeyHome, KeySet, MAX_TOKEN, OwnKey,
        RsaPrivateKey, SignatureCheck, Signer, base64url_decode, open, sign_compact, verify,
    },
};
use serde_json::{Value, json};

const CBC: ContentEncryption = ContentEncryption::A128CbcHs256;
const GCM: ContentEncryption = ContentEncryption::A256Gcm;

struct Example(Value);

impl Example {
    fn of(name: &str) -> Self {
        let file: Value =
            serde_json::from_str(include_str!("fixtures/rfc_vectors.json")).expect("JSON");
        Self(file[name].clone())
    }

    fn text(&self, member: &str) -> &str {
        self.0[member].as_str().expect(member)
    }

    fn bytes(&self, member: &str) -> Vec<u8> {
        base64url_decode(self.text(member)).expect("base64url")
    }

    fn content_key(&self) -> [u8; 32] {
        self.bytes("content_key").try_into().expect("32 bytes")
    }

    fn token(&self) -> &str {
        self.text("token")
    }

    fn part(&self, place: usize) -> Vec<u8> {
        base64url_decode(self.token().split('.').nth(place).expect("a part")).expect("base64url")
    }

    fn part_text(&self, place: usize) -> String {
        String::from_utf8(self.part(place)).expect("text")
    }

    fn public_keys(&self) -> KeySet {
        let mut key = self.0["key"].clone();
        key.as_object_mut().expect("a key").remove("d");
        KeySet::parse(json!({ "keys": [key] }).to_string().as_bytes()).expect("a key set")
    }

    fn private_key(&self) -> RsaPrivateKey {
        let jwk = serde_json::from_value(self.0["key"].clone()).expect("a JWK");
        RsaPrivateKey::from_jwk(&jwk).expect("a private key")
    }

    fn own_key(&self) -> Arc<OwnKey> {
        // The example of RFC 7516 does not name its key.
        let kid = self.0["key"]["kid"].as_str().unwrap_or("unnamed").to_owned();
        Arc::new(OwnKey { kid, home: KeyHome::Here(self.private_key()) })
    }

    fn decryption(&self) -> Decryption {
        Decryption::PrivateKeys(vec![self.own_key()])
    }

    /// Decrypts and encrypts the content of its token.
    fn content_is(&self, enc: ContentEncryption) {
        let aad = self.token().split('.').next().expect("a header").as_bytes();
        let (key, plaintext) = (&self.content_key(), self.text("plaintext").as_bytes());
        let [iv, ciphertext, tag] = [2, 3, 4].map(|place| self.part(place));
        let decrypted = enc.decrypt(key, &iv, aad, &ciphertext, &tag).expect("decrypts");
        assert_eq!(*decrypted, plaintext);
        let (made, made_tag) = enc.encrypt(key, &iv, aad, plaintext).expect("encrypts");
        assert_eq!((made, made_tag.to_vec()), (ciphertext, tag));
    }
}

/// RFC 7515 §A.1, §A.2.
#[test]
fn signed_claims() {
    let hs256 = Example::of("RFC 7515 A.1");
    let secret = hs256.bytes("k");
    let rs256 = Example::of("RFC 7515 A.2");
    let keys = rs256.public_keys();
    for (example, check) in
        [(&hs256, SignatureCheck::Hs256(&secret)), (&rs256, SignatureCheck::Rs256(&keys))]
    {
        let verified = verify(example.token(), check).expect("verifies");
        let claims =
            json!({ "iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true });
        assert_eq!(Value::Object(verified.claims.into()), claims);
        let other = example.token().replace("eyJpc3Mi", "eyJpc3Nj");
        assert!(verify(&other, check).is_err());
    }
}

/// RFC 7520 §4.1, §4.4: a validly signed sentence, refused because it is not claims. RS256 and
/// HS256 are deterministic, so ours must equal the RFC's.
#[test]
fn signed_prose() {
    let prose = Err(JoseError::Malformed { what: "it is not JSON" });
    let rs256 = Example::of("RFC 7520 4.1");
    let (own, keys) = (rs256.own_key(), rs256.public_keys());
    let hs256 = Example::of("RFC 7520 4.4");
    let secret = hs256.bytes("k");
    for (example, check, signer) in [
        (&rs256, SignatureCheck::Rs256(&keys), Signer::Rs256(&own)),
        (&hs256, SignatureCheck::Hs256(&secret), Signer::Hs256(&secret)),
    ] {
        let (header, payload) = (example.part_text(0), example.part_text(1));
        assert_eq!(verify(example.token(), check).map(drop), prose);
        assert_eq!(sign_compact(&header, &payload, signer), example.token());
        let other = example.token().replace(".SXTi", ".SXTj");
        assert_eq!(verify(&other, check).map(drop), Err(JoseError::Signature));
    }
}

/// RFC 7516 §A.1, RFC 7520 §5.2.
#[test]
fn rsa_oaep_and_a256gcm() {
    for example in ["RFC 7516 A.1", "RFC 7520 5.2"].map(Example::of) {
        let key = example.private_key();
        let content_key = key.decrypt(KeyEncryption::RsaOaep, &example.part(1));
        assert_eq!(content_key.expect("decrypts")[..], example.content_key());
        assert_eq!(key.decrypt(KeyEncryption::RsaOaep256, &example.part(1)), None);
        example.content_is(GCM);
        let opened = open(example.token(), example.decryption(), MAX_TOKEN).expect("opens");
        assert_eq!(*opened, example.text("plaintext"));
    }
}

/// RFC 7516 §A.3 uses a key encryption that itsme does not use; its content encryption is itsme's.
#[test]
fn a128cbc_hs256() {
    Example::of("RFC 7516 A.3").content_is(CBC);
}

/// RFC 7518 §B.1.
#[test]
fn a128cbc_hs256_alone() {
    let example = Example::of("RFC 7518 B.1");
    let (key, iv, aad) = (&example.content_key(), example.bytes("iv"), example.text("aad"));
    let plaintext = example.text("plaintext").as_bytes();
    let (ciphertext, tag) = CBC.encrypt(key, &iv, aad.as_bytes(), plaintext).expect("encrypts");
    assert_eq!((&ciphertext, tag.to_vec()), (&example.bytes("ciphertext"), example.bytes("tag")));
    let decrypted = CBC.decrypt(key, &iv, aad.as_bytes(), &ciphertext, &tag).expect("decrypts");
    assert_eq!(*decrypted, plaintext);
}

/// Examples with algorithms that itsme does not use, refused by name: RFC 7516 §A.3 (A128KW), RFC
/// 7520 §5.6 (`dir` with A128GCM) and §6 (PS256 in A128GCM).
#[test]
fn other_algorithms_are_refused() {
    let owner = Example::of("RFC 7520 5.2");
    let direct = Direct::from_secret(&Example::of("RFC 7520 5.6").bytes("k"));
    let nested = Example::of("RFC 7520 6");
    for (example, decryption, found) in [
        (&Example::of("RFC 7516 A.3"), owner.decryption(), "A128KW"),
        (&Example::of("RFC 7520 5.6"), Decryption::Direct(vec![Arc::new(direct)]), "A128GCM"),
        (&nested, owner.decryption(), "A128GCM"),
    ] {
        let refused = open(example.token(), decryption, MAX_TOKEN).map(drop);
        assert_eq!(refused, Err(JoseError::EncryptionAlgorithm { found: found.to_owned() }));
    }
    // Its RSA-OAEP is ours, but yields a content key that is too short for our encryptions.
    let content_key =
        owner.private_key().decrypt(KeyEncryption::RsaOaep, &nested.part(1)).expect("decrypts");
    assert_eq!(*content_key, nested.bytes("content_key"));
    let keys = nested.public_keys();
    let refused = verify(nested.text("plaintext"), SignatureCheck::Rs256(&keys)).map(drop);
    assert_eq!(refused, Err(JoseError::SignatureAlgorithm { found: "PS256".to_owned() }));
}
