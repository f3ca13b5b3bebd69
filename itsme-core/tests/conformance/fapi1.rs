//! `fapi1-advanced-final-client-test`: FAPI 1.0 Advanced. The suite sends ID tokens from the authorization
//! endpoint; in the code flow they come from the token endpoint.

use itsme_core::{Error, JoseError, JwtProtection, MetadataError, TokenError};
use itsme_testkit::Document;

use crate::{
    common::Scene,
    play::{
        a_second_audience, accepted, altered, fault, login, refused, seconds_ago,
        signed_with_ps256, the_audience_in_a_list, trusted, with_a_digit, with_foreign_metadata,
        without,
    },
};

/// With a signed request object by value, and a signed client assertion.
#[test]
fn happy_path() {
    let scene = Scene::with(|settings| {
        let settings = settings.client_assertion(JwtProtection::Signed);
        settings.request_objects(JwtProtection::Signed)
    });
    trusted(scene, |scene| {
        let login = login().as_request_object();
        assert!(scene.authorize(login.clone()).url.contains("&request="));
        scene.log_in_for(login)
    });
}

#[test]
fn discovery_issuer_mismatch() {
    let error = with_foreign_metadata();
    assert!(matches!(error, Error::Metadata(MetadataError::ForeignIssuer { .. })), "{error}");
}

/// The control is encrypted as well, with RSA-OAEP-256.
#[test]
fn encrypted_idtoken() {
    accepted(fault("ID token: RSA-OAEP"));
    refused(fault("ID token: signed, not encrypted"), JoseError::NotEncrypted);
}

#[test]
fn encrypted_idtoken_usingrsa15() {
    let error = JoseError::EncryptionAlgorithm { found: "RSA1_5".into() };
    refused(fault("ID token: RSA1_5"), error);
}

#[test]
fn iat_is_week_in_past() {
    refused(seconds_ago("iat", 7 * 24 * 3600), TokenError::IssuedBeforeRequest);
}

#[test]
fn invalid_alternate_alg() {
    refused(signed_with_ps256(), JoseError::SignatureAlgorithm { found: "PS256".into() });
}

#[test]
fn invalid_aud() {
    refused(with_a_digit("aud"), TokenError::Audience);
}

#[test]
fn invalid_expired_exp() {
    refused(seconds_ago("exp", 6 * 60), TokenError::Expired);
}

#[test]
fn invalid_iss() {
    refused(with_a_digit("iss"), TokenError::Issuer);
}

#[test]
fn invalid_missing_aud() {
    refused(without("aud"), TokenError::Missing { claim: "aud" });
}

#[test]
fn invalid_missing_exp() {
    refused(without("exp"), TokenError::Missing { claim: "exp" });
}

#[test]
fn invalid_missing_iss() {
    refused(without("iss"), TokenError::Missing { claim: "iss" });
}

#[test]
fn invalid_missing_nonce() {
    refused(without("nonce"), TokenError::Missing { claim: "nonce" });
}

#[test]
fn invalid_nonce() {
    refused(with_a_digit("nonce"), TokenError::Nonce);
}

#[test]
fn invalid_null_alg() {
    refused(fault("ID token: alg none"), JoseError::SignatureAlgorithm { found: "none".into() });
}

#[test]
fn invalid_secondary_aud() {
    refused(a_second_audience(), TokenError::OtherAudience);
}

#[test]
fn invalid_signature() {
    refused(fault("ID token: signature damaged"), JoseError::Signature);
}

/// The fake OP and itsme always omit it; `oidcc::invalid_athash` has one.
#[test]
fn missing_athash() {
    accepted(without("at_hash"));
}

/// Neither `scope` nor `expires_in`.
#[test]
fn no_scope_in_token_endpoint_response() {
    let (who, _) = accepted(altered(Document::TokenAnswer, |it| {
        it.retain(|member, _| member != "scope" && member != "expires_in");
    }));
    assert_eq!(who.expires_in, None);
}

#[test]
fn valid_aud_as_array() {
    accepted(the_audience_in_a_list());
}
