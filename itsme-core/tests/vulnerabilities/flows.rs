//! What a provider, a browser or someone between them can do to the flow itself.

use std::collections::BTreeSet;

use itsme_core::{
    AssertionAudience, AuthorizationRequest, BackchannelRequest, CallbackError, Claim, Client,
    Error, ErrorCode, Flow, JwtProtection, MetadataError, PictureError, Redirect, Scope,
    TokenError, UrlError, drive, internals::base64url_decode,
};
use itsme_testkit::{CLIENT_ID, Document, FakeOp, Person, Reaction, SERVICE};
use serde_json::{Value, json};

use crate::{
    common::{DISCOVERY, KEYS, Scene, TOKEN, USERINFO, flow_error, id_token_error, userinfo_error},
    forge::*,
};

fn login() -> AuthorizationRequest {
    AuthorizationRequest::login(SERVICE)
}

/// A login that Ann has approved.
fn begun(scene: &mut Scene) -> (itsme_core::LoginState, String) {
    let Redirect { url, state, .. } = scene.authorize(login());
    let callback = scene.op.approve(&url, &Person::ann());
    scene.op.forget_asked();
    (state, callback)
}

fn parameter(url: &str, wanted: &str) -> String {
    let query = url.split_once('?').expect("a query").1;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned();
    pairs.find(|(name, _)| name == wanted).expect("the parameter").1
}

/// A `kid` that is a path, a query or an address, for a program that uses it to look up the key.
#[test]
fn key_names_are_only_compared() {
    for kid in [
        "../../../../dev/null",
        "/dev/null",
        "file:///dev/null",
        "s1/../s2",
        "' OR '1'='1",
        "s1' UNION SELECT 'key",
        "s1; id",
        "${jndi:ldap://evil.example}",
        "https://evil.example/keys",
        "*",
        "S1",
        "s1 ",
        " s1",
        "",
        "0",
        "__proto__",
    ] {
        let header = with(jws(), "kid", json!(kid));
        let by_stranger = header.clone();
        let token = move |claims: &str| to_keys(&jwe(), &signed(&by_stranger, claims, "s2"));
        assert_eq!(fate(token), unknown_key(Some(kid)));
        let mut scene = Scene::warm();
        forge(&mut scene, Document::IdToken, move |claims| {
            to_keys(&jwe(), &signed(&header, claims, "s1"))
        });
        assert_eq!(log_in(&mut scene, Document::IdToken), unknown_key(Some(kid)));
        assert_eq!(scene.op.asked(), [TOKEN, KEYS], "the `kid` leads nowhere else");
        let empty_key = json!({ "alg": "HS256", "kid": kid });
        let token = move |claims: &str| to_keys(&jwe(), &hmac_signed(&empty_key, claims, b""));
        assert_eq!(fate(token), signed_with("HS256"));
    }
    assert_eq!(fate(honest), Ok(()));
}

