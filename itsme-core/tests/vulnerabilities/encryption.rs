//! How a token is encrypted.

use std::sync::Arc;

use allocation_counter::measure;
use cpu_time::ThreadTime;
use itsme_core::{
    JoseError::{self, Decryption as Undecryptable, NotEncrypted, NotSigned},
    TokenError,
    internals::{
        ContentEncryption, Decryption, Direct, KeyEncryption, MAX_TOKEN, Signer, base64url,
        hmac_sha256, open, sha256, sign_compact, signing_key,
    },
};
use itsme_testkit::{CLIENT_SECRET, Document, Person, private_keys};
use openssl::rsa::Padding;
use serde_json::{Value, json};

use crate::{
    common::{Scene, TOKEN, flow_error},
    forge::*,
};

/// A few KB that inflate to many MB: CVE-2024-28176 (jose), CVE-2024-28180 (go-jose), CVE-2024-33664
/// (python-jose), CVE-2024-28122 (jwx), CVE-2025-63811 (jose2go).
#[test]
fn decompression_bombs() {
    // 40 MiB of zeros.
    let gzip = include_bytes!("../../../itsme-testkit/src/fixtures/zeros.gz");
    let bomb = &gzip[10..gzip.len() - 8];
    let error = refused(JoseError::Header { member: "zip" });
    for zip in [json!("DEF"), json!("def"), json!("GZIP"), json!(""), json!(["DEF"]), Value::Null] {
        let header = with(jwe(), "zip", zip.clone());
        let sealed = ContentEncryption::A128CbcHs256;
        let token = move |_: &str| {
            let header = base64url(header.to_string());
            let sealed = sealed.encrypt(&CONTENT_KEY, &[9; 16], header.as_bytes(), bomb);
            let (text, tag) = sealed.expect("it encrypts");
            let key = wrapped(KeyEncryption::RsaOaep256);
            compact(&[header.into_bytes(), key, vec![9; 16], text, tag.to_vec()])
        };
        let memory = measure(|| assert_eq!(fate(token), error));
        assert!(memory.bytes_max < 8 << 20, "{} bytes, including the OP's own", memory.bytes_max);
        let header = with(jws(), "zip", zip);
        assert_eq!(fate(move |claims| to_keys(&jwe(), &signed(&header, claims, "s1"))), error);
    }
    assert_eq!(fate(honest), Ok(()));
}

/// Tags of less than 16 bytes can be guessed: CVE-2025-54887 (jwe for Ruby).
#[test]
fn short_gcm_tags() {
    let gcm = || with(jwe(), "enc", json!("A256GCM"));
    let secret = || sha256(&[CLIENT_SECRET.as_bytes()]);
    for length in (0..16).chain([17, 32]) {
        let token = move |claims: &str| {
            let mut parts = parts_to_keys(&gcm(), &signed(&jws(), claims, "s1"));
            parts[4].resize(length, 0);
            compact(&parts)
        };
        assert_eq!(fate(token), refused(Undecryptable), "{length} bytes");
        let token = move |claims: &str| {
            let jws = signed(&jws(), claims, "s1");
            let mut parts = seal(&dir(), &secret(), Vec::new(), &jws);
            parts[4].resize(length, 0);
            compact(&parts)
        };
        assert_eq!(fate_at(direct, token), refused(Undecryptable), "{length} bytes");
    }
    let decryption =
        Decryption::Direct(vec![Arc::new(Direct::from_secret(CLIENT_SECRET.as_bytes()))]);
    let mut parts = seal(&dir(), &secret(), Vec::new(), "a.b.c");
    assert!(open(&compact(&parts), decryption.clone(), MAX_TOKEN).is_ok());
    for guess in 0..=255 {
        parts[4] = vec![guess];
        let opened = open(&compact(&parts), decryption.clone(), MAX_TOKEN);
        assert_eq!(opened.map(drop), Err(Undecryptable));
    }
    assert_eq!(fate(move |claims| to_keys(&gcm(), &signed(&jws(), claims, "s1"))), Ok(()));
    let honest = |claims: &str| to_secret(&dir(), &signed(&jws(), claims, "s1"));
    assert_eq!(fate_at(direct, honest), Ok(()));
}

