//! `fapi2-security-profile-final-client`: FAPI 2.0, as far as possible without PAR and sender-constrained
//! tokens.

use itsme_core::{
    AssertionAudience, CallbackError, DriveError, Error, JoseError, JwtProtection, LoggedIn,
    MetadataError, SendFailure, TokenError,
};
use itsme_testkit::{Document, Person};
use serde_json::json;

use crate::{
    common::{Scene, USERINFO, flow_error},
    play::{
        a_second_audience, accepted, altered, fault, login, refused, seconds_ago,
        signed_with_ps256, the_audience_in_a_list, with_a_digit, with_foreign_metadata, without,
    },
};

/// An OP that names itself in callbacks, and promises to.
fn scene() -> Scene {
    let mut scene = Scene::with(|settings| {
        let settings = settings.assertion_audience(AssertionAudience::Issuer);
        settings.client_assertion(JwtProtection::Signed)
    });
    scene.op.assertion_audience(AssertionAudience::Issuer);
    scene.op.alter(Document::Discovery, |it| {
        it.insert("authorization_response_iss_parameter_supported".into(), json!(true));
    });
    scene
}

const ISS: &str = "&iss=https%3A%2F%2Fop.example%2Fv2";

/// Someone returns with a modified callback from the OP.
fn come_back(
    scene: &mut Scene,
    change: fn(String) -> String,
) -> Result<LoggedIn, DriveError<SendFailure>> {
    let redirect = scene.authorize(login());
    let callback = scene.op.approve(&redirect.url, &Person::ann()) + ISS;
    scene.op.forget_asked();
    scene.play(scene.client.finish_login(redirect.state, change(callback)))
}

/// The callback is refused, and nothing is requested from the OP.
fn callback_refused(change: fn(String) -> String, expected: CallbackError) {
    let mut scene = scene();
    come_back(&mut scene, |callback| callback).expect("the OP is honest");
    let error = flow_error(come_back(&mut scene, change));
    assert!(matches!(&error, Error::Callback(found) if *found == expected), "{error}");
    assert_eq!(scene.op.asked(), [""; 0]);
}

#[test]
fn test_discovery_issuer_mismatch() {
    let error = with_foreign_metadata();
    assert!(matches!(error, Error::Metadata(MetadataError::ForeignIssuer { .. })), "{error}");
}

#[test]
fn test_ensure_authorization_response_with_invalid_missing_state_fails() {
    callback_refused(|it| it.replace("&state=", "&x="), CallbackError::MissingState);
}

#[test]
fn test_ensure_authorization_response_with_invalid_state_fails() {
    callback_refused(|it| it.replace("&iss=", "1&iss="), CallbackError::ForeignState);
}

/// With PKCE, an assertion for the issuer, and the issuer in the callback.
#[test]
fn test_happy_path() {
    let mut scene = scene();
    assert!(scene.authorize(login()).url.contains("&code_challenge_method=S256"));
    come_back(&mut scene, |callback| callback).expect("a person");
    assert_eq!(scene.op.asked().last(), Some(&USERINFO));
}

#[test]
fn test_invalid_alternate_alg() {
    refused(signed_with_ps256(), JoseError::SignatureAlgorithm { found: "PS256".into() });
}

#[test]
fn test_invalid_aud() {
    refused(with_a_digit("aud"), TokenError::Audience);
}

#[test]
fn test_invalid_authorization_response_iss() {
    callback_refused(|it| it + "1", CallbackError::ForeignIssuer);
}

#[test]
fn test_invalid_expired_exp() {
    refused(seconds_ago("exp", 6 * 60), TokenError::Expired);
}

#[test]
fn test_invalid_iss() {
    refused(with_a_digit("iss"), TokenError::Issuer);
}

#[test]
fn test_invalid_missing_aud() {
    refused(without("aud"), TokenError::Missing { claim: "aud" });
}

#[test]
fn test_invalid_missing_exp() {
    refused(without("exp"), TokenError::Missing { claim: "exp" });
}

#[test]
fn test_invalid_missing_iss() {
    refused(without("iss"), TokenError::Missing { claim: "iss" });
}

#[test]
fn test_invalid_missing_nonce() {
    refused(without("nonce"), TokenError::Missing { claim: "nonce" });
}

#[test]
fn test_invalid_nonce() {
    refused(with_a_digit("nonce"), TokenError::Nonce);
}

#[test]
fn test_invalid_null_alg() {
    refused(fault("ID token: alg none"), JoseError::SignatureAlgorithm { found: "none".into() });
}

#[test]
fn test_invalid_secondary_aud() {
    refused(a_second_audience(), TokenError::OtherAudience);
}

#[test]
fn test_remove_authorization_response_iss() {
    callback_refused(|it| it.replace(ISS, ""), CallbackError::MissingIssuer);
}

#[test]
fn test_token_endpoint_response_without_expires_in() {
    let (who, _) = accepted(altered(Document::TokenAnswer, |it| drop(it.remove("expires_in"))));
    assert_eq!(who.expires_in, None);
}

#[test]
fn test_token_type_case_insensitivity() {
    accepted(altered(Document::TokenAnswer, |it| it["token_type"] = json!("bEARER")));
}

#[test]
fn test_valid_aud_as_array() {
    accepted(the_audience_in_a_list());
}
