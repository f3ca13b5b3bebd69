//! What can be wrong with input, whoever made it.

use allocation_counter::measure;
use cpu_time::ThreadTime;
use itsme_core::{
    AuthorizationRequest, Callback, CallbackError, Claim, Error, JoseError, MetadataError,
    TokenError,
    internals::{MAX_TOKEN, base64url, decryption, open},
};
use itsme_testkit::{Document, Person, Reaction, SERVICE, private_keys};
use serde_json::{Value, json};

use crate::{
    common::{Scene, TOKEN, flow_error, id_token_error},
    forge::*,
};

const NO_ALG: &str = "a header has no `alg`";
const NO_TEXT: &str = "a header member that must be a string has a different type";
const NOT_BASE64URL: &str = "a part is not base64url";

/// A token that a parser was not prepared for ends the process: CVE-2024-21664 (jwx), CVE-2026-34986
/// (go-jose).
#[test]
fn malformed_tokens() {
    for header in [jwe as fn() -> Value, jws] {
        let token = move |changed: Value, claims: &str| {
            if header()["enc"].is_null() {
                to_keys(&jwe(), &signed(&changed, claims, "s1"))
            } else {
                to_keys(&changed, &signed(&jws(), claims, "s1"))
            }
        };
        for member in header().as_object().expect("members").keys() {
            for value in [json!(7), json!(true), json!(["JWT"]), json!({ "x": 1 })] {
                let changed = with(header(), member, value);
                assert_eq!(fate(move |claims| token(changed.clone(), claims)), malformed(NO_TEXT));
            }
            let expected = match member.as_str() {
                "alg" => malformed(NO_ALG),
                "enc" => malformed("an encrypted token's header has no `enc`"),
                _ => Ok(()),
            };
            let changed = without(header(), member);
            assert_eq!(fate(move |claims| token(changed.clone(), claims)), expected, "{member}");
        }
        assert_eq!(fate(move |claims| token(json!({}), claims)), malformed(NO_ALG));
        for list in [json!([]), json!("JWT"), json!(7), Value::Null] {
            let error = malformed("it is JSON, but not an object");
            assert_eq!(fate(move |claims| token(list.clone(), claims)), error);
        }
    }
    // Each part of each layer, with characters outside base64url, or an incomplete byte.
    for (layer, parts) in [("JWE", 5), ("JWS", 3)] {
        for place in 0..parts {
            for text in ["A", "AA==", "+/+/", "A A", "\u{e4}\u{e4}", "%41", "\0\0\0\0", "A\nA"] {
                let replaced = move |token: String| {
                    let mut parts: Vec<&str> = token.split('.').collect();
                    parts[place] = text;
                    parts.join(".")
                };
                let token = move |claims: &str| match layer {
                    "JWE" => replaced(honest(claims)),
                    _ => to_keys(&jwe(), &replaced(signed(&jws(), claims, "s1"))),
                };
                let what = if place == 0 { "a header is not base64url" } else { NOT_BASE64URL };
                // The signature covers the payload as written, and is checked first.
                let error = match (layer, place) {
                    ("JWS", 1) => refused(JoseError::Signature),
                    _ => malformed(what),
                };
                assert_eq!(fate(token), error, "{layer} {place} {text:?}");
            }
        }
    }
    for (text, what) in [
        ("", "the JSON is truncated"),
        ("AAAA", "it is not JSON"),
        ("e30", NO_ALG),
        ("77u_e30", NO_ALG),
        ("eyJhbGciOiJSUzI1NiJ9e30", "it is not JSON"),
    ] {
        let token = move |claims: &str| {
            format!("{text}{}", honest(claims).trim_start_matches(|c| c != '.'))
        };
        assert_eq!(fate(token), malformed(what), "{text}");
    }
    let five = malformed("an encrypted token must have five parts");
    for token in [".", "...", ".....", "a", "\u{202e}", "null", "{\"protected\":\"\"}"] {
        assert_eq!(fate(move |_| token.to_owned()), five, "{token}");
    }
    assert_eq!(fate(|_| "..".to_owned()), refused(JoseError::NotEncrypted));
    for answer in [Value::Null, json!(7), json!([]), json!({ "x": 1 }), json!("")] {
        let mut scene = Scene::warm();
        scene.op.alter(Document::TokenAnswer, move |members| {
            drop(members.insert("id_token".into(), answer.clone()));
        });
        let error = flow_error(scene.log_in());
        assert!(matches!(&error, Error::Malformed { what, .. } if what == "it has no `id_token`"));
    }
    assert_eq!(fate(honest), Ok(()));
}

