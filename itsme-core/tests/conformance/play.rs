//! How a module is run: one login with an honest OP, then one in which the OP does what the module says.

use itsme_core::{
    AuthorizationRequest, DriveError, Error, LoggedIn, Scope, SendFailure, TokenError,
};
use itsme_testkit::{Document, Fault, SERVICE};
use josekit::{
    jwk::{
        Jwk,
        alg::ec::{EcCurve, EcKeyPair},
    },
    jws::{ES256, JwsHeader, JwsSigner, PS256, serialize_compact},
};
use serde_json::{Map, Value, json};

use crate::{
    common::{DISCOVERY, Scene, TOKEN, USERINFO, flow_error, id_token_error},
    forge::{forge, jwe, op_jwk, to_keys},
};

pub type Members = Map<String, Value>;

pub type Play = fn(&mut Scene) -> Result<LoggedIn, DriveError<SendFailure>>;

/// Its claims come only by userinfo, so a client that continues with a bad ID token is noticed there.
pub fn login() -> AuthorizationRequest {
    AuthorizationRequest::login(SERVICE).scope(Scope::Profile).scopes_by_userinfo()
}

fn by_browser(scene: &mut Scene) -> Result<LoggedIn, DriveError<SendFailure>> {
    scene.log_in_for(login())
}

/// Logs someone in first, so that what follows is refused only for what is wrong with it.
pub fn trusted(mut scene: Scene, play: Play) -> Scene {
    play(&mut scene).expect("the OP is honest");
    assert_eq!(scene.op.asked().last(), Some(&USERINFO));
    scene.op.forget_asked();
    scene
}

pub fn honest() -> Scene {
    trusted(Scene::new(), by_browser)
}

/// The ID token is refused with this error, and nothing is requested afterwards.
pub fn refused_in(
    (scene, play): (Scene, Play),
    misbehave: impl FnOnce(&mut Scene),
    error: impl Into<TokenError>,
) {
    let mut scene = trusted(scene, play);
    misbehave(&mut scene);
    assert_eq!(id_token_error(play(&mut scene)), error.into());
    assert_eq!(scene.op.asked().last(), Some(&TOKEN));
}

pub fn accepted_in(
    (scene, play): (Scene, Play),
    misbehave: impl FnOnce(&mut Scene),
) -> (LoggedIn, Scene) {
    let mut scene = trusted(scene, play);
    misbehave(&mut scene);
    let who = play(&mut scene).expect("it is not a fault");
    assert_eq!(scene.op.asked().last(), Some(&USERINFO));
    (who, scene)
}

pub fn refused(misbehave: impl FnOnce(&mut Scene), error: impl Into<TokenError>) {
    refused_at(Scene::new(), misbehave, error);
}

/// The same with another client.
pub fn refused_at(scene: Scene, misbehave: impl FnOnce(&mut Scene), error: impl Into<TokenError>) {
    refused_in((scene, by_browser), misbehave, error);
}

pub fn accepted(misbehave: impl FnOnce(&mut Scene)) -> (LoggedIn, Scene) {
    accepted_in((Scene::new(), by_browser), misbehave)
}

/// How a login fails to start if the metadata names another issuer.
pub fn with_foreign_metadata() -> Error {
    let mut scene = Scene::new();
    scene.op.alter(Document::Discovery, |it| {
        it["issuer"] = json!(format!("{}INVALID", it["issuer"].as_str().expect("text")));
    });
    let error = flow_error(scene.play(scene.client.authorize(login())));
    assert_eq!(scene.op.asked(), [DISCOVERY]);
    error
}

/// One of the testkit's faults.
pub fn fault(name: &str) -> impl FnOnce(&mut Scene) {
    let fault = Fault::named(name).expect("it is in the list");
    move |scene| fault.inject(&mut scene.op)
}

pub fn altered(
    document: Document,
    change: impl FnMut(&mut Members) + Send + 'static,
) -> impl FnOnce(&mut Scene) {
    move |scene| scene.op.alter(document, change)
}

pub fn claims(change: impl FnMut(&mut Members) + Send + 'static) -> impl FnOnce(&mut Scene) {
    altered(Document::IdToken, change)
}

pub fn without(claim: &'static str) -> impl FnOnce(&mut Scene) {
    claims(move |it| drop(it.remove(claim)))
}

/// The suite spoils a text by appending a digit.
pub fn with_a_digit(claim: &'static str) -> impl FnOnce(&mut Scene) {
    claims(move |it| it[claim] = json!(format!("{}1", it[claim].as_str().expect("text"))))
}

/// Sets a time claim to this many seconds before now.
pub fn seconds_ago(claim: &'static str, seconds: u64) -> impl FnOnce(&mut Scene) {
    claims(move |it| it[claim] = json!(it["iat"].as_u64().expect("a time") - seconds))
}

pub fn a_second_audience() -> impl FnOnce(&mut Scene) {
    claims(|it| it["aud"] = json!([it["aud"], format!("{}1", it["aud"].as_str().expect("text"))]))
}

pub fn the_audience_in_a_list() -> impl FnOnce(&mut Scene) {
    claims(|it| it["aud"] = json!([it["aud"]]))
}

/// The OP publishes other keys, and the client has fetched them.
pub fn published(
    mut change: impl FnMut(&mut Vec<Value>) + Send + 'static,
) -> impl FnOnce(&mut Scene) {
    move |scene| {
        scene.op.alter(Document::KeySet, move |set| {
            change(set["keys"].as_array_mut().expect("keys"));
        });
        scene.play(scene.client.refresh()).expect("the OP answers");
    }
}

/// The OP's key signs correctly, but with an algorithm that was not agreed.
pub fn signed_with_ps256() -> impl FnOnce(&mut Scene) {
    let key = Jwk::from_bytes(op_jwk("s1").to_string()).expect("a key");
    let signer = PS256.signer_from_jwk(&key).expect("it signs");
    move |scene| {
        forge(scene, Document::IdToken, move |claims| to_keys(&jwe(), &signed(claims, &signer)));
    }
}

/// The OP signs with an ES256 key that it publishes.
pub fn signed_with_es256(spoil: fn(String) -> String) -> impl FnOnce(&mut Scene) {
    let pair = EcKeyPair::generate(EcCurve::P256).expect("a key");
    let public = serde_json::to_value(pair.to_jwk_public_key().as_ref()).expect("JSON");
    let signer = ES256.signer_from_jwk(&pair.to_jwk_private_key()).expect("it signs");
    move |scene| {
        published(move |keys| keys.push(public.clone()))(scene);
        forge(scene, Document::IdToken, move |claims| {
            to_keys(&jwe(), &spoil(signed(claims, &signer)))
        });
    }
}

fn signed(claims: &str, signer: &dyn JwsSigner) -> String {
    serialize_compact(claims.as_bytes(), &JwsHeader::new(), signer).expect("it signs")
}

/// A JWS with another signature.
pub fn damaged(jws: String) -> String {
    let (message, signature) = jws.rsplit_once('.').expect("a signature");
    let other = if signature.starts_with('A') { "B" } else { "A" };
    format!("{message}.{other}{}", &signature[1..])
}
