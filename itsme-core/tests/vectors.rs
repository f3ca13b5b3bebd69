//! Tokens made by other software (`fixtures/tokens.json`: Python's jwcrypto and cryptography): each
//! is accepted or refused as the file says, and no mutation of them causes a panic.

use std::sync::Arc;

use itsme_core::{
    JoseError, PrivateKeys, TokenError, UnixTime,
    internals::{
        ContentEncryption, Decryption, Direct, KeyEncryption, KeySet, MAX_TOKEN, Members,
        SignatureCheck, Signer, Verified, base64url, base64url_decode, check_id_token,
        check_userinfo, decryption, encrypt, open, sign_compact, sign_then_encrypt, signing_key,
        verify,
    },
};
use serde_json::{Map, Value, json};

struct Vectors {
    file: Value,
    keys: PrivateKeys,
    op_keys: KeySet,
    direct: Arc<Direct>,
}

impl Vectors {
    fn new() -> Self {
        let file: Value = serde_json::from_str(include_str!("fixtures/tokens.json")).expect("JSON");
        let secret = file["client_secret"].as_str().expect("a secret");
        Self {
            keys: PrivateKeys::from_json(&file["rp_private_jwks"].to_string()).expect("keys"),
            op_keys: KeySet::parse(file["op_public_jwks"].to_string().as_bytes()).expect("keys"),
            direct: Arc::new(Direct::from_secret(secret.as_bytes())),
            file,
        }
    }

    fn text(&self, name: &str) -> &str {
        self.file[name].as_str().expect("a text")
    }

    fn cases(&self) -> impl Iterator<Item = Case<'_>> {
        self.file["cases"].as_array().expect("cases").iter().map(|case| Case {
            vectors: self,
            name: case["name"].as_str().expect("a name"),
            profile: case["profile"].as_str().expect("a profile"),
            kind: case["kind"].as_str().expect("a kind"),
            expect: case["expect"].as_str().expect("an expectation"),
            token: case["token"].as_str().expect("a token"),
            sub: case["sub"].as_str().unwrap_or_default(),
        })
    }
}

#[derive(Clone, Copy)]
struct Case<'a> {
    vectors: &'a Vectors,
    name: &'a str,
    profile: &'a str,
    kind: &'a str,
    expect: &'a str,
    token: &'a str,
    sub: &'a str,
}

impl<'a> Case<'a> {
    fn decryption(&self) -> Decryption {
        match self.profile {
            "private_key" => decryption(&self.vectors.keys),
            _ => Decryption::Direct(vec![Arc::clone(&self.vectors.direct)]),
        }
    }

    fn signature_check(&self) -> SignatureCheck<'a> {
        match self.profile {
            "client_secret_hs256" => {
                SignatureCheck::Hs256(self.vectors.text("client_secret").as_bytes())
            }
            _ => SignatureCheck::Rs256(&self.vectors.op_keys),
        }
    }

    /// Takes a token all the way, as a login does.
    fn judge(&self, token: &str) -> Result<(), TokenError> {
        let inner = open(token, self.decryption(), MAX_TOKEN)?;
        let Verified { claims, .. } = verify(&inner, self.signature_check())?;
        self.judge_claims(&claims)
    }

    fn judge_claims(&self, claims: &Members) -> Result<(), TokenError> {
        let v = self.vectors;
        let (issuer, client_id) = (v.text("issuer"), v.text("client_id"));
        let now = UnixTime::from_secs(v.file["now"].as_u64().expect("a time"));
        match self.kind {
            "id_token" => {
                check_id_token(claims, (issuer, client_id, v.text("nonce")), now).map(drop)
            }
            _ => check_userinfo(claims, (issuer, client_id, self.sub), now),
        }
    }
}

#[test]
fn each_token_is_judged_as_the_file_says() {
    let vectors = Vectors::new();
    let (mut accepted, mut refused) = (0, 0);
    for case in vectors.cases() {
        let verdict = case.judge(case.token);
        match case.expect {
            "accept" => {
                assert_eq!(verdict, Ok(()), "{}", case.name);
                accepted += 1;
            }
            "reject" => {
                assert!(verdict.is_err(), "{} was accepted", case.name);
                refused += 1;
            }
            other => panic!("{}: unknown expectation {other:?}", case.name),
        }
    }
    assert_eq!((accepted, refused), (10, 29));
}

