//! What can be done after a login: fetch the picture, revoke the token, keep the evidence.

mod common;

use std::time::Duration;

use common::{Scene, TOKEN, flow_error};
use itsme_core::{
    AuthorizationRequest, Claim, Client, Endpoint, Error, ErrorCode, Evidence, EvidenceError,
    ImageType, JoseError, LoggedIn, Payment, PictureError, RequestError, Scope, TokenError,
};
use itsme_testkit::{CONFIRM_SERVICE, Document, FakeOp, Person, Reaction, SERVICE, World};
use serde_json::json;

fn logged_in(scene: &mut Scene) -> LoggedIn {
    let who = scene
        .log_in_for(AuthorizationRequest::login(SERVICE).claim(Claim::Picture))
        .expect("a person");
    scene.op.forget_asked();
    who
}

/// A login with this `picture` claim.
fn with_picture(scene: &mut Scene, picture: &str) -> LoggedIn {
    let picture = picture.to_owned();
    scene.op.alter(Document::IdToken, move |claims| {
        claims.insert("picture".into(), json!(picture));
    });
    logged_in(scene)
}

#[test]
fn a_picture_is_fetched_with_the_access_token() {
    let mut scene = Scene::warm();
    let who = logged_in(&mut scene);
    assert_eq!(who.user.picture.as_deref(), Some("https://op.example/v2/picture"));
    let picture = scene.play(scene.client.picture(&who)).expect("a picture");
    assert_eq!(picture.image_type(), Some(ImageType::Png));
    assert_eq!(scene.op.asked(), ["GET /picture"]);

    scene.op.react("/picture", Reaction::Lost);
    assert!(scene.play(scene.client.picture(&who)).is_ok(), "a GET is tried once more");
    scene.world.advance(Duration::from_secs(300));
    let error = flow_error(scene.play(scene.client.picture(&who)));
    let Error::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!(refusal.code, ErrorCode::InvalidToken);
}

#[test]
fn the_access_token_goes_to_the_op_alone() {
    for (picture, expected) in [
        ("https://evil.example/picture", PictureError::ForeignHost),
        ("https://op.example.evil.example/picture", PictureError::ForeignHost),
        ("https://op.example:8443/picture", PictureError::ForeignHost),
        ("https://idp.prd.itsme.services/picture", PictureError::ForeignHost),
        ("http://op.example/v2/picture", PictureError::Url(itsme_core::UrlError::NotHttps)),
        ("https://op.example@evil.example/", PictureError::Url(itsme_core::UrlError::Credentials)),
        ("javascript:alert(1)", PictureError::Url(itsme_core::UrlError::NotAUrl)),
        ("https:op.example/v2/picture", PictureError::Url(itsme_core::UrlError::NotAUrl)),
        ("https:/op.example/v2/picture", PictureError::Url(itsme_core::UrlError::NotAUrl)),
        ("https:///op.example/v2/picture", PictureError::Url(itsme_core::UrlError::NotAUrl)),
    ] {
        let mut scene = Scene::warm();
        let who = with_picture(&mut scene, picture);
        let error = flow_error(scene.play(scene.client.picture(&who)));
        let Error::Picture(found) = error else { panic!("{picture}: {error}") };
        assert_eq!(found, expected, "{picture}");
        assert_eq!(scene.op.asked(), [""; 0], "{picture}");
    }
    let mut scene = Scene::warm();
    let who = scene.log_in().expect("a person");
    let error = flow_error(scene.play(scene.client.picture(&who)));
    assert!(matches!(error, Error::Picture(PictureError::Missing)), "{error}");
}

/// itsme keeps pictures on its own hosts.
#[test]
fn built_in_environments_trust_itsmes_hosts() {
    for (picture, works) in [
        ("https://pictures.prd.itsme.services/v2/picture", true),
        ("https://merchant.itsme.be/v2/picture", true),
        ("https://itsme.services/v2/picture", true),
        ("https://evilitsme.services/v2/picture", false),
        ("https://itsme.services.evil.example/v2/picture", false),
        ("https://op.example/v2/picture", false),
    ] {
        let mut scene = Scene::at(itsme_core::Environment::Production);
        let who = with_picture(&mut scene, picture);
        let result = scene.play(scene.client.picture(&who));
        assert_eq!(result.is_ok(), works, "{picture}");
    }
}

