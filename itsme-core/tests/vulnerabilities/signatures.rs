//! Who signed a token, and how.

use itsme_core::{
    Client, ClientSecret, Environment, Error, JoseError, Settings, SettingsError,
    internals::{base64url, base64url_decode, sha256},
};
use itsme_testkit::{CLIENT_SECRET, Document, SECRET_CLIENT_ID};
use openssl::pkey::PKey;
use serde_json::{Value, json};

use crate::{
    common::{KEYS, Scene, TOKEN},
    forge::*,
};
use JoseError::{Decryption as Undecryptable, NotEncrypted, NotSigned, Signature};

/// HS256 keyed with the public key for RS256, in any form in which a program may hold it:
/// CVE-2023-48223 and CVE-2026-34950 (fast-jwt), CVE-2023-48238 (json-web-token), CVE-2024-33663
/// (python-jose), CVE-2024-37568 (Authlib), CVE-2024-54150 (cjwt), CVE-2026-22817 (hono).
#[test]
fn algorithm_confusion() {
    let public = public_jwk("s1");
    let pkcs1 = rsa(&public);
    let spki = PKey::from_rsa(pkcs1.clone()).expect("a key");
    let pem = spki.public_key_to_pem().expect("PEM");
    let text = String::from_utf8(pem.clone()).expect("PEM is text");
    let forms: Vec<Vec<u8>> = vec![
        pem,
        text.trim_end().into(),
        text.replace('\n', "\r\n").into(),
        format!(" \n{text}").into(),
        text.replace('\n', "").into(),
        pkcs1.public_key_to_pem_pkcs1().expect("PEM"),
        spki.public_key_to_der().expect("DER"),
        pkcs1.public_key_to_der_pkcs1().expect("DER"),
        public.to_string().into(),
        json!({ "keys": [&public] }).to_string().into(),
        pkcs1.n().to_vec(),
        public["n"].as_str().expect("text").into(),
        b"s1".into(),
    ];
    for key in forms {
        for alg in ["HS256", "HS384", "HS512"] {
            let key = key.clone();
            let header = with(jws(), "alg", json!(alg));
            let token = move |claims: &str| to_keys(&jwe(), &hmac_signed(&header, claims, &key));
            assert_eq!(fate(token), signed_with(alg));
        }
        let header = json!({ "alg": "HS256", "kid": "s1" });
        let token = move |claims: &str| to_secret(&dir(), &hmac_signed(&header, claims, &key));
        assert_eq!(fate_at(direct, token.clone()), signed_with("HS256"));
        assert_eq!(fate_at(hs256, token), refused(Signature));
    }
    let by_op = |claims: &str| to_secret(&dir(), &signed(&jws(), claims, "s1"));
    let by_secret = |claims: &str| {
        to_secret(
            &dir(),
            &hmac_signed(&json!({ "alg": "HS256" }), claims, CLIENT_SECRET.as_bytes()),
        )
    };
    assert_eq!(fate_at(hs256, by_op), signed_with("RS256"), "the other way round");
    assert_eq!(fate_at(direct, by_secret), signed_with("HS256"));
    assert_eq!(fate(honest), Ok(()));
    assert_eq!(fate_at(direct, by_op), Ok(()));
    assert_eq!(fate_at(hs256, by_secret), Ok(()));
}

/// A token that declares itself unsigned, however that is written: CVE-2026-28802 (Authlib) accepted
/// an empty signature, and CVE-2026-29000 (pac4j) accepted such a token once it was encrypted.
#[test]
fn unsigned_tokens() {
    for alg in ["none", "None", "NONE", "nOnE", "none ", " none", "n\u{43e}ne", "null", "", "rs256"]
    {
        let header = with(jws(), "alg", json!(alg));
        for payload in [unsigned, |header: &Value, claims: &str| signed(header, claims, "s1")] {
            let header = header.clone();
            let token = move |claims: &str| to_keys(&jwe(), &payload(&header, claims));
            assert_eq!(fate(token), signed_with(alg), "{alg}");
        }
        let header = with(jwe(), "alg", json!(alg));
        let token = move |claims: &str| to_keys(&header, &signed(&jws(), claims, "s1"));
        assert_eq!(fate(token), encrypted_with(alg), "{alg}");
    }
    let none = || json!({ "alg": "none" });
    assert_eq!(fate(move |claims| unsigned(&none(), claims)), refused(NotEncrypted));
    let ends_early =
        move |claims: &str| to_keys(&jwe(), unsigned(&none(), claims).trim_end_matches('.'));
    assert_eq!(fate(ends_early), refused(NotSigned));
    assert_eq!(fate(|claims| to_keys(&jwe(), &unsigned(&jws(), claims))), refused(Signature));
    let nul = |claims: &str| to_keys(&jwe(), &unsigned(&json!({ "alg": "none\0" }), claims));
    assert_eq!(fate(nul), signed_with("none "), "the NUL is not printed");
    assert_eq!(fate(honest), Ok(()));
}