/// Refused for the right reason: a check that refuses everything would pass the test above.
#[test]
fn each_refusal_names_its_reason() {
    use JoseError::*;
    use TokenError::*;
    let vectors = Vectors::new();
    let reason = |name: &str| {
        let case = vectors.cases().find(|case| case.name == name).expect(name);
        case.judge(case.token).expect_err(name)
    };
    let unknown = |alg: &str| Jose(EncryptionAlgorithm { found: alg.to_owned() });
    for (name, expected) in [
        ("userinfo of another subject", Subject),
        ("userinfo signed, not encrypted", Jose(NotEncrypted)),
        ("wrong issuer", Issuer),
        ("other audience", Audience),
        ("expired an hour ago", Expired),
        ("issued an hour in the future", IssuedInFuture),
        ("nbf an hour in the future", NotYetValid),
        ("other nonce", Nonce),
        ("no nonce", Missing { claim: "nonce" }),
        ("no sub", Missing { claim: "sub" }),
        ("signature damaged", Jose(Signature)),
        ("payload changed after signing", Jose(Signature)),
        ("signed by another key under the OP's kid", Jose(Signature)),
        ("alg none", Jose(SignatureAlgorithm { found: "none".into() })),
        (
            "HS256 keyed with the OP's public key",
            Jose(SignatureAlgorithm { found: "HS256".into() }),
        ),
        ("signed, not encrypted", Jose(NotEncrypted)),
        ("encrypted to somebody else under our kid", Jose(Decryption)),
        ("RSA1_5", unknown("RSA1_5")),
        ("ciphertext damaged", Jose(Decryption)),
        ("tag damaged", Jose(Decryption)),
        ("zip DEF, honest", Jose(Header { member: "zip" })),
        ("crit in the JWE header", Jose(Header { member: "crit" })),
        ("empty IV", Jose(Decryption)),
        ("12-octet IV with CBC", Jose(Decryption)),
        ("dir: tag of 12 octets", Jose(Decryption)),
        ("dir: empty IV", Jose(Decryption)),
        (
            "dir: HS256 inside where RS256 was agreed",
            Jose(SignatureAlgorithm { found: "HS256".into() }),
        ),
    ] {
        assert_eq!(reason(name), expected, "{name}");
    }
}

/// Each of the first and last 40 bytes of each part, changed in two ways: nothing panics, and no
/// changed token is accepted.
#[test]
fn changed_tokens_are_refused_without_panic() {
    let vectors = Vectors::new();
    for case in vectors.cases() {
        let mut start = 0;
        for part in case.token.split('.') {
            let end = start + part.len();
            let edges = (start..end).filter(|&at| at < start + 40 || at + 40 >= end);
            for at in edges {
                let byte = case.token.as_bytes()[at];
                for change in [byte ^ 1, if byte == b'A' { b'B' } else { b'A' }] {
                    let mut token = case.token.as_bytes().to_vec();
                    token[at] = change;
                    let token = String::from_utf8(token).expect("ASCII");
                    let verdict = case.judge(&token);
                    assert!(verdict.is_err(), "{}: byte {at} changed", case.name);
                }
            }
            start = end + 1;
        }
    }
}

#[test]
fn a_token_has_so_many_characters() {
    let vectors = Vectors::new();
    let case = vectors.cases().next().expect("a case");
    let length = case.token.len();
    assert!(open(case.token, case.decryption(), length).is_ok());
    let limit = length - 1;
    let too_large = open(case.token, case.decryption(), limit).map(drop);
    assert_eq!(too_large, Err(JoseError::TooLarge { limit }));
}

#[test]
fn truncated_tokens_are_refused_without_panic() {
    let vectors = Vectors::new();
    for case in vectors.cases() {
        for length in 0..case.token.len() {
            let verdict = case.judge(&case.token[..length]);
            assert!(verdict.is_err(), "{}: {length} bytes", case.name);
        }
    }
}

/// What an OP that has gone mad could sign and encrypt: headers and claims of every wrong type.
#[test]
fn inner_changes_signed_and_encrypted_again_do_not_panic() {
    let vectors = Vectors::new();
    let case = vectors.cases().next().expect("a first case");
    let good = honest_claims(&case);
    let resealed = Resealed::new(&vectors);
    assert_eq!(resealed.judge(&case, &good), Ok(()), "the honest claims pass");

    let odd = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(9_223_372_036_854_775_808_u64),
        json!(1_700_000_000_000_u64),
        json!(""),
        json!("1700000300"),
        json!("x".repeat(10_000)),
        json!([]),
        json!([null]),
        json!(["VECTOR_CLIENT", 7]),
        json!({}),
    ];
    for claim in ["iss", "sub", "aud", "exp", "iat", "nonce"] {
        let mut without = good.clone();
        without.remove(claim);
        assert!(resealed.judge(&case, &without).is_err(), "without {claim}");
        for value in &odd {
            let mut claims = good.clone();
            claims.insert(claim.to_owned(), value.clone());
            let verdict = resealed.judge(&case, &claims);
            let harmless = claim == "sub"
                && value.as_str().is_some_and(|text| (1..=255).contains(&text.len()));
            assert_eq!(verdict.is_ok(), harmless, "{claim} = {value:.40}");
        }
    }
    for claim in ["nbf", "azp", "at_hash", "acr", "auth_time"] {
        for value in &odd {
            let mut claims = good.clone();
            claims.insert(claim.to_owned(), value.clone());
            let verdict = resealed.judge(&case, &claims);
            let harmless = match claim {
                // Nothing was requested of them.
                "acr" | "auth_time" => true,
                "azp" => value == "",
                "nbf" => value.as_f64().is_some_and(|nbf| (0.0..2.0).contains(&nbf)),
                _ => false,
            };
            let harmless = harmless || value.is_null();
            assert_eq!(verdict.is_ok(), harmless, "{claim} = {value:.40}");
        }
    }
}