/// Describes how a login continues after its ID token was changed like this.
fn told(
    header: Value,
    change: impl Fn(&mut Parts) + Clone + Send + 'static,
) -> (String, Vec<String>) {
    let mut scene = Scene::warm();
    forge(&mut scene, Document::IdToken, move |claims| {
        let mut parts = parts_to_keys(&header, &signed(&jws(), claims, "s1"));
        change(&mut parts);
        compact(&parts)
    });
    let result = scene.log_in();
    let asked = scene.op.asked().into_iter().map(str::to_owned).collect();
    match result {
        Ok(_) => ("logged in".to_owned(), asked),
        Err(_) => {
            let error = flow_error(result);
            (format!("{error} {error:?} {:?}", error.advice()), asked)
        }
    }
}

/// Nothing tells a forger which of the layers failed. Wrong padding under a valid tag requires a
/// sender who knows the content key; not even that one learns more.
#[test]
fn padding_oracles() {
    /// The tag of the changed parts.
    fn retag(parts: &mut Parts) {
        let [header, _, iv, text, tag] = parts;
        let bits = (header.len() as u64 * 8).to_be_bytes();
        *tag = hmac_sha256(&CONTENT_KEY[..16], &[header, iv, text, &bits])[..16].to_vec();
    }
    let changes: [fn(&mut Parts); 16] = [
        |[.., tag]| tag[0] ^= 1,
        |[.., tag]| tag.clear(),
        |[.., tag]| tag.push(0),
        |[.., text, _]| *text.last_mut().expect("a byte") ^= 1,
        |[.., text, _]| text.clear(),
        |[_, _, iv, ..]| iv[15] ^= 1,
        |[_, _, iv, ..]| iv.clear(),
        |[_, key, ..]| key[200] ^= 1,
        |[_, key, ..]| key.fill(0),
        |[_, key, ..]| key.fill(0xff),
        |[_, key, ..]| key.truncate(255),
        |[_, key, ..]| key.clear(),
        |parts| {
            // The last byte of the plaintext is now a letter of the signature.
            parts[3].truncate(parts[3].len() - 16);
            retag(parts);
        },
        |parts| {
            parts[3].clear();
            retag(parts);
        },
        |parts| {
            parts[3].pop();
            retag(parts);
        },
        |parts| {
            parts[2].truncate(8);
            retag(parts);
        },
    ];
    for header in [jwe(), without(jwe(), "kid"), with(jwe(), "kid", json!("nobody's"))] {
        let first = told(header.clone(), changes[0]);
        assert!(first.0.starts_with("the ID token failed verification: it "), "{}", first.0);
        assert_eq!(first.1, [TOKEN]);
        for (number, change) in changes.into_iter().enumerate() {
            assert_eq!(told(header.clone(), change), first, "change {number}");
        }
        assert_eq!(told(header, retag).0, "logged in");
    }
    assert!(told(jwe(), changes[0]).0.contains("it cannot be decrypted"));
}

/// RSA1_5 is an oracle by itself: CVE-2026-28490 (Authlib).
#[test]
fn bleichenbacher() {
    let wrapped_in_the_old_way = || {
        let jwks: Value = serde_json::from_str(&private_keys().public_jwks()).expect("JSON");
        let mut keys = jwks["keys"].as_array().expect("keys").iter();
        let key = rsa(keys.find(|key| key["kid"] == "rp-enc-1").expect("a key"));
        let mut out = vec![0; key.size() as usize];
        key.public_encrypt(&CONTENT_KEY, &mut out, Padding::PKCS1).expect("it encrypts");
        out
    };
    let old = move |header: Value| {
        move |claims: &str| {
            let jws = signed(&jws(), claims, "s1");
            compact(&seal(&header, &CONTENT_KEY, wrapped_in_the_old_way(), &jws))
        }
    };
    assert_eq!(fate(old(with(jwe(), "alg", json!("RSA1_5")))), encrypted_with("RSA1_5"));
    let nameless = with(without(jwe(), "kid"), "alg", json!("RSA1_5"));
    assert_eq!(fate(old(nameless)), encrypted_with("RSA1_5"));
    for alg in ["RSA-OAEP", "RSA-OAEP-256"] {
        assert_eq!(fate(old(with(jwe(), "alg", json!(alg)))), refused(Undecryptable));
    }
    assert_eq!(fate(honest), Ok(()));
}