#[test]
fn a_picture_is_what_it_is_said_to_be() {
    let png = b"\x89PNG\r\n\x1a\n...".to_vec();
    for (media_type, body, expected) in [
        ("image/png", png.clone(), Ok(ImageType::Png)),
        ("image/png; charset=binary", png.clone(), Ok(ImageType::Png)),
        ("application/octet-stream", png.clone(), Ok(ImageType::Png)),
        ("image/jpeg", b"\xff\xd8\xff\xe0".to_vec(), Ok(ImageType::Jpeg)),
        ("image/jp2", b"\xff\x4f\xff\x51".to_vec(), Ok(ImageType::Jpeg2000)),
        ("image/jp2", b"\0\0\0\x0cjP  \r\n\x87\n".to_vec(), Ok(ImageType::Jpeg2000)),
        ("image/jpeg", png.clone(), Err(PictureError::MediaType)),
        ("text/html", png, Err(PictureError::MediaType)),
        ("image/png", b"<svg onload=alert(1)>".to_vec(), Err(PictureError::NotAnImage)),
        ("image/svg+xml", b"<svg/>".to_vec(), Err(PictureError::NotAnImage)),
        ("image/png", Vec::new(), Err(PictureError::NotAnImage)),
    ] {
        let mut scene = Scene::warm();
        let who = logged_in(&mut scene);
        let response = http::Response::builder().header("content-type", media_type).body(body);
        scene.op.react("/picture", Reaction::Reply(response.expect("a response")));
        match (scene.play(scene.client.picture(&who)), expected) {
            (Ok(picture), Ok(kind)) => assert_eq!(picture.image_type(), Some(kind)),
            (result, Err(fault)) => {
                let error = flow_error(result);
                let Error::Picture(found) = error else { panic!("{error}") };
                assert_eq!(found, fault, "{media_type}");
            }
            (Err(error), Ok(_)) => panic!("{media_type}: {error}"),
        }
    }
    let mut scene = Scene::warm();
    let who = logged_in(&mut scene);
    let large = http::Response::new(vec![0xff; itsme_core::MAX_RESPONSE_BYTES + 1]);
    scene.op.react("/picture", Reaction::Reply(large));
    let error = flow_error(scene.play(scene.client.picture(&who)));
    assert!(matches!(error, Error::Malformed { endpoint: Endpoint::Picture, .. }), "{error}");
}

#[test]
fn a_picture_inside_the_claim_needs_no_request() {
    let mut scene = Scene::warm();
    let who = with_picture(&mut scene, "/9j/4AAQSkZJRgABAQAAAQABAAD/2Q==");
    let picture = scene.play(scene.client.picture(&who)).expect("a picture");
    assert_eq!(picture.image_type(), Some(ImageType::Jpeg));
    assert_eq!(scene.op.asked(), [""; 0]);
}

fn secret_scene() -> Scene {
    let world = World::new();
    let op = FakeOp::new(world.clock());
    let client = Client::new(op.secret_settings()).expect("the settings are sound");
    Scene { world, op, client }
}

#[test]
fn a_revoked_token_opens_nothing() {
    let mut scene = secret_scene();
    let who = logged_in(&mut scene);
    assert!(scene.play(scene.client.picture(&who)).is_ok());
    scene.play(scene.client.revoke(who.access_token.clone())).expect("revoked");
    assert!(scene.play(scene.client.picture(&who)).is_err());
    scene.op.react("/connect/revoke", Reaction::AnswerLost);
    scene.play(scene.client.revoke(who.access_token.clone())).expect("revoking twice is fine");
    assert_eq!(scene.times("POST /connect/revoke"), 3);

    let body = br#"{"error":"unsupported_token_type"}"#.to_vec();
    let response = http::Response::builder().status(400).body(body).expect("a response");
    scene.op.react("/connect/revoke", Reaction::Reply(response));
    let error = flow_error(scene.play(scene.client.revoke(who.access_token.clone())));
    let Error::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!(refusal.code, ErrorCode::UnsupportedTokenType);
}

#[test]
fn revocation_is_for_clients_with_a_secret() {
    let mut scene = Scene::new();
    let token = itsme_core::Secret::new("x");
    let error = flow_error(scene.play(scene.client.revoke(token)));
    assert!(matches!(error, Error::Request(RequestError::RevocationNeedsSecret)), "{error}");
    assert_eq!(scene.op.asked(), [""; 0]);
}