/// A key that everyone knows, because it is empty, short, or not where it was looked for:
/// CVE-2026-45363 (ruby-jwt), CVE-2026-44351 (fast-jwt).
#[test]
fn empty_hmac_keys() {
    for secret in [ClientSecret::new(""), ClientSecret::new("").hs256()] {
        let environment = Environment::custom("https://op.example/v2");
        let error = Client::new(Settings::new("CLIENT", secret, environment)).expect_err("empty");
        assert!(matches!(error, Error::Settings(SettingsError::EmptyClientSecret)), "{error}");
    }
    let header = || json!({ "alg": "HS256" });
    let half = &CLIENT_SECRET[..CLIENT_SECRET.len() / 2];
    for key in ["", "\0", " ", "null", "undefined", "secret", SECRET_CLIENT_ID, half] {
        let token =
            move |claims: &str| to_secret(&dir(), &hmac_signed(&header(), claims, key.as_bytes()));
        assert_eq!(fate_at(hs256, token), refused(Signature), "{key:?}");
    }
    for length in [0, 1, 16, 31, 33, 64] {
        let token = move |claims: &str| {
            let jws = hmac_signed(&header(), claims, CLIENT_SECRET.as_bytes());
            let (message, mac) = jws.rsplit_once('.').expect("a signature");
            let mut mac = base64url_decode(mac).expect("base64url");
            mac.resize(length, 0);
            to_secret(&dir(), &format!("{message}.{}", base64url(mac)))
        };
        assert_eq!(fate_at(hs256, token), refused(Signature), "{length} bytes of the MAC");
    }
    let empty_key = move |claims: &str| {
        let jws = hmac_signed(&header(), claims, CLIENT_SECRET.as_bytes());
        compact(&seal(&dir(), &sha256(&[b""]), Vec::new(), &jws))
    };
    assert_eq!(fate_at(hs256, empty_key), refused(Undecryptable));
    let honest = move |claims: &str| {
        to_secret(&dir(), &hmac_signed(&header(), claims, CLIENT_SECRET.as_bytes()))
    };
    assert_eq!(fate_at(hs256, honest), Ok(()));
}

/// A token that contains the key to verify it with, or says where to fetch it: CVE-2025-24976
/// (Distribution), CVE-2026-27962 (Authlib), CVE-2024-21643 (IdentityModel for .NET).
#[test]
fn keys_in_headers() {
    let stranger = public_jwk("s2");
    let spki = PKey::from_rsa(rsa(&stranger)).expect("a key").public_key_to_der().expect("DER");
    let url = json!("https://evil.example/keys");
    for (member, value) in [
        ("jwk", stranger.clone()),
        ("jku", url.clone()),
        ("x5u", url),
        ("x5c", json!([openssl::base64::encode_block(&spki)])),
        ("x5t", json!("AAAA")),
        ("keys", json!([stranger])),
    ] {
        for (kid, error) in [
            (json!("s1"), refused(Signature)),
            (json!("s2"), unknown_key(Some("s2"))),
            (Value::Null, unknown_key(None)),
        ] {
            let header = with(json!({ "alg": "RS256" }), member, value.clone());
            let header = if kid.is_null() { header } else { with(header, "kid", kid) };
            let mut scene = Scene::warm();
            forge(&mut scene, Document::IdToken, move |claims| {
                to_keys(&jwe(), &signed(&header, claims, "s2"))
            });
            assert_eq!(log_in(&mut scene, Document::IdToken), error, "{member}");
            assert!(scene.op.asked().iter().all(|asked| [TOKEN, KEYS].contains(asked)), "{member}");
        }
        let member_of_both = move |claims: &str| {
            let [jwe, jws] = [jwe(), jws()].map(|header| with(header, member, value.clone()));
            to_keys(&jwe, &signed(&jws, claims, "s1"))
        };
        assert_eq!(fate(member_of_both), Ok(()), "{member} is not read");
    }
}

/// `crit` names what a reader must understand or refuse, but is ignored: CVE-2025-59420 (Authlib),
/// CVE-2026-32597 (PyJWT).
#[test]
fn critical_headers_that_nobody_understands() {
    let critical = [
        json!(["cnf"]),
        json!(["x", "exp"]),
        json!(["alg"]),
        json!(["b64"]),
        json!([]),
        json!([7]),
        json!("x"),
        Value::Null,
    ];
    for crit in critical {
        let extended = move |header| with(with(header, "x", json!(1)), "crit", crit.clone());
        let [jws_header, jwe_header] = [extended(jws()), extended(jwe())];
        let error = refused(JoseError::Header { member: "crit" });
        let inside = move |claims: &str| to_keys(&jwe(), &signed(&jws_header, claims, "s1"));
        assert_eq!(fate(inside), error);
        let outside = move |claims: &str| to_keys(&jwe_header, &signed(&jws(), claims, "s1"));
        assert_eq!(fate(outside), error);
    }
    let unencoded =
        |claims: &str| to_keys(&jwe(), &signed(&with(jws(), "b64", json!(false)), claims, "s1"));
    assert_eq!(fate(unencoded), refused(JoseError::Header { member: "b64" }));
    let uncritical = |claims: &str| {
        let [jwe, jws] = [jwe(), jws()].map(|header| with(header, "x", json!(1)));
        to_keys(&jwe, &signed(&jws, claims, "s1"))
    };
    assert_eq!(fate(uncritical), Ok(()));
}