/// A key set in which a key is not just an RSA verification key, belongs to someone else, or has been removed:
/// CVE-2025-22149 (jwkset) kept trusting removed keys.
#[test]
fn poisoned_key_sets() {
    let published = |keys: fn(Vec<Value>) -> Vec<Value>, token: fn(&str) -> String| {
        let mut scene = Scene::new();
        scene.op.alter(Document::KeySet, move |set| {
            let honest = set["keys"].as_array().expect("keys").clone();
            set["keys"] = json!(keys(honest));
        });
        forge(&mut scene, Document::IdToken, token);
        log_in(&mut scene, Document::IdToken)
    };
    let with_oct: fn(Vec<Value>) -> Vec<Value> = |mut keys| {
        keys.insert(0, json!({ "kty": "oct", "kid": "s1", "alg": "HS256", "k": "c2VjcmV0" }));
        keys.insert(
            0,
            json!({ "kty": "RSA", "kid": "s1", "k": "c2VjcmV0", "n": "AQ", "e": "AQAB" }),
        );
        keys
    };
    let by_oct: fn(&str) -> String = |claims| {
        to_keys(&jwe(), &hmac_signed(&json!({ "alg": "HS256", "kid": "s1" }), claims, b"secret"))
    };
    assert_eq!(published(with_oct, by_oct), signed_with("HS256"));
    assert_eq!(published(with_oct, honest), Ok(()), "the other keys are ignored");

    let by_s2: fn(&str) -> String =
        |claims| to_keys(&jwe(), &signed(&json!({ "alg": "RS256", "kid": "s2" }), claims, "s2"));
    assert_eq!(published(|keys| [keys, vec![s2_as("use", "sig")]].concat(), by_s2), Ok(()));
    for unusable in [
        |keys: Vec<Value>| [keys, vec![op_jwk("s2")]].concat(),
        |keys| [keys, vec![s2_as("use", "enc")]].concat(),
        |keys| [keys, vec![s2_as("alg", "RSA-OAEP-256")]].concat(),
        |keys| [keys, vec![s2_as("alg", "HS256")]].concat(),
        |keys| [keys, vec![s2_as("alg", "none")]].concat(),
        |keys| [keys, vec![s2_as("kty", "oct")]].concat(),
        |keys| [keys, vec![with(public_jwk("s2"), "key_ops", json!(["encrypt"]))]].concat(),
        |keys| [keys, vec![json!({ "keys": [s2_as("use", "sig")] })]].concat(),
        |keys| [keys, vec![json!([s2_as("use", "sig")])]].concat(),
        |keys| {
            [keys, vec![s2_as("use", "sig"), with(public_jwk("e1"), "kid", json!("s2"))]].concat()
        },
    ] {
        assert_eq!(published(unusable, by_s2), unknown_key(Some("s2")));
        assert_eq!(published(unusable, honest), Ok(()));
    }
    // A second `s1` spoils the first one too, whichever comes first.
    for place in [0, 2] {
        let mut scene = Scene::new();
        scene.op.alter(Document::KeySet, move |set| {
            let rival = with(s2_as("use", "sig"), "kid", json!("s1"));
            set["keys"].as_array_mut().expect("keys").insert(place, rival);
        });
        let error = flow_error(scene.play(scene.client.refresh()));
        let Error::Malformed { what, .. } = &error else { panic!("{error}") };
        assert!(what.contains("`s1` names two different keys"), "{error}");
    }
    let by_e1: fn(&str) -> String =
        |claims| to_keys(&jwe(), &signed(&json!({ "alg": "RS256", "kid": "e1" }), claims, "e1"));
    assert_eq!(published(|keys| keys, by_e1), unknown_key(Some("e1")), "by the encryption key");

    let mut scene = Scene::warm();
    scene.op.rotate_signing_key();
    assert!(scene.log_in().is_ok(), "the new key is fetched");
    forge(&mut scene, Document::IdToken, honest);
    let error = id_token_error(scene.log_in());
    let TokenError::Jose(itsme_core::JoseError::UnknownSigningKey { kid, .. }) = error else {
        panic!("{error}")
    };
    assert_eq!(kid.as_deref(), Some("s1"), "the old one is forgotten");
}

/// The signing key that is not the OP's, as its set would contain it.
fn s2_as(member: &str, value: &str) -> Value {
    with(public_jwk("s2"), member, json!(value))
}

/// The URLs of the requests with a client assertion, and its claims.
fn assertions<T>(scene: &mut Scene, flow: Flow<T>) -> Vec<(String, Value)> {
    let Scene { world, op, .. } = scene;
    let (clock, mut sent) = (world.clock(), Vec::new());
    let send = |request: itsme_core::Request| {
        let form = url::form_urlencoded::parse(request.body()).into_owned();
        for (_, jws) in form.filter(|(name, _)| name == "client_assertion") {
            let claims =
                base64url_decode(jws.split('.').nth(1).expect("claims")).expect("base64url");
            sent.push((request.uri().to_string(), serde_json::from_slice(&claims).expect("JSON")));
        }
        op.handle(request).map_err(|why| (why, why))
    };
    drop(drive(flow, world, send, |time| clock.advance(time)));
    sent
}