/// The sender determines how long the reader hashes: CVE-2023-50966 (erlang-jose), CVE-2023-50967
/// (latchset jose), CVE-2023-52428 (Nimbus), CVE-2023-6681 (jwcrypto), CVE-2023-49290 (jwx).
#[test]
fn iteration_counts() {
    let begun = ThreadTime::now();
    for alg in ["PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW"] {
        for count in
            [json!(1), json!(2_147_483_647), json!(1e300), json!(-1), json!("9"), json!([])]
        {
            let header = with(with(jwe(), "alg", json!(alg)), "p2c", count);
            let header = with(header, "p2s", json!("AAAAAAAAAAA"));
            let token = move |claims: &str| to_keys(&header, &signed(&jws(), claims, "s1"));
            assert_eq!(fate(token.clone()), encrypted_with(alg));
            assert_eq!(fate_at(direct, token), encrypted_with(alg));
        }
    }
    assert!(begun.elapsed().as_secs() < 10, "{:?}, including the OP's own", begun.elapsed());
    let count_alone = with(jwe(), "p2c", json!(2_147_483_647));
    let token = move |claims: &str| to_keys(&count_alone, &signed(&jws(), claims, "s1"));
    assert_eq!(fate(token), Ok(()), "a meaningless member costs nothing");
}

/// A point on another curve reveals the private key if a reader computes with it. This library
/// computes with none, on any curve; no library is known to have fallen for it since 2023.
#[test]
fn elliptic_curves() {
    let off_curve = json!({ "kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ" });
    let unknown = json!({ "kty": "EC", "crv": "P-128", "x": "AQ", "y": "AQ" });
    let okp = json!({ "kty": "OKP", "crv": "X25519", "x": base64url([0; 32]) });
    for epk in [off_curve, unknown, okp, json!({}), json!("x"), Value::Null] {
        for alg in ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW", "ECDH-1PU"] {
            let header = with(with(jwe(), "alg", json!(alg)), "epk", epk.clone());
            let token = move |claims: &str| to_keys(&header, &signed(&jws(), claims, "s1"));
            assert_eq!(fate(token), encrypted_with(alg));
        }
    }
    for alg in ["ES256", "ES256K", "ES512", "EdDSA", "Ed25519"] {
        let token = move |claims: &str| {
            to_keys(&jwe(), &signed(&with(jws(), "alg", json!(alg)), claims, "s1"))
        };
        assert_eq!(fate(token), signed_with(alg));
    }
    let with_epk = with(jwe(), "epk", json!({ "crv": "P-256" }));
    let token = move |claims: &str| to_keys(&with_epk, &signed(&jws(), claims, "s1"));
    assert_eq!(fate(token), Ok(()));
}

/// The sender chooses a content or key encryption that was not agreed.
#[test]
fn weaker_encryption() {
    for enc in [
        "A128GCM",
        "A192GCM",
        "A192CBC-HS384",
        "A256CBC-HS512",
        "A128CBC",
        "a256gcm",
        "A256GCM ",
        "A128CTR",
        "none",
        "",
    ] {
        let token = move |claims: &str| {
            to_keys(&with(jwe(), "enc", json!(enc)), &signed(&jws(), claims, "s1"))
        };
        assert_eq!(fate(token), encrypted_with(enc));
        let token = move |claims: &str| {
            to_secret(&with(dir(), "enc", json!(enc)), &signed(&jws(), claims, "s1"))
        };
        assert_eq!(fate_at(direct, token), encrypted_with(enc));
    }
    for alg in ["RSA-OAEP-384", "RSA-OAEP-512", "rsa-oaep-256", "A128KW", "A256GCMKW", "dir", "RSA"]
    {
        let token = move |claims: &str| {
            to_keys(&with(jwe(), "alg", json!(alg)), &signed(&jws(), claims, "s1"))
        };
        assert_eq!(fate(token), encrypted_with(alg));
    }
    let cbc = |claims: &str| {
        to_secret(&with(dir(), "enc", json!("A128CBC-HS256")), &signed(&jws(), claims, "s1"))
    };
    assert_eq!(fate_at(direct, cbc), encrypted_with("A128CBC-HS256"), "only agreed with keys");
    let gcm = |claims: &str| {
        to_keys(&with(jwe(), "enc", json!("A256GCM")), &signed(&jws(), claims, "s1"))
    };
    assert_eq!(fate(gcm), Ok(()));
    assert_eq!(fate(honest), Ok(()));
}

