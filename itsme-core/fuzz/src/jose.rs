//! The layers of a token, each fuzzed from outside and from inside its protection.

use std::sync::{Arc, OnceLock};

use itsme_core::{
    PrivateKeys, UnixTime,
    internals::{
        ContentEncryption, Decryption, Direct, KeyEncryption, KeySet, MAX_TOKEN, SignatureCheck,
        Signer, check_id_token, decryption, encrypt, open, sign_compact, signing_key, verify,
    },
};
use serde_json::Value;

use super::input::Input;

const SECRET: &[u8] = b"a secret";
const NOW: UnixTime = UnixTime::from_secs(1_767_225_600);
const ISSUER: &str = "https://op.example/v2";
const CLIENT: &str = "TEST_CLIENT";
const NONCE: &str = "a nonce of the login";

/// One party that signs tokens and encrypts them to itself.
struct Keys {
    private: PrivateKeys,
    public: KeySet,
    direct: Arc<Direct>,
}

fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let private = itsme_testkit::private_keys();
        let public = KeySet::parse(private.public_jwks().as_bytes()).expect("a key set");
        Keys { private, public, direct: Arc::new(Direct::from_secret(SECRET)) }
    })
}

fn verify_with_each(jws: &str) {
    for check in [SignatureCheck::Hs256(SECRET), SignatureCheck::Rs256(&keys().public)] {
        let _ = verify(jws, check);
    }
}

fn open_with_each(jwe: &str) {
    let direct = Decryption::Direct(vec![Arc::clone(&keys().direct)]);
    for decryption in [direct, decryption(&keys().private)] {
        let _ = open(jwe, decryption, MAX_TOKEN);
    }
}

/// A JWS as given; then its first line as the header and the rest as the payload, validly signed.
pub fn jws(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    verify_with_each(&text);
    let (header, payload) = text.split_once('\n').unwrap_or(("{\"alg\":\"HS256\"}", &text));
    let jws = sign_compact(header, payload, Signer::Hs256(SECRET));
    if let Ok(verified) = verify(&jws, SignatureCheck::Hs256(SECRET)) {
        let read: Value = serde_json::from_str(payload).expect("claims are JSON");
        assert_eq!(read, Value::Object(verified.claims.into()));
        let header: Value = serde_json::from_str(header).expect("a header is JSON");
        assert_eq!(header["alg"], "HS256");
        assert!(header.get("crit").is_none() && header.get("b64").is_none());
    }
}

/// A JWE as given; then one around these bytes, first intact and then corrupted.
pub fn jwe(data: &[u8]) {
    open_with_each(&String::from_utf8_lossy(data));
    let mut input = Input::new(data);
    let flags = input.byte();
    let enc = [ContentEncryption::A128CbcHs256, ContentEncryption::A256Gcm][usize::from(flags & 1)];
    let alg = [KeyEncryption::RsaOaep, KeyEncryption::RsaOaep256][usize::from(flags >> 1 & 1)];
    let to = keys().public.encryption_key().expect("a key");
    let iv = [flags; 16];
    let mut changes = Input::new(input.line());
    let plaintext = input.rest();
    let jwe = encrypt(plaintext, to, alg, enc, &[flags; 32], &iv[..enc.iv()]).expect("encrypts");
    let opened = open(&jwe, decryption(&keys().private), usize::MAX);
    match std::str::from_utf8(plaintext) {
        Ok(text) => assert_eq!(opened.as_ref().map(|text| text.as_str()), Ok(text)),
        Err(_) => assert!(opened.is_err()),
    }
    let mut spoilt = jwe.clone().into_bytes();
    changes.spoil(&mut spoilt);
    let spoilt = String::from_utf8_lossy(&spoilt);
    if spoilt != jwe {
        assert!(open(&spoilt, decryption(&keys().private), usize::MAX).is_err());
    }
}

/// The first line as the JWS header and the rest as claims, signed and encrypted with a trusted key,
/// as an OP that has gone rogue could do.
pub fn nested(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Keys { private, public, .. } = keys();
    let (header, payload) = text.split_once('\n').unwrap_or(("{\"alg\":\"RS256\"}", &text));
    let jws = sign_compact(header, payload, Signer::Rs256(signing_key(private)));
    let to = public.encryption_key().expect("a key");
    let (alg, enc) = (KeyEncryption::RsaOaep256, ContentEncryption::A128CbcHs256);
    let jwe = encrypt(jws.as_bytes(), to, alg, enc, &[7; 32], &[9; 16]).expect("it encrypts");
    let Ok(inner) = open(&jwe, decryption(private), MAX_TOKEN) else { return };
    assert_eq!(*inner, jws);
    let Ok(verified) = verify(&inner, SignatureCheck::Rs256(public)) else { return };
    let claims = Value::Object(verified.claims.clone().into());
    let Ok(sub) = check_id_token(&verified.claims, (ISSUER, CLIENT, NONCE), NOW) else { return };
    assert_eq!((&claims["iss"], &claims["nonce"]), (&ISSUER.into(), &NONCE.into()));
    let audience = &claims["aud"];
    let ours = |audience: &Value| audience == CLIENT;
    assert!(ours(audience) || audience.as_array().is_some_and(|all| all.iter().any(ours)));
    let number = |name: &str| claims[name].as_f64().expect("it is a number");
    assert!(number("exp") > NOW.as_secs() as f64 - 60.0);
    assert!(number("iat") < NOW.as_secs() as f64 + 61.0);
    assert!(!sub.is_empty() && claims["sub"] == sub.as_str());
}

/// A key set. The part of it that is kept is the same after being written and read back, and every key can
/// be used.
pub fn key_set(data: &[u8]) {
    let Ok(set) = KeySet::parse(data) else { return };
    let stored = serde_json::to_string(&set).expect("a key set is JSON");
    let again = KeySet::parse(stored.as_bytes()).expect("what was stored is a key set");
    assert_eq!(serde_json::to_string(&again).expect("JSON"), stored);
    assert_eq!(set.can_verify(), again.can_verify());
    if let Some(key) = set.encryption_key() {
        let (alg, enc) = (KeyEncryption::RsaOaep, ContentEncryption::A256Gcm);
        let _ = encrypt(b"text", key, alg, enc, &[7; 32], &[9; 12]);
        assert_eq!(key.thumbprint().len(), 43);
    }
    let jws =
        sign_compact("{\"alg\":\"RS256\"}", "{}", Signer::Rs256(signing_key(&keys().private)));
    let _ = verify(&jws, SignatureCheck::Rs256(&set));
}