/// A hostile discovery document makes the client sign an assertion for someone else: CVE-2025-27370 (OpenID
/// Connect Core), CVE-2025-27371 (RFC 7523). Neither the endpoint that receives it nor its audience is elsewhere.
#[test]
fn audience_injection() {
    let victim = "https://victim.example/token";
    let signed = || Scene::with(|settings| settings.client_assertion(JwtProtection::Signed));
    let mut scene = signed();
    let mut ids = BTreeSet::new();
    for _ in 0..3 {
        let (state, callback) = begun(&mut scene);
        let flow = scene.client.finish_login(state, callback);
        let sent = assertions(&mut scene, flow);
        let [(address, claims)] = &sent[..] else { panic!("one request, not {sent:?}") };
        assert_eq!(address, "https://op.example/v2/token");
        assert_eq!(claims["aud"], json!(address), "the only audience is the receiver");
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!(CLIENT_ID), &json!(CLIENT_ID)));
        assert!(ids.insert(claims["jti"].to_string()), "each can be used once");
    }
    // For the victim, to the attacker; and the other way round.
    for (token, backchannel) in [
        (victim, "https://op.example/v2/backchannel/authentication"),
        ("https://op.example/v2/token", "https://victim.example/backchannel"),
        (victim, "https://evil.example/backchannel"),
    ] {
        let mut scene = signed();
        scene.op.alter(Document::Discovery, move |members| {
            members["token_endpoint"] = json!(token);
            members["backchannel_authentication_endpoint"] = json!(backchannel);
        });
        let flow = scene.client.start_backchannel(BackchannelRequest::known_user("sub", login()));
        assert!(assertions(&mut scene, flow).is_empty(), "{token} {backchannel}");
        let flow = scene.client.discover_user();
        assert!(assertions(&mut scene, flow).is_empty(), "{token} {backchannel}");
    }
    // With the issuer as its audience, it is useless to anyone else.
    let mut scene = Scene::with(|settings| {
        let settings = settings.client_assertion(JwtProtection::Signed);
        settings.assertion_audience(AssertionAudience::Issuer)
    });
    let (state, callback) = begun(&mut scene);
    let flow = scene.client.finish_login(state, callback);
    let sent = assertions(&mut scene, flow);
    assert_eq!(sent[0].1["aud"], json!("https://op.example/v2"));
    for endpoint in [json!([victim, "https://op.example/v2/token"]), json!({ "0": victim })] {
        let mut scene = Scene::new();
        scene.op.alter(Document::Discovery, move |members| {
            members["token_endpoint"] = endpoint.clone();
        });
        let error = flow_error(scene.play(scene.client.refresh()));
        let missing = MetadataError::Missing("token_endpoint");
        assert!(matches!(&error, Error::Metadata(found) if *found == missing), "{error}");
    }
    let mut scene = Scene::new();
    scene.op.alter(Document::Discovery, |members| {
        members["issuer"] = json!("https://victim.example");
    });
    let error = flow_error(scene.play(scene.client.refresh()));
    assert!(matches!(error, Error::Metadata(MetadataError::ForeignIssuer { .. })), "{error}");
    assert!(Scene::with(|it| it.client_assertion(JwtProtection::Signed)).log_in().is_ok());
}