/// A token that anyone could encrypt is taken for signed by the OP: CVE-2023-51774 (json-jwt),
/// CVE-2024-33531 (lua-resty-jwt), CVE-2026-29000 (pac4j).
#[test]
fn encrypted_is_not_signed() {
    let plain = r#"{"sub":"somebody"}"#;
    assert_eq!(fate(move |_| to_keys(&jwe(), plain)), refused(NotSigned));
    assert_eq!(fate(move |_| to_keys(&without(jwe(), "cty"), plain)), refused(NotSigned));
    assert_eq!(fate(|claims| to_keys(&jwe(), &honest(claims))), refused(NotSigned));
    let twice = |claims: &str| to_keys(&jwe(), &to_keys(&jwe(), claims));
    assert_eq!(fate(twice), refused(NotSigned));
    assert_eq!(fate(|claims| signed(&jws(), claims, "s1")), refused(NotEncrypted));
    let around =
        |claims: &str| signed(&with(jws(), "cty", json!("JWT")), &to_keys(&jwe(), claims), "s1");
    assert_eq!(fate(around), refused(NotEncrypted));
    let none = |claims: &str| to_keys(&jwe(), &unsigned(&json!({ "alg": "none" }), claims));
    assert_eq!(fate(none), signed_with("none"));
    // Encrypted to the verification key, or with it, which anyone can do.
    let n = op_jwk("s1")["n"].as_str().expect("text").to_owned();
    let symmetric =
        move |claims: &str| compact(&seal(&dir(), &sha256(&[n.as_bytes()]), Vec::new(), claims));
    assert_eq!(fate(symmetric.clone()), encrypted_with("dir"));
    assert_eq!(fate_at(direct, symmetric), refused(Undecryptable));
    assert_eq!(fate_at(direct, move |_| to_secret(&dir(), plain)), refused(NotSigned));
    assert_eq!(fate(honest), Ok(()));
}

/// A token that the OP or the client did sign, but for another purpose or person.
#[test]
fn one_kind_of_token_for_another() {
    let missing = |claim| Err(TokenError::Missing { claim });
    let said = |members: Value| move |_: &str| honest(&members.to_string());
    let iss = "https://op.example/v2";
    let about = json!({ "iss": iss, "aud": "TEST_CLIENT", "sub": "somebody" });
    let as_id_token = |members: Value| {
        let mut scene = Scene::warm();
        forge(&mut scene, Document::IdToken, said(members));
        log_in(&mut scene, Document::IdToken)
    };
    assert_eq!(as_id_token(about.clone()), missing("exp"), "a userinfo response");
    let until = json!({ "exp": 1_767_225_900, "iat": 1_767_225_600 });
    let timed = |mut members: Value| {
        members.as_object_mut().expect("claims").extend(until.as_object().expect("times").clone());
        members
    };
    assert_eq!(as_id_token(timed(about.clone())), missing("nonce"), "a logout or access token");
    let elsewhere = timed(with(about.clone(), "aud", json!("https://api.example")));
    assert_eq!(as_id_token(elsewhere), Err(TokenError::Audience), "an access token for an API");
    let as_userinfo = |members: Value| {
        let mut scene = Scene::warm();
        forge(&mut scene, Document::Userinfo, said(members));
        log_in(&mut scene, Document::Userinfo)
    };
    assert_eq!(
        as_userinfo(timed(about.clone())),
        Err(TokenError::Subject),
        "someone else's ID token"
    );
    let other = with(about, "aud", json!("ANOTHER_CLIENT"));
    let sub = Scene::new().op.sub_of(&Person::ann());
    assert_eq!(as_userinfo(with(other, "sub", json!(sub))), Err(TokenError::Audience));
    // A client assertion or a request object comes back.
    let ours = |claims: &str| {
        let header = json!({ "alg": "RS256", "kid": "rp-sig-1" }).to_string();
        let keys = private_keys();
        to_keys(&jwe(), &sign_compact(&header, claims, Signer::Rs256(signing_key(&keys))))
    };
    assert_eq!(fate(ours), unknown_key(Some("rp-sig-1")));
    assert_eq!(
        fate(|_| "8a6a0d1e-5a0f-4f0e-9d5e-000000000000".to_owned()),
        malformed("an encrypted token must have five parts"),
        "an access token"
    );
    assert_eq!(fate(honest), Ok(()));
}