#[test]
fn inner_headers_and_texts_of_every_wrong_kind_do_not_panic() {
    let vectors = Vectors::new();
    let case = vectors.cases().next().expect("a first case");
    let resealed = Resealed::new(&vectors);
    let good = Value::Object(honest_claims(&case)).to_string();
    let jws = resealed.sign(HEADER, &good);
    assert_eq!(resealed.judge_inner(&case, &jws), Ok(()), "an honest header passes");
    for header in [
        "",
        "{",
        "[]",
        "null",
        r#"{"alg":"RS256","alg":"RS256","kid":"own"}"#,
        r#"{"alg":"RS256","kid":"own","x":1,"x":2}"#,
        r#"{"alg":"RS256","kid":"own","crit":[]}"#,
        r#"{"alg":"RS256","kid":"own","crit":["b64"],"b64":false}"#,
        r#"{"alg":"RS256","kid":"own","b64":false}"#,
        r#"{"alg":"RS256","kid":"own","zip":"DEF"}"#,
        r#"{"alg":"RS256","kid":"own","cty":"text"}"#,
        r#"{"alg":"RS256","kid":7}"#,
        r#"{"alg":["RS256"],"kid":"own"}"#,
        r#"{"alg":"RS512","kid":"own"}"#,
        r#"{"alg":"rs256","kid":"own"}"#,
        r#"{"alg":"none","kid":"own"}"#,
        r#"{"alg":"RS256","kid":"other"}"#,
        r#"{"kid":"own"}"#,
    ] {
        let jws = resealed.sign(header, &good);
        assert!(resealed.judge_inner(&case, &jws).is_err(), "{header}");
    }
    // The largest header, 4096 characters as written, and one byte more.
    let padded = |length: usize| {
        let mut header = json!({ "alg": "RS256", "kid": "own", "pad": "" });
        header["pad"] = "x".repeat(length - header.to_string().len()).into();
        resealed.judge_inner(&case, &resealed.sign(&header.to_string(), &good))
    };
    assert_eq!(padded(3072), Ok(()));
    assert_eq!(padded(3073), Err(TokenError::Jose(JoseError::TooLarge { limit: 4096 })));
    for payload in ["", "null", "7", "[]", "{", "{}", r#"{"sub":1,"sub":2}"#, "\u{fffd}", "[[[[[["]
    {
        let jws = resealed.sign(HEADER, payload);
        assert!(resealed.judge_inner(&case, &jws).is_err(), "{payload}");
    }
    let duplicate = good.replacen('{', r#"{"sub":"x","#, 1);
    let jws = resealed.sign(HEADER, &duplicate);
    assert!(resealed.judge_inner(&case, &jws).is_err(), "duplicate sub");
    for inner in ["", ".", "..", "...", "....", "a.b.c", "\u{0}", &seal(&jws, &resealed.keys)] {
        assert!(resealed.judge_inner(&case, inner).is_err(), "{inner:.20}");
    }
}

/// The JWE header's `kid` is one of ours; without one, our keys are tried.
#[test]
fn the_encryption_key_may_go_unnamed() {
    let vectors = Vectors::new();
    let case = vectors.cases().next().expect("a first case");
    let [header, rest] = case.token.splitn(2, '.').collect::<Vec<_>>()[..] else { panic!("parts") };
    let text = String::from_utf8(base64url_decode(header).expect("base64url")).expect("JSON");
    assert!(text.contains("rp-enc-2"));
    let other = base64url(text.replace("rp-enc-2", "rp-enc-9"));
    assert_eq!(
        case.judge(&format!("{other}.{rest}")),
        Err(TokenError::Jose(JoseError::UnknownDecryptionKey {
            kid: Some("rp-enc-9".into()),
            ours: vec!["rp-enc-2".into(), "rp-enc-1".into()],
        }))
    );
    // If a key is published without a `kid`, the header has none.
    let resealed = Resealed::new(&vectors);
    let jws = resealed.sign(HEADER, &Value::Object(honest_claims(&case)).to_string());
    let unnamed = seal(&jws, &resealed.unnamed_keys);
    let header = unnamed.split('.').next().and_then(|header| base64url_decode(header).ok());
    assert!(!String::from_utf8(header.expect("base64url")).expect("text").contains("kid"));
    assert_eq!(resealed.judge_token(&case, &unnamed), Ok(()));
}

/// A signature may also lack a `kid`: each of the OP's keys is tried, and if none fits, it may be
/// one that was published since.
#[test]
fn the_signing_key_may_go_unnamed() {
    let vectors = Vectors::new();
    let case = vectors.cases().next().expect("a first case");
    let mut resealed = Resealed::new(&vectors);
    let claims = Value::Object(honest_claims(&case)).to_string();
    let jws = resealed.sign(r#"{"alg":"RS256"}"#, &claims);
    assert_eq!(resealed.judge_inner(&case, &jws), Ok(()));
    let target = Resealed::new(&vectors).keys;
    resealed.keys =
        KeySet::parse(vectors.file["op_public_jwks"].to_string().as_bytes()).expect("keys");
    let verdict = resealed.judge_token(&case, &seal(&jws, &target));
    let published = vec!["s1".into(), "s2".into()];
    let unknown = JoseError::UnknownSigningKey { kid: None, published };
    assert_eq!(verdict, Err(TokenError::Jose(unknown)));
}

fn honest_claims(case: &Case<'_>) -> Map<String, Value> {
    let inner = open(case.token, case.decryption(), MAX_TOKEN).expect("opens");
    verify(&inner, case.signature_check()).expect("verifies").claims.into()
}

/// Signs with the client's own key instead of the OP's, under the `kid` `own`, and encrypts to the
/// client's own key.
struct Resealed<'a> {
    vectors: &'a Vectors,
    keys: KeySet,
    unnamed_keys: KeySet,
}

impl<'a> Resealed<'a> {
    fn new(vectors: &'a Vectors) -> Self {
        let mut jwks: Value = serde_json::from_str(&vectors.keys.public_jwks()).expect("JSON");
        let keys = jwks["keys"].as_array_mut().expect("keys");
        keys.iter_mut().filter(|key| key["use"] == "sig").for_each(|key| key["kid"] = "own".into());
        let keys = KeySet::parse(jwks.to_string().as_bytes()).expect("keys");
        for key in jwks["keys"].as_array_mut().expect("keys") {
            key.as_object_mut().expect("a key").remove("kid");
        }
        let unnamed_keys = KeySet::parse(jwks.to_string().as_bytes()).expect("keys");
        Self { vectors, keys, unnamed_keys }
    }

    fn sign(&self, header: &str, payload: &str) -> String {
        sign_compact(header, payload, Signer::Rs256(signing_key(&self.vectors.keys)))
    }

    fn judge(&self, case: &Case<'_>, claims: &Map<String, Value>) -> Result<(), TokenError> {
        let claims = Value::Object(claims.clone()).to_string();
        self.judge_inner(case, &self.sign(HEADER, &claims))
    }

    fn judge_inner(&self, case: &Case<'_>, inner: &str) -> Result<(), TokenError> {
        self.judge_token(case, &seal(inner, &self.keys))
    }

    fn judge_token(&self, case: &Case<'_>, token: &str) -> Result<(), TokenError> {
        let inner = open(token, decryption(&self.vectors.keys), MAX_TOKEN)?;
        let Verified { claims, .. } = verify(&inner, SignatureCheck::Rs256(&self.keys))?;
        case.judge_claims(&claims)
    }
}

const HEADER: &str = r#"{"alg":"RS256","kid":"own"}"#;

fn seal(inner: &str, to: &KeySet) -> String {
    let to = to.encryption_key().expect("an encryption key");
    let (alg, enc) = (KeyEncryption::RsaOaep256, ContentEncryption::A128CbcHs256);
    encrypt(inner.as_bytes(), to, alg, enc, &[7; 32], &[9; 16]).expect("encrypts")
}

#[test]
fn both_content_encryptions_and_both_key_encryptions_make_a_round_trip() {
    let vectors = Vectors::new();
    let resealed = Resealed::new(&vectors);
    let to = resealed.keys.encryption_key().expect("a key");
    for alg in [KeyEncryption::RsaOaep, KeyEncryption::RsaOaep256] {
        for enc in [ContentEncryption::A128CbcHs256, ContentEncryption::A256Gcm] {
            let claims = json!({ "a": alg.name(), "e": enc.name() });
            let token = sign_then_encrypt(
                &claims,
                Signer::Rs256(signing_key(&vectors.keys)),
                to,
                alg,
                enc,
                |buf| buf.fill(7),
            );
            let inner = open(&token, decryption(&vectors.keys), MAX_TOKEN).expect("opens");
            assert_eq!(inner.split('.').count(), 3);
        }
    }
}