/// A confirmation is archived, then proved long after the OP has dropped its key.
#[test]
fn evidence_is_verified_again_without_the_op() {
    let mut scene = Scene::warm();
    let payment = Payment::new("20", "EUR", "BE68539007547034");
    let confirm =
        AuthorizationRequest::confirm(CONFIRM_SERVICE, payment).acr(itsme_core::Acr::Advanced);
    let login = scene.play(scene.client.authorize(confirm)).expect("a URL");
    let confirmed = login.claims.clone().expect("a template is in the claims");
    assert!(confirmed.contains("BE68539007547034"));
    let callback = scene.op.approve(&login.url, &Person::ann());
    let who = scene.play(scene.client.finish_login(login.state, callback)).expect("a person");
    let archived = who.evidence.to_text();
    let thumbprint = who.evidence.signing_key_thumbprint().expect("a key");

    scene.op.rotate_signing_key();
    scene.world.advance(Duration::from_secs(10 * 365 * 86_400));
    let evidence = Evidence::from_text(&archived).expect("it is unchanged");
    assert_eq!(evidence.claims()["sub"], who.user.sub);
    assert_eq!(evidence.claims()["acr"], "http://itsme.services/v2/claim/acr_advanced");
    assert_eq!(evidence.asked_service(), CONFIRM_SERVICE);
    assert_eq!(evidence.asked_acr(), Some(itsme_core::Acr::Advanced));
    assert_eq!(evidence.signing_key_thumbprint(), Some(thumbprint));
    let digest = itsme_core::internals::sha256(&[confirmed.as_bytes()]);
    let digest = itsme_core::internals::base64url(digest);
    assert_eq!(evidence.asked_claims_sha256(), Some(digest.as_str()));
    assert_eq!(evidence.to_text().as_str(), archived.as_str());
    assert_eq!(scene.times(TOKEN), 1);
}

#[test]
fn a_changed_byte_of_evidence_is_noticed() {
    let mut scene = Scene::warm();
    let who = scene
        .log_in_for(AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo())
        .expect("a person");
    let archived = who.evidence.to_text();
    let evidence = Evidence::from_text(&archived).expect("it is unchanged");
    let userinfo = evidence.userinfo_claims().expect("the e-mail address came by userinfo");
    assert_eq!(userinfo["email"], "ann.peeters@mail.example");
    for at in 0..archived.len() {
        let mut changed = archived.as_bytes().to_vec();
        changed[at] ^= 1;
        let changed = String::from_utf8(changed).expect("ASCII");
        assert!(Evidence::from_text(&changed).is_err(), "byte {at}: {changed}");
    }
    for odd in ["", "{}", "null", &archived[1..], &format!("{} ", archived.as_str())] {
        assert!(Evidence::from_text(odd).is_err(), "{odd}");
    }
}

/// Fixing the digest as well does not help without a signature.
#[test]
fn forged_evidence_is_refused() {
    let mut scene = Scene::warm();
    let login = AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo();
    let who = scene.log_in_for(login).expect("a person");
    let login = scene
        .authorize(AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo());
    let callback = scene.op.approve(&login.url, &Person::ioana());
    let other = scene.play(scene.client.finish_login(login.state, callback)).expect("a person");
    let payload = |evidence: &Evidence| {
        let text = evidence.to_text();
        let payload = text.splitn(4, ':').nth(3).expect("a payload");
        serde_json::from_str::<serde_json::Value>(payload).expect("JSON")
    };
    let other = payload(&other.evidence);
    let forge = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut stored = payload(&who.evidence);
        change(&mut stored);
        let stored = stored.to_string();
        let digest = itsme_core::internals::sha256(&[stored.as_bytes()]);
        let digest = itsme_core::internals::base64url(digest);
        Evidence::from_text(&format!("itsme-evidence:2:{digest}:{stored}")).map(drop)
    };
    assert_eq!(forge(&|_| ()), Ok(()));
    let other_token = forge(&|stored| {
        let jws = stored["id_token"]["jws"].as_str().expect("a token").replacen(".e", ".f", 1);
        stored["id_token"]["jws"] = json!(jws);
    });
    assert_eq!(other_token, Err(EvidenceError::Token(TokenError::Jose(JoseError::Signature))));
    let other_issuer = forge(&|stored| stored["client"]["issuer"] = json!("https://evil.example"));
    assert_eq!(other_issuer, Err(EvidenceError::Token(TokenError::Issuer)));
    let other_client = forge(&|stored| stored["client"]["client_id"] = json!("OTHER"));
    assert_eq!(other_client, Err(EvidenceError::Token(TokenError::Audience)));
    let other_person = forge(&|stored| stored["requested"]["sub"] = json!("somebody else"));
    assert_eq!(other_person, Err(EvidenceError::Token(TokenError::Subject)));
    let unsigned_userinfo = forge(&|stored| stored["userinfo"]["key"] = json!(null));
    assert_eq!(unsigned_userinfo, Err(EvidenceError::SharedSecret));
    // Another person's userinfo response, just as validly signed by the OP as the ID token.
    let other_userinfo = forge(&|stored| stored["userinfo"] = other["userinfo"].clone());
    assert_eq!(other_userinfo, Err(EvidenceError::Token(TokenError::Subject)));
    let no_key = forge(&|stored| stored["id_token"]["key"] = json!(null));
    assert_eq!(no_key, Err(EvidenceError::SharedSecret));
}