/// The person was at another provider than the client believes (RFC 9207), so the code of one goes to the other.
#[test]
fn mix_up() {
    let mut scene = Scene::warm();
    let mut other = Scene::warm();
    other.op = FakeOp::with_issuer("https://other.example/v2", other.world.clock());
    other.client = Client::new(other.op.settings()).expect("the settings are sound");
    // Two worlds draw the same bytes; by now, this one's states and codes differ.
    (0..20).for_each(|_| drop(begun(&mut other)));
    let callback_error = |scene: &mut Scene, state, callback: String| {
        let error = flow_error(scene.play(scene.client.finish_login(state, callback)));
        assert_eq!(scene.op.asked(), [""; 0], "nothing is sent");
        let Error::Callback(error) = error else { panic!("not a callback error: {error}") };
        error
    };
    let (state, _) = begun(&mut scene);
    let (_, callback) = begun(&mut other);
    assert_eq!(callback_error(&mut scene, state, callback), CallbackError::ForeignState);
    let (_, callback) = begun(&mut scene);
    let (state, _) = begun(&mut other);
    assert_eq!(callback_error(&mut scene, state, callback), CallbackError::ForeignClient);
    for iss in ["https%3A%2F%2Fother.example%2Fv2", "https%3A%2F%2Fop.example%2Fv2%2F", "", "*"] {
        let (state, callback) = begun(&mut scene);
        let callback = format!("{callback}&iss={iss}");
        assert_eq!(callback_error(&mut scene, state, callback), CallbackError::ForeignIssuer);
    }
    // Without `iss`, the code goes only to the other OP, which does not know it.
    let (state, callback) = begun(&mut scene);
    let (_, foreign) = begun(&mut other);
    let mixed = callback.replace(&parameter(&callback, "code"), &parameter(&foreign, "code"));
    let error = flow_error(scene.play(scene.client.finish_login(state, mixed)));
    assert!(matches!(&error, Error::Refused(it) if it.code == ErrorCode::InvalidGrant), "{error}");
    assert_eq!(other.op.asked(), [""; 0]);
    let mut promising = Scene::new();
    promising.op.alter(Document::Discovery, |members| {
        members.insert("authorization_response_iss_parameter_supported".into(), json!(true));
    });
    let (state, callback) = begun(&mut promising);
    assert_eq!(callback_error(&mut promising, state, callback), CallbackError::MissingIssuer);
    assert_eq!(claiming("iss", json!("https://other.example/v2")), Err(TokenError::Issuer));
    let (state, callback) = begun(&mut scene);
    let callback = format!("{callback}&iss=https%3A%2F%2Fop.example%2Fv2");
    assert!(scene.play(scene.client.finish_login(state, callback)).is_ok());
}

