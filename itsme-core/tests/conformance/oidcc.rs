//! `oidcc-client-test`: OpenID Connect Core and Discovery, in the code flow.

use std::time::Duration;

use itsme_core::{
    Callback, Error, ErrorCode, JoseError, JwtProtection, MetadataError, Redirect, Scope,
    TokenError, drive,
    internals::{base64url, base64url_decode, sha256},
};
use itsme_testkit::{CLIENT_SECRET, Document, Person, REDIRECT_URI, REQUEST_URI, Reaction};
use serde_json::{Value, json};

use crate::{
    common::{DISCOVERY, KEYS, Scene, TOKEN, USERINFO, flow_error, userinfo_error},
    forge::{dir, direct, forge, hmac_signed, hs256, public_jwk, to_secret, unsigned, with},
    play::{
        accepted, altered, claims, damaged, fault, honest, login, published, refused, refused_at,
        signed_with_es256, with_a_digit, with_foreign_metadata, without,
    },
};

fn parameter(url: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(url).expect("a URL");
    url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

/// With keys (`private_key_jwt`), and with a secret.
#[test]
fn happy_path() {
    for mut scene in [Scene::new(), direct()] {
        let Redirect { url, .. } = scene.authorize(login());
        assert_eq!(parameter(&url, "response_type").as_deref(), Some("code"));
        assert_eq!(parameter(&url, "redirect_uri").as_deref(), Some(REDIRECT_URI));
        assert!(parameter(&url, "scope").is_some_and(|scope| scope.contains("openid")));
        let nonce = parameter(&url, "nonce").expect("a nonce");
        assert!(nonce.len() <= 64 && nonce.bytes().all(|byte| byte.is_ascii_graphic()), "{nonce}");
        scene.log_in_for(login()).expect("a person");
        assert_eq!(scene.op.asked(), [DISCOVERY, KEYS, TOKEN, USERINFO]);
    }
}

/// The suite leaves the source unsigned, so its claims must not be taken for the OP's.
#[test]
fn aggregated_claims() {
    let (who, _) = accepted(altered(Document::Userinfo, |claims| {
        let address = json!({ "address": { "locality": "Los Angeles" } }).to_string();
        let jwt = unsigned(&json!({ "alg": "none" }), &address);
        claims.insert("_claim_names".into(), json!({ "address": "src1" }));
        claims.insert("_claim_sources".into(), json!({ "src1": { "JWT": jwt } }));
    }));
    assert!(who.user.address.is_none());
    assert!(who.user.extra.contains_key("_claim_sources"), "the application may look at it");
}

#[test]
fn discovery_issuer_mismatch() {
    let error = with_foreign_metadata();
    assert!(matches!(error, Error::Metadata(MetadataError::ForeignIssuer { .. })), "{error}");
}

#[test]
fn discovery_jwks_uri_keys() {
    let mut scene = Scene::new();
    let keys = http::Request::get("https://op.example/v2/jwkSet").body(Vec::new());
    let keys = scene.op.handle(keys.expect("a request")).expect("keys");
    scene.op.alter(Document::Discovery, |it| {
        it["jwks_uri"] = json!("https://op.example/v2/jwksqwertzuiop");
    });
    scene.op.react("/jwksqwertzuiop", Reaction::Reply(keys));
    scene.op.forget_asked();
    scene.log_in_for(login()).expect("a person");
    assert_eq!(scene.op.asked(), [DISCOVERY, "GET /jwksqwertzuiop", TOKEN, USERINFO]);
}

#[test]
fn discovery_openid_config() {
    let mut scene = Scene::new();
    let elsewhere = "https://login.example/by/phone";
    scene.op.alter(Document::Discovery, move |it| {
        it["authorization_endpoint"] = json!(elsewhere);
    });
    assert!(scene.authorize(login()).url.starts_with(elsewhere));
    assert_eq!(scene.op.asked(), [DISCOVERY, KEYS]);
}

/// A posted body is read like a query.
#[test]
fn form_post_error() {
    let mut scene = Scene::warm();
    let Redirect { state, .. } = scene.authorize(login());
    let body = format!("state={}&error=login_required&error_description=Nobody", state.id());
    let error = flow_error(scene.play(scene.client.finish_login(state, Callback::from(body))));
    let Error::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!(refusal.code, ErrorCode::LoginRequired);
    assert_eq!(scene.op.asked(), [""; 0]);

    let Redirect { url, state, .. } = scene.authorize(login());
    let callback = scene.op.approve(&url, &Person::ann());
    let (_, body) = callback.split_once('?').expect("a query");
    scene.play(scene.client.finish_login(state, Callback::from(body))).expect("a person");
}

#[test]
fn idtoken_sig_none() {
    refused(fault("ID token: alg none"), JoseError::SignatureAlgorithm { found: "none".into() });
}

#[test]
fn idtoken_sig_rs256() {
    let mut scene = Scene::new();
    scene.op.alter(Document::Discovery, |it| {
        it.insert("id_token_signing_alg_values_supported".into(), json!(["RS256"]));
    });
    scene.log_in_for(login()).expect("a person");
    assert_eq!(scene.times(USERINFO), 1);
}

#[test]
fn invalid_athash() {
    let mut scene = Scene::new();
    scene.op.alter(Document::TokenAnswer, |it| it["access_token"] = json!("an access token"));
    let right = base64url(&sha256(&[b"an access token"])[..16]);
    claims(move |it| drop(it.insert("at_hash".into(), json!(right))))(&mut scene);
    scene.log_in().expect("the right one");
    refused(fault("ID token: at_hash of another access token"), TokenError::AccessTokenHash);
}

#[test]
fn invalid_aud() {
    refused(with_a_digit("aud"), TokenError::Audience);
}

#[test]
fn invalid_iss() {
    refused(with_a_digit("iss"), TokenError::Issuer);
}

/// A valid signature is refused as well: only RS256 was agreed.
#[test]
fn invalid_sig_es256() {
    for spoil in [damaged, |jws| jws] {
        let error = JoseError::SignatureAlgorithm { found: "ES256".into() };
        refused(signed_with_es256(spoil), error);
    }
}

/// With a client whose secret signs its tokens.
#[test]
fn invalid_sig_hs256() {
    let hs256_signed = |spoil: fn(String) -> String| {
        move |scene: &mut Scene| {
            forge(scene, Document::IdToken, move |claims| {
                let header = json!({ "alg": "HS256" });
                to_secret(&dir(), &spoil(hmac_signed(&header, claims, CLIENT_SECRET.as_bytes())))
            });
        }
    };
    let mut scene = hs256();
    hs256_signed(|jws| jws)(&mut scene);
    scene.log_in_for(login()).expect("the right signature");
    refused_at(hs256(), hs256_signed(damaged), JoseError::Signature);
}

#[test]
fn invalid_sig_rs256() {
    refused(fault("ID token: signature damaged"), JoseError::Signature);
}

fn nameless(key: &mut Value) {
    key.as_object_mut().expect("a key").remove("kid");
}

/// The client tries each key that fits; the second one made the signature.
#[test]
fn kid_absent_multiple_jwks() {
    accepted(|scene| {
        published(|keys| {
            keys.insert(0, with(public_jwk("s2"), "use", json!("sig")));
            keys.iter_mut().for_each(nameless);
        })(scene);
        fault("ID token: no kid")(scene);
    });
}

#[test]
fn kid_absent_single_jwks() {
    accepted(|scene| {
        published(|keys| nameless(&mut keys[0]))(scene);
        fault("ID token: no kid")(scene);
    });
}

#[test]
fn missing_aud() {
    refused(without("aud"), TokenError::Missing { claim: "aud" });
}

#[test]
fn missing_iat() {
    refused(without("iat"), TokenError::Missing { claim: "iat" });
}

#[test]
fn missing_sub() {
    refused(without("sub"), TokenError::Missing { claim: "sub" });
}

#[test]
fn nonce_invalid() {
    refused(with_a_digit("nonce"), TokenError::Nonce);
}

/// The OP fetches the object; by default, it is encrypted to the OP after signing.
#[test]
fn request_uri_signed_rs256() {
    for protection in [JwtProtection::Signed, JwtProtection::Nested] {
        let mut scene = Scene::with(|settings| settings.request_objects(protection));
        let flow = scene.client.request_object(login(), REQUEST_URI, Duration::from_secs(600));
        let hosted = scene.play(flow).expect("a request object");
        if protection == JwtProtection::Signed {
            let header = hosted.object.jwt.expose().split('.').next().expect("a header");
            let header = base64url_decode(header).expect("base64url");
            let header: Value = serde_json::from_slice(&header).expect("JSON");
            assert_eq!(header["alg"], "RS256");
        }
        assert_eq!(parameter(&hosted.redirect.url, "request_uri").as_deref(), Some(REQUEST_URI));
        let response = hosted.object.response();
        scene.op.host(move |asked| (asked == REQUEST_URI).then(|| response.clone()));
        let callback = scene.op.approve(&hosted.redirect.url, &Person::ann());
        let flow = scene.client.finish_login(hosted.redirect.state, callback);
        scene.play(flow).expect("a person");
    }
}

#[test]
fn scope_userinfo_claims() {
    let mut scene = Scene::warm();
    let all = [Scope::Profile, Scope::Email, Scope::Phone, Scope::Address];
    let login = all.into_iter().fold(login(), |login, scope| login.scope(scope));
    let scope = parameter(&scene.authorize(login.clone()).url, "scope").expect("a scope");
    assert!(scope.ends_with("profile email phone address"), "{scope}");
    let user = scene.log_in_for(login).expect("a person").user;
    assert!(user.name.is_some() && user.email.is_some());
    assert!(user.phone_number.is_some() && user.address.is_some());
    assert!(scene.log_in().expect("a person").user.email.is_none(), "it was not requested");
}

#[test]
fn signing_key_rotation() {
    let (_, scene) = accepted(|scene| scene.op.rotate_signing_key());
    assert_eq!(scene.op.asked(), [TOKEN, KEYS, USERINFO]);
}

/// The client fetched the keys for this login.
#[test]
fn signing_key_rotation_just_before_signing() {
    let mut scene = Scene::new();
    let Redirect { url, state, .. } = scene.authorize(login());
    let callback = scene.op.approve(&url, &Person::ann());
    scene.op.rotate_signing_key();
    scene.play(scene.client.finish_login(state, callback)).expect("a person");
    assert_eq!(scene.op.asked(), [DISCOVERY, KEYS, TOKEN, KEYS, USERINFO]);
}

#[test]
fn userinfo_bearer_header() {
    let mut scene = Scene::warm();
    let Redirect { url, state, .. } = scene.authorize(login());
    let callback = scene.op.approve(&url, &Person::ann());
    let flow = scene.client.finish_login(state, callback);
    let (clock, mut sent) = (scene.world.clock(), Vec::new());
    let Scene { world, op, .. } = &mut scene;
    let send = |request: itsme_core::Request| {
        sent.push(request.clone());
        op.handle(request).map_err(|why| (why, why))
    };
    let who = drive(flow, world, send, |time| clock.advance(time)).expect("a person");
    let request = sent.pop().expect("the userinfo request");
    let bearer = format!("Bearer {}", who.access_token.expose());
    assert_eq!(request.headers()["authorization"], bearer.as_str());
    assert_eq!(
        (request.uri().query(), request.body().len()),
        (None, 0),
        "the token is nowhere else"
    );
}

#[test]
fn userinfo_invalid_sub() {
    let mut scene = honest();
    scene.op.alter(Document::Userinfo, |it| {
        it["sub"] = json!(format!("{}invalid", it["sub"].as_str().expect("text")));
    });
    assert_eq!(userinfo_error(scene.log_in_for(login())), TokenError::Subject);
}

/// Also encrypted, which the suite does for clients registered that way.
#[test]
fn userinfo_signed() {
    let (mut scene, signature) = (honest(), JoseError::Signature.into());
    let who = scene.log_in_for(login()).expect("a person");
    assert!(who.user.name.is_some());
    fault("userinfo: signature damaged")(&mut scene);
    assert_eq!(userinfo_error(scene.log_in_for(login())), signature);
}