/// Input that is cheap to send and expensive to read: CVE-2025-27144 (go-jose), CVE-2025-30204
/// (golang-jwt) and CVE-2025-22868 (golang.org/x/oauth2) for dots, CVE-2025-53864 (Nimbus) for
/// nesting, CVE-2025-61920 (Authlib) for long headers.
#[test]
fn deep_and_huge_input() {
    let begun = ThreadTime::now();
    let too_large = refused(JoseError::TooLarge { limit: MAX_TOKEN });
    for text in [".", "a.", "=", "\u{e4}"] {
        let token = text.repeat(900_000 / text.len());
        let memory = measure(|| assert_eq!(fate(move |_| token.clone()), too_large));
        assert!(memory.bytes_max < 32 << 20, "{} bytes, including the OP's own", memory.bytes_max);
    }
    // Even without the limit, dots cost no more than a copy of them.
    let dots = ".".repeat(10 << 20);
    let memory = measure(|| {
        let error = open(&dots, decryption(&private_keys()), usize::MAX).map(drop);
        assert_eq!(
            error,
            Err(JoseError::Malformed { what: "an encrypted token must have five parts" })
        );
    });
    assert!(memory.bytes_max < 11 << 20, "{} bytes", memory.bytes_max);
    let long = json!("x".repeat(4096));
    for (jwe, jws) in [(with(jwe(), "x", long.clone()), jws()), (jwe(), with(jws(), "x", long))] {
        let token = move |claims: &str| to_keys(&jwe, &signed(&jws, claims, "s1"));
        assert_eq!(fate(token), refused(JoseError::TooLarge { limit: 4096 }));
    }
    let saying = |text: String| {
        move |claims: &str| {
            let payload = format!("{{{text},{}", &claims[1..]);
            to_keys(&jwe(), &signed(&jws(), &payload, "s1"))
        }
    };
    let nested = |depth: usize, open: &str, close: &str| {
        saying(format!("\"x\":{}0{}", open.repeat(depth), close.repeat(depth)))
    };
    for (open, close) in [("[", "]"), ("{\"x\":", "}")] {
        assert_eq!(fate(nested(100, open, close)), Ok(()), "deep, but not too deep");
        for depth in [200, 5000] {
            assert_eq!(fate(nested(depth, open, close)), malformed("it is not JSON"));
        }
    }
    let twice = malformed("a JSON member appears twice");
    let members: Vec<String> = (0..2000).map(|number| format!("\"{number}\":0")).collect();
    assert_eq!(fate(saying(members.join(","))), Ok(()), "many members");
    assert_eq!(fate(saying(format!("{},\"7\":0", members.join(",")))), twice);
    for text in
        [r#""sub":"x""#, r#""s\u0075b":"x""#, r#""x":{"y":1,"\u0079":2}"#, r#""x":[{"":0,"":0}]"#]
    {
        assert_eq!(fate(saying(text.to_owned())), twice, "{text}");
    }
    let header_twice = |claims: &str| {
        let header = r#"{"alg":"RS256","kid":"s1","kid":"s2"}"#;
        let jws = signed(&jws(), claims, "s1");
        to_keys(&jwe(), &format!("{}.{}", base64url(header), jws.split_once('.').expect("parts").1))
    };
    assert_eq!(fate(header_twice), twice);
    // If it may contain a photo, a token can be larger; then its values are counted.
    let mut scene = Scene::warm();
    forge(&mut scene, Document::IdToken, saying(format!("\"x\":[{}0]", "0,".repeat(50_000))));
    let login = AuthorizationRequest::login(SERVICE).claim(Claim::Photo);
    let error = Err(id_token_error(scene.log_in_for(login)));
    assert_eq!(error, malformed("it has more than 50,000 values"));
    for path in ["/.well-known/openid-configuration", "/jwkSet", "/token"] {
        for body in
            [format!("{{\"x\":{}", "[".repeat(900_000)), "[".repeat(900_000), " ".repeat(2 << 20)]
        {
            let mut scene = Scene::new();
            let answer = http::Response::builder().header("content-type", "application/json");
            let answer = answer.body(body.into_bytes()).expect("a response");
            scene.op.react(path, Reaction::Reply(answer));
            let result = scene.play(scene.client.refresh());
            let error = flow_error(result.map(drop).and_then(|()| scene.log_in().map(drop)));
            let refused = matches!(error, Error::Malformed { .. } | Error::UnexpectedReply(_));
            assert!(refused, "{error}");
            assert!(scene.log_in_if_possible(), "none of it is kept");
        }
    }
    assert!(begun.elapsed().as_secs() < 20, "{:?}, including the OP's own", begun.elapsed());
}

/// A claim of another type passes where its type is not checked, or another text where it is only
/// searched: CVE-2025-30144 (fast-jwt), CVE-2024-53861 (PyJWT).
#[test]
fn wrong_claim_types() {
    const ISSUER: &str = "https://op.example/v2";
    let wrong = |claim| Err(TokenError::Claim { claim });
    for (claim, right) in [
        ("iss", json!(ISSUER)),
        ("sub", json!("x")),
        ("nonce", json!("x")),
        ("at_hash", json!("x")),
    ] {
        for value in [json!([right]), json!([right, "https://evil.example"]), json!({ "0": right })]
        {
            assert_eq!(claiming(claim, value), wrong(claim), "{claim}");
        }
        assert_eq!(claiming(claim, json!(true)), wrong(claim), "{claim}");
        assert_eq!(claiming(claim, json!(0)), wrong(claim), "{claim}");
    }
    for part in ["https", "https://op.example", "https://op.example/v2/", "op.example/v2", "", "*"]
    {
        assert_eq!(claiming("iss", json!(part)), Err(TokenError::Issuer), "{part:?}");
    }
    for value in [json!([["TEST_CLIENT"]]), json!({ "TEST_CLIENT": 1 }), json!(true), json!([7])] {
        assert_eq!(claiming("aud", value), wrong("aud"));
    }
    for part in ["", "TEST", "TEST_CLIENT ", "test_client", "TEST_CLIENT,OTHER", "*"] {
        assert_eq!(claiming("aud", json!(part)), Err(TokenError::Audience), "{part:?}");
        assert_eq!(claiming("aud", json!([part])), Err(TokenError::Audience), "{part:?}");
    }
    for claim in ["exp", "iat", "nbf"] {
        let times =
            [json!("4102444800"), json!([4_102_444_800_u64]), json!(true), json!({}), json!(1e20)];
        for value in times.into_iter().chain([json!(-1), json!(""), json!(u64::MAX)]) {
            assert_eq!(claiming(claim, value.clone()), wrong(claim), "{claim} {value}");
        }
    }
    assert_eq!(claiming("iss", json!(ISSUER)), Ok(()));
    assert_eq!(claiming("aud", json!(["TEST_CLIENT"])), Ok(()));
}

/// The `nonce` is sent, but not compared: CVE-2024-10318 (NGINX's OpenID Connect reference).
#[test]
fn nonces_that_nobody_compares() {
    assert_eq!(
        saying(|claims| drop(claims.remove("nonce"))),
        Err(TokenError::Missing { claim: "nonce" })
    );
    let changes: [fn(&str) -> String; 6] = [
        |_| String::new(),
        |_| "a nonce of another login".to_owned(),
        |nonce| nonce[..nonce.len() - 1].to_owned(),
        |nonce| format!("{nonce} "),
        |nonce| nonce.to_ascii_uppercase(),
        |nonce| format!("{nonce}\0"),
    ];
    for change in changes {
        let nonce = saying(move |claims| {
            let changed = change(claims["nonce"].as_str().expect("a nonce"));
            claims["nonce"] = json!(changed);
        });
        assert_eq!(nonce, Err(TokenError::Nonce));
    }
    // The ID token of another login of the same person at the same client, valid in every other way.
    let mut scene = Scene::warm();
    let stolen = scene.authorize(AuthorizationRequest::login(SERVICE));
    let (_, query) = stolen.url.split_once('?').expect("a query");
    let query = url::form_urlencoded::parse(query.as_bytes());
    let nonce =
        query.into_iter().find(|(name, _)| name == "nonce").map(|(_, value)| value.into_owned());
    let nonce = nonce.expect("the request has a nonce");
    scene.op.alter(Document::IdToken, move |claims| claims["nonce"] = json!(nonce));
    assert_eq!(id_token_error(scene.log_in()), TokenError::Nonce);
    let callback = scene.op.approve(&stolen.url, &Person::ann());
    assert!(scene.play(scene.client.finish_login(stolen.state, callback)).is_ok());
}

/// Two readers of one query see two different values.
#[test]
fn parameter_pollution() {
    let mut scene = Scene::warm();
    let mut finish = |change: &dyn Fn(&str) -> Callback| {
        let login = scene.authorize(AuthorizationRequest::login(SERVICE));
        let url = scene.op.approve(&login.url, &Person::ann());
        scene.op.forget_asked();
        let result = scene.play(scene.client.finish_login(login.state, change(&url)));
        match result {
            Ok(_) => Ok(()),
            Err(_) => {
                assert_eq!(scene.op.asked(), [""; 0], "the code is not sent");
                match flow_error(result) {
                    Error::Callback(error) => Err(error),
                    other => panic!("not a callback error: {other}"),
                }
            }
        }
    };
    for name in ["code", "state", "iss", "error", "error_description", "detail", "error_uri", "uid"]
    {
        let twice = Err(CallbackError::Duplicate(name));
        for value in ["x", ""] {
            let both = format!("{name}={value}&{name}={value}");
            assert_eq!(finish(&|url| format!("{url}&{both}").into()), twice);
            assert_eq!(finish(&|url| url.replace('?', &format!("?{both}&")).into()), twice);
        }
    }
    for (extra, name) in [
        ("%63ode=x", "code"),
        ("cod%65=", "code"),
        ("st%61te=x", "state"),
        ("code", "code"),
        ("&&code=x&", "code"),
    ] {
        assert_eq!(
            finish(&|url| format!("{url}&{extra}").into()),
            Err(CallbackError::Duplicate(name))
        );
    }
    let pairs = |url: &str| -> Vec<(String, String)> {
        let query = url.split_once('?').expect("a query").1;
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    };
    for name in ["code", "state"] {
        let twice = |url: &str| {
            Callback::from_pairs(pairs(url).into_iter().chain([(name.to_owned(), "x".to_owned())]))
        };
        assert_eq!(finish(&twice), Err(CallbackError::Duplicate(name)));
    }
    assert_eq!(
        finish(&|url| format!("{url}&error=access_denied").into()),
        Err(CallbackError::CodeAndError)
    );
    let swapped = |url: &str| url.replace("?code=", "?code;x=").into();
    assert_eq!(finish(&swapped), Err(CallbackError::MissingCode), "`;` is not a separator");
    // Other names are other parameters, and a fragment is not part of the query.
    for extra in ["&code[]=x", "&Code=x", "&code%00=x", "&code%20=x", "&a.code=x", "#&code=x"] {
        assert_eq!(finish(&|url| format!("{url}{extra}").into()), Ok(()), "{extra}");
    }
    assert_eq!(finish(&|url| Callback::from_pairs(pairs(url))), Ok(()));
}

/// Text from outside appears in logs as lines, colors or right-to-left text of its own.
#[test]
fn log_injection() {
    const TRICKS: &str = "a\r\nINFO ok \u{1b}[31m\u{202e}\u{2066}\u{200b}\u{feff}\0\u{7f}\u{2028}z";
    let assert_plain = |error: Error| {
        for text in [error.to_string(), format!("{error:?}"), format!("{:?}", error.advice())] {
            let plain = text.chars().all(|c| {
                !c.is_control() && !"\u{202e}\u{2066}\u{200b}\u{feff}\u{2028}".contains(c)
            });
            assert!(plain, "{text:?}");
            assert!(!text.contains("Peeters") && !text.contains("code_verifier"), "{text}");
        }
        error
    };
    // An unknown `kid` of the encryption need not be reported: all keys can be tried.
    for (outer, member) in [(true, "alg"), (true, "enc"), (false, "alg"), (false, "kid")] {
        let mut scene = Scene::warm();
        forge(&mut scene, Document::IdToken, move |claims| {
            let [jwe, jws] = [(jwe(), outer), (jws(), !outer)].map(|(header, tricky)| {
                if tricky { with(header, member, json!(TRICKS)) } else { header }
            });
            to_keys(&jwe, &signed(&jws, claims, "s1"))
        });
        let error = assert_plain(flow_error(scene.log_in()));
        assert!(matches!(error, Error::IdToken(TokenError::Jose(_))), "{error}");
        assert!(error.to_string().contains("INFO ok"), "the rest is shown: {error}");
    }
    for (document, member) in
        [(Document::Discovery, "issuer"), (Document::Discovery, "token_endpoint")]
    {
        let mut scene = Scene::new();
        scene.op.alter(document, move |members| members[member] = json!(TRICKS));
        let error = flow_error(scene.play(scene.client.refresh()));
        assert!(matches!(
            assert_plain(error),
            Error::Metadata(MetadataError::ForeignIssuer { .. } | MetadataError::Url { .. })
        ));
    }
    for (status, body) in [
        (400, json!({ "error": TRICKS, "error_description": TRICKS, "uid": TRICKS }).to_string()),
        (200, json!({ "error": "x", "detail": TRICKS }).to_string()),
        (503, TRICKS.to_owned()),
    ] {
        let mut scene = Scene::warm();
        let answer = http::Response::builder().status(status).body(body.into_bytes());
        scene.op.react("/token", Reaction::Reply(answer.expect("a response")));
        let error = assert_plain(flow_error(scene.log_in()));
        assert!(matches!(error, Error::Refused(_) | Error::UnexpectedReply(_)), "{error}");
        assert_eq!(scene.op.asked(), [TOKEN]);
        assert!(scene.log_in().is_ok());
    }
    let mut scene = Scene::warm();
    let login = scene.authorize(AuthorizationRequest::login(SERVICE));
    let tricks: String = url::form_urlencoded::byte_serialize(TRICKS.as_bytes()).collect();
    let callback =
        scene.op.deny(&login.url).replace("error=access_denied", &format!("error={tricks}"));
    let error =
        assert_plain(flow_error(scene.play(scene.client.finish_login(login.state, callback))));
    assert!(matches!(error, Error::Refused(_)), "{error}");
    assert!(scene.log_in().is_ok());
}