/// A redirect, or a URL in a token, takes a code, an assertion or an access token elsewhere: CVE-2023-32681
/// (requests), CVE-2023-45289 (Go), CVE-2024-28849 (follow-redirects).
#[test]
fn redirects_that_leak() {
    for status in [301, 302, 303, 307, 308] {
        for location in
            ["https://evil.example/", "https://op.example/v2/elsewhere", "//evil.example"]
        {
            let redirect = || {
                let answer = http::Response::builder().status(status).header("location", location);
                Reaction::Reply(answer.body(Vec::new()).expect("a response"))
            };
            for (path, asked) in [
                ("/.well-known/openid-configuration", &[DISCOVERY][..]),
                ("/jwkSet", &[DISCOVERY, KEYS]),
                ("/token", &[DISCOVERY, KEYS, TOKEN]),
                ("/userinfo", &[DISCOVERY, KEYS, TOKEN, USERINFO]),
            ] {
                let mut scene = Scene::new();
                scene.op.react(path, redirect());
                let result = scene
                    .play(scene.client.authorize(login().scope(Scope::Email).scopes_by_userinfo()));
                let result = result.and_then(|login| {
                    let callback = scene.op.approve(&login.url, &Person::ann());
                    scene.play(scene.client.finish_login(login.state, callback)).map(drop)
                });
                let error = flow_error(result);
                let Error::UnexpectedReply(reply) = &error else { panic!("{path}: {error}") };
                assert_eq!(reply.status, status);
                assert_eq!(scene.op.asked(), asked, "{path}");
                assert!(scene.log_in().is_ok());
            }
            let mut scene = Scene::warm();
            let who = scene.log_in_for(login().claim(Claim::Picture)).expect("a person");
            scene.op.forget_asked();
            scene.op.react("/picture", redirect());
            let error = flow_error(scene.play(scene.client.picture(&who)));
            assert!(matches!(error, Error::UnexpectedReply(_)), "{error}");
            assert_eq!(scene.op.asked(), ["GET /picture"]);
            assert!(scene.play(scene.client.picture(&who)).is_ok());
        }
    }
    let foreign = PictureError::ForeignHost;
    let no_url = PictureError::Url(UrlError::NotAUrl);
    for (picture, expected) in [
        ("https://evil.example/v2/picture", foreign.clone()),
        ("https://op.example.evil.example/v2/picture", foreign.clone()),
        ("https://evilop.example/v2/picture", foreign.clone()),
        ("https://op.example:444/v2/picture", foreign.clone()),
        ("https://op.example./v2/picture", foreign),
        ("https://op.example@evil.example/", PictureError::Url(UrlError::Credentials)),
        ("http://op.example/v2/picture", PictureError::Url(UrlError::NotHttps)),
        ("https://evil.example\\@op.example/", no_url.clone()),
        ("https://op.example%2eevil.example/", no_url.clone()),
        ("//op.example/v2/picture", no_url.clone()),
        ("https://op.example\t.evil.example/", no_url),
    ] {
        let mut scene = Scene::warm();
        scene.op.alter(Document::IdToken, move |claims| claims["picture"] = json!(picture));
        let who = scene.log_in_for(login().claim(Claim::Picture)).expect("a person");
        scene.op.forget_asked();
        let error = flow_error(scene.play(scene.client.picture(&who)));
        assert!(
            matches!(&error, Error::Picture(found) if *found == expected),
            "{picture}: {error}"
        );
        assert_eq!(scene.op.asked(), [""; 0], "{picture}");
    }
}

/// Anyone with a person's e-mail address is taken for them: CVE-2023-3128 (Grafana), CVE-2026-9084 (MISP). A
/// person is identified by `sub`; nothing else is compared.
#[test]
fn linking_by_email() {
    let mut scene = Scene::warm();
    let ann = scene.op.sub_of(&Person::ann());
    let mail = "ann.peeters@mail.example";
    let mallory = Person::new("mallory").with("email", mail).with("email_verified", true);
    let request = || login().claim(Claim::Email).claim(Claim::EmailVerified);
    let Redirect { url, state, .. } = scene.authorize(request());
    let callback = scene.op.approve(&url, &mallory);
    let who = scene.play(scene.client.finish_login(state, callback)).expect("a person");
    assert_eq!(who.user.email.as_deref(), Some(mail));
    assert_eq!(who.user.sub, scene.op.sub_of(&mallory));
    assert_ne!(who.user.sub, ann);
    let who = scene.log_in_for(request()).expect("a person");
    assert_eq!((who.user.sub.as_str(), who.user.email.as_deref()), (ann.as_str(), Some(mail)));
    assert_eq!(who.user.email_verified, Some(false), "itsme verifies none, and says so");

    for (sub, email) in [(mail, mail), ("mallory", mail), (&ann.to_uppercase(), mail)] {
        let (sub, email) = (sub.to_owned(), email.to_owned());
        let mut scene = Scene::warm();
        let said = json!({ "sub": sub, "email": email, "email_verified": true });
        let members = said.clone();
        scene.op.alter(Document::IdToken, move |claims| {
            claims.extend(members.as_object().expect("claims").clone());
        });
        let error = id_token_error(scene.log_in_for(request().known_user(&ann)));
        assert_eq!(error, TokenError::Subject, "{sub}");
        let mut scene = Scene::warm();
        scene.op.alter(Document::Userinfo, move |claims| {
            claims.extend(said.as_object().expect("claims").clone());
        });
        let error =
            userinfo_error(scene.log_in_for(login().scope(Scope::Email).scopes_by_userinfo()));
        assert_eq!(error, TokenError::Subject, "{sub}");
    }
    // A value is verified if the same token says so.
    for (in_id_token, in_userinfo) in [
        (json!({ "email_verified": true }), json!({ "email": mail, "email_verified": false })),
        (
            json!({ "email": mail }),
            json!({ "email": "other@mail.example", "email_verified": true }),
        ),
        (
            json!({ "phone_number_verified": true, "email": mail }),
            json!({ "phone_number": "+32 4", "email": "other", "email_verified": true }),
        ),
    ] {
        let mut scene = Scene::warm();
        let said = [(Document::IdToken, in_id_token), (Document::Userinfo, in_userinfo)];
        for (document, said) in said {
            scene.op.alter(document, move |claims| {
                claims.retain(|name, _| !name.contains("email") && !name.contains("phone"));
                claims.extend(said.as_object().expect("claims").clone());
            });
        }
        let who =
            scene.log_in_for(login().scope(Scope::Email).scopes_by_userinfo()).expect("a person");
        assert_ne!(who.user.email_verified, Some(true));
        assert_ne!(who.user.phone_number_verified, Some(true));
    }
    for unverified in [json!("false"), json!("no"), json!(0), json!([true]), json!("verified")] {
        let mut scene = Scene::warm();
        scene
            .op
            .alter(Document::IdToken, move |claims| claims["email_verified"] = unverified.clone());
        let who = scene.log_in_for(request()).expect("a person");
        assert_ne!(who.user.email_verified, Some(true));
    }
    let mut scene = Scene::warm();
    assert!(scene.log_in_for(request().known_user(&ann)).is_ok());
}

