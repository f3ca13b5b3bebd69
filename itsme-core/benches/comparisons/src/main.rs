//! The same work done by other libraries, alternating in the same process. See ../README.md.

#[path = "../../paired.rs"]
mod paired;
#[path = "../../scene.rs"]
#[allow(dead_code, reason = "its keys are for measuring the floor")]
mod scene;

use std::{
    future::Future,
    pin::pin,
    str::FromStr,
    task::{Context, Poll, Waker},
};

use huskarl::{core::jwt::validator::JwtValidator, token::id_token::IdTokenClaims};
use huskarl_crypto_native::asymmetric::verifier::AsymmetricPublicKey;
use itsme_core::{
    AuthorizationRequest, Claim, Platform, User,
    internals::{self, KeySet, SignatureCheck},
};
use itsme_testkit::{CLIENT_ID, Clock, Person, SERVICE, private_jwks, private_keys};
use josekit::{jwe::RSA_OAEP_256, jwk::Jwk, jws::RS256};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use openidconnect::{
    ClientId, IssuerUrl, Nonce,
    core::{CoreIdToken, CoreIdTokenClaims, CoreIdTokenVerifier, CoreJsonWebKeySet},
};
use paired::{compare, way};
use scene::{NONCE, Scene};
use serde_json::{Map, Value};

/// An ID token, and who made it.
struct Subject {
    issuer: String,
    nested: String,
    signed: String,
    op_jwks: Vec<u8>,
    op_keys: KeySet,
    clock: Clock,
}

impl Subject {
    fn new() -> Self {
        let mut scene = Scene::new();
        let claims = [
            Claim::Name,
            Claim::GivenName,
            Claim::FamilyName,
            Claim::Birthdate,
            Claim::Locale,
            Claim::Email,
            Claim::PhoneNumber,
            Claim::Address,
        ];
        let login = claims.into_iter().fold(AuthorizationRequest::login(SERVICE), |login, claim| login.claim(claim));
        let nested = scene.id_token(login, &Person::ann());
        let keys = private_keys();
        let signed = internals::open(&nested, internals::decryption(&keys), usize::MAX);
        let op_jwks = scene.key_set();
        Self {
            issuer: scene.op.issuer().to_owned(),
            nested,
            signed: signed.expect("it decrypts").to_string(),
            op_keys: KeySet::parse(&op_jwks).expect("a key set"),
            op_jwks,
            clock: scene.clock,
        }
    }

    /// The OP's signing key, as published.
    fn op_jwk(&self) -> Map<String, Value> {
        jwk(&self.op_jwks, |key| key["use"] == "sig")
    }

    /// With this library, from a signed token.
    fn verified(&self, jws: &str) -> Box<User> {
        let verified = internals::verify(jws, SignatureCheck::Rs256(&self.op_keys));
        let claims = verified.expect("it was signed").claims;
        let who = (self.issuer.as_str(), CLIENT_ID, NONCE);
        let sub = internals::check_id_token(&claims, who, Platform::now(&self.clock));
        internals::user(sub.expect("it passes"), claims)
    }
}

fn jwk(jwks: &[u8], wanted: impl Fn(&Value) -> bool) -> Map<String, Value> {
    let jwks: Value = serde_json::from_slice(jwks).expect("JSON");
    let mut keys = jwks["keys"].as_array().into_iter().flatten();
    keys.find(|key| wanted(key)).and_then(Value::as_object).expect("a key").clone()
}

/// A future that waits for nothing.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("everything is there"),
    }
}

/// A signed ID token, not encrypted, with the keys ready.
fn signed_only(subject: &Subject) {
    let verifier = CoreIdTokenVerifier::new_public_client(
        ClientId::new(CLIENT_ID.to_owned()),
        IssuerUrl::new(subject.issuer.clone()).expect("a URL"),
        serde_json::from_slice::<CoreJsonWebKeySet>(&subject.op_jwks).expect("a key set"),
    );
    let nonce = Nonce::new(NONCE.to_owned());
    let openidconnect = |()| -> CoreIdTokenClaims {
        let token = CoreIdToken::from_str(&subject.signed).expect("a token");
        token.claims(&verifier, &nonce).expect("it passes").clone()
    };

    let jwk = subject.op_jwk();
    let text = |name: &str| jwk[name].as_str().expect("a number");
    let key = DecodingKey::from_rsa_components(text("n"), text("e")).expect("a key");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[CLIENT_ID]);
    validation.set_issuer(&[&subject.issuer]);
    let jsonwebtoken = |()| {
        let token = jsonwebtoken::decode::<Map<String, Value>>(&subject.signed, &key, &validation);
        token.expect("it passes").claims
    };

    let key = serde_json::from_value(Value::Object(subject.op_jwk())).expect("a key");
    let validator = JwtValidator::builder()
        .verifier(AsymmetricPublicKey::from_jwk(key).expect("a key"))
        .iss(subject.issuer.clone())
        .aud(CLIENT_ID)
        .require_exp(true)
        .require_iat(true)
        .build();
    let huskarl = |()| -> IdTokenClaims {
        let token = ready(validator.validate::<IdTokenClaims>(&subject.signed));
        let claims = token.expect("it passes").claims;
        assert_eq!(claims.nonce.as_deref(), Some(NONCE));
        claims
    };

    compare(
        "ID token that is only signed: verify, check, read",
        [
            ("itsme", way(20, || (), |()| subject.verified(&subject.signed))),
            ("openidconnect", way(20, || (), openidconnect)),
            ("huskarl", way(20, || (), huskarl)),
            ("jsonwebtoken, JSON only", way(20, || (), jsonwebtoken)),
        ],
    );
}

/// An ID token as itsme sends it. josekit reads the keys on each call, as its examples do.
fn nested(subject: &Subject) {
    let keys = private_keys();
    let itsme = |()| {
        let inner = internals::open(&subject.nested, internals::decryption(&keys), usize::MAX);
        subject.verified(&inner.expect("it decrypts"))
    };
    let own = jwk(private_jwks().as_bytes(), |key| key["kid"] == "rp-enc-1");
    let theirs = subject.op_jwk();
    let josekit = |()| -> Map<String, Value> {
        let own = Jwk::from_map(own.clone()).expect("a key");
        let decrypter = RSA_OAEP_256.decrypter_from_jwk(&own).expect("a key");
        let inner = josekit::jwe::deserialize_compact(&subject.nested, &decrypter);
        let theirs = Jwk::from_map(theirs.clone()).expect("a key");
        let verifier = RS256.verifier_from_jwk(&theirs).expect("a key");
        let verified = josekit::jws::deserialize_compact(inner.expect("it decrypts").0, &verifier);
        serde_json::from_slice(&verified.expect("it was signed").0).expect("JSON")
    };
    compare(
        "nested ID token: decrypt, verify, check, read",
        [("itsme", way(4, || (), itsme)), ("josekit, JSON only", way(4, || (), josekit))],
    );
}

fn main() {
    let subject = Subject::new();
    signed_only(&subject);
    nested(&subject);
}