/// A victim is logged in as the attacker, or the other way round: CVE-2023-27490 (next-auth), CVE-2025-68158
/// (Authlib), CVE-2025-68481 (fastapi-users), CVE-2024-10318 (NGINX).
#[test]
fn session_fixation_and_login_csrf() {
    let mut scene = Scene::warm();
    let (_, attackers) = begun(&mut scene);
    let own_state = parameter(&begun(&mut scene).1, "state");
    for change in [
        |url: &str, _: &str| url.to_owned(),
        |url, own| url.replace(own, ""),
        |url, own| url.replace(own, &own[1..]),
        |url, own| url.replace(own, &format!("{own}%00")),
        |url, own| url.replace(own, &own.to_lowercase()),
        |url, own| url.replace(own, "%2A"),
        |url, own| url.replace(&format!("state={own}"), "x=y"),
    ] as [fn(&str, &str) -> String; 7]
    {
        let (state, url) = begun(&mut scene);
        let own = parameter(&url, "state");
        assert_ne!(own, own_state, "none is used twice");
        let changed = change(&url, &own);
        let changed = if changed == url { attackers.clone() } else { changed };
        let error = flow_error(scene.play(scene.client.finish_login(state, changed)));
        let Error::Callback(error) = error else { panic!("not a callback error: {error}") };
        assert!([CallbackError::ForeignState, CallbackError::MissingState].contains(&error));
        assert_eq!(scene.op.asked(), [""; 0], "the code is not sent");
    }
    // The attacker's code with the victim's state: PKCE binds the code to the browser.
    let (state, own) = begun(&mut scene);
    let injected = own.replace(&parameter(&own, "code"), &parameter(&attackers, "code"));
    let error = flow_error(scene.play(scene.client.finish_login(state, injected)));
    assert!(matches!(&error, Error::Refused(it) if it.code == ErrorCode::InvalidGrant), "{error}");
    // A state that was kept: the OP knows that the code was redeemed, and revokes its tokens.
    let (state, own) = begun(&mut scene);
    let kept = serde_json::to_string(&state).expect("JSON");
    assert!(scene.play(scene.client.finish_login(state, own.as_str())).is_ok());
    let again = serde_json::from_str(&kept).expect("a state");
    let error = flow_error(scene.play(scene.client.finish_login(again, own)));
    assert!(matches!(&error, Error::Refused(it) if it.code == ErrorCode::InvalidGrant), "{error}");
}
