//! Tokens as an honest OP makes them, except for what a test changes, and how logins with them end.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
};

use itsme_core::{
    AuthorizationRequest, Client, ClientSecret, Environment, JoseError, PrivateKeys, Scope,
    Settings, TokenError,
    internals::{
        ContentEncryption, KeyEncryption, KeySet, OwnKey, Signer, base64url, base64url_decode,
        encrypt, sha256, sign_compact, signing_key,
    },
};
use itsme_testkit::{
    CLIENT_SECRET, Document, FakeOp, REDIRECT_URI, RegisteredClient, SECRET_CLIENT_ID, SERVICE,
    World, private_keys,
};
use openssl::{bn::BigNum, pkey::Public, rsa::Rsa};
use serde_json::{Map, Value, json};

use crate::common::{Scene, id_token_error, userinfo_error};

/// Makes a token from the claims that an honest OP would have put into it.
pub trait Forge: Fn(&str) -> String + Clone + Send + 'static {}
impl<F: Fn(&str) -> String + Clone + Send + 'static> Forge for F {}

/// The fake OP's private keys, of which it publishes `s1` and `e1`.
static OP_KEYS: LazyLock<Value> = LazyLock::new(|| {
    let keys = include_str!("../../../itsme-testkit/src/fixtures/op_private_jwks.json");
    serde_json::from_str(keys).expect("the fixture is JSON")
});

pub fn op_jwk(kid: &str) -> Value {
    let mut keys = OP_KEYS["keys"].as_array().expect("keys").iter();
    keys.find(|key| key["kid"] == kid).expect("the fixture has the key").clone()
}

/// The public half of one of them.
pub fn public_jwk(kid: &str) -> Value {
    let jwk = op_jwk(kid);
    json!({ "kty": "RSA", "kid": kid, "n": jwk["n"], "e": jwk["e"] })
}

/// One of them, to sign with, whatever it is for.
pub fn op_key(kid: &str) -> &'static Arc<OwnKey> {
    static KEYS: LazyLock<HashMap<&str, Arc<OwnKey>>> = LazyLock::new(|| {
        let key = |kid| {
            let signing = with(op_jwk(kid), "use", json!("sig"));
            let keys = json!({ "keys": [signing, op_jwk("e2")] }).to_string();
            Arc::clone(signing_key(&PrivateKeys::from_json(&keys).expect("keys")))
        };
        ["s1", "s2", "e1"].map(|kid| (kid, key(kid))).into()
    });
    &KEYS[kid]
}

pub fn with(mut object: Value, member: &str, value: Value) -> Value {
    object[member] = value;
    object
}

pub fn without(mut object: Value, member: &str) -> Value {
    object.as_object_mut().expect("an object").remove(member);
    object
}

/// The header of an honest signature.
pub fn jws() -> Value {
    json!({ "alg": "RS256", "kid": "s1" })
}

/// The header of honest encryption.
pub fn jwe() -> Value {
    json!({ "alg": "RSA-OAEP-256", "enc": "A128CBC-HS256", "cty": "JWT", "kid": "rp-enc-1" })
}

pub fn dir() -> Value {
    json!({ "alg": "dir", "enc": "A256GCM" })
}

pub fn signed(header: &Value, payload: &str, kid: &str) -> String {
    sign_compact(&header.to_string(), payload, Signer::Rs256(op_key(kid)))
}

pub fn hmac_signed(header: &Value, payload: &str, key: &[u8]) -> String {
    sign_compact(&header.to_string(), payload, Signer::Hs256(key))
}

pub fn unsigned(header: &Value, payload: &str) -> String {
    format!("{}.{}.", base64url(header.to_string()), base64url(payload))
}

pub const CONTENT_KEY: [u8; 32] = [7; 32];

/// The content key, encrypted to the client.
pub fn wrapped(alg: KeyEncryption) -> Vec<u8> {
    let keys = KeySet::parse(private_keys().public_jwks().as_bytes()).expect("keys");
    let (to, enc) = (keys.encryption_key().expect("a key"), ContentEncryption::A128CbcHs256);
    let jwe = encrypt(b"", to, alg, enc, &CONTENT_KEY, &[9; 16]).expect("it encrypts");
    base64url_decode(jwe.split('.').nth(1).expect("a part")).expect("base64url")
}

/// The five parts of a JWE as bytes; the header is not decoded.
pub type Parts = [Vec<u8>; 5];

pub fn seal(header: &Value, key: &[u8; 32], encrypted_key: Vec<u8>, plaintext: &str) -> Parts {
    let enc = ContentEncryption::from_name(header["enc"].as_str().unwrap_or_default());
    let enc = enc.unwrap_or(ContentEncryption::A128CbcHs256);
    let (header, iv) = (base64url(header.to_string()), vec![9; enc.iv()]);
    let sealed = enc.encrypt(key, &iv, header.as_bytes(), plaintext.as_bytes());
    let (ciphertext, tag) = sealed.expect("it encrypts");
    [header.into_bytes(), encrypted_key, iv, ciphertext, tag.to_vec()]
}

pub fn compact([header, parts @ ..]: &Parts) -> String {
    let header = String::from_utf8_lossy(header).into_owned();
    parts.iter().fold(header, |jwe, part| jwe + "." + &base64url(part))
}

pub fn parts_to_keys(header: &Value, plaintext: &str) -> Parts {
    let alg = KeyEncryption::from_name(header["alg"].as_str().unwrap_or_default());
    seal(header, &CONTENT_KEY, wrapped(alg.unwrap_or(KeyEncryption::RsaOaep256)), plaintext)
}

/// Encrypted to the client with keys.
pub fn to_keys(header: &Value, plaintext: &str) -> String {
    compact(&parts_to_keys(header, plaintext))
}

/// Encrypted to the client with a secret.
pub fn to_secret(header: &Value, plaintext: &str) -> String {
    compact(&seal(header, &sha256(&[CLIENT_SECRET.as_bytes()]), Vec::new(), plaintext))
}

pub fn honest(payload: &str) -> String {
    to_keys(&jwe(), &signed(&jws(), payload, "s1"))
}

pub fn secret_scene(secret: ClientSecret) -> Scene {
    let world = World::new();
    let op = FakeOp::new(world.clock());
    let environment = Environment::custom(op.issuer());
    let settings = Settings::new(SECRET_CLIENT_ID, secret, environment).redirect_uri(REDIRECT_URI);
    let client = Client::new(settings).expect("the settings are sound");
    Scene { world, op, client }
}

/// A client with a secret, whose tokens are signed with the OP's keys.
pub fn direct() -> Scene {
    secret_scene(ClientSecret::new(CLIENT_SECRET))
}

/// A client whose secret signs as well.
pub fn hs256() -> Scene {
    let mut scene = secret_scene(ClientSecret::new(CLIENT_SECRET).hs256());
    let client = RegisteredClient::with_secret(SECRET_CLIENT_ID, CLIENT_SECRET).hs256();
    scene.op.register(client.redirect_uri(REDIRECT_URI).service(SERVICE));
    scene
}

/// From now on, the OP's tokens of this kind are forged.
pub fn forge(scene: &mut Scene, document: Document, forge: impl Forge) {
    let claims = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&claims);
    scene.op.alter(document, move |claims| {
        *seen.lock().expect("no panic") = json!(claims).to_string();
    });
    let token = move || forge(&claims.lock().expect("no panic"));
    if document == Document::IdToken {
        scene.op.alter(Document::TokenAnswer, move |answer| {
            answer.insert("id_token".into(), json!(token()));
        });
    } else {
        scene.op.tamper("/userinfo", move |answer| *answer.body_mut() = token().into_bytes());
    }
}

/// How a login with both kinds of tokens ends if those of this kind are forged.
pub fn log_in(scene: &mut Scene, document: Document) -> Result<(), TokenError> {
    let result = scene.log_in_for(
        AuthorizationRequest::login(SERVICE).scope(Scope::Profile).scopes_by_userinfo(),
    );
    if result.is_ok() {
        return Ok(());
    }
    Err(if document == Document::IdToken { id_token_error(result) } else { userinfo_error(result) })
}

/// How a forged token ends, which is the same for an ID token and for a userinfo response.
pub fn fate_at(scene: fn() -> Scene, token: impl Forge) -> Result<(), TokenError> {
    let [id_token, userinfo] = [Document::IdToken, Document::Userinfo].map(|document| {
        let mut scene = scene();
        forge(&mut scene, document, token.clone());
        log_in(&mut scene, document)
    });
    assert_eq!(id_token, userinfo);
    id_token
}

pub fn fate(token: impl Forge) -> Result<(), TokenError> {
    fate_at(Scene::warm, token)
}

pub fn refused(error: JoseError) -> Result<(), TokenError> {
    Err(error.into())
}

pub fn signed_with(alg: &str) -> Result<(), TokenError> {
    refused(JoseError::SignatureAlgorithm { found: alg.to_owned() })
}

pub fn encrypted_with(alg: &str) -> Result<(), TokenError> {
    refused(JoseError::EncryptionAlgorithm { found: alg.to_owned() })
}

pub fn malformed(what: &'static str) -> Result<(), TokenError> {
    refused(JoseError::Malformed { what })
}

pub fn unknown_key(kid: Option<&str>) -> Result<(), TokenError> {
    let published = vec!["s1".to_owned()];
    refused(JoseError::UnknownSigningKey { kid: kid.map(str::to_owned), published })
}

/// How a login ends if its ID token says this.
pub fn saying(
    change: impl FnMut(&mut Map<String, Value>) + Send + 'static,
) -> Result<(), TokenError> {
    let mut scene = Scene::warm();
    scene.op.alter(Document::IdToken, change);
    log_in(&mut scene, Document::IdToken)
}

pub fn claiming(claim: &'static str, value: Value) -> Result<(), TokenError> {
    saying(move |claims| drop(claims.insert(claim.to_owned(), value.clone())))
}

pub fn rsa(jwk: &Value) -> Rsa<Public> {
    let number = |name: &str| {
        let bytes = base64url_decode(jwk[name].as_str().expect("text")).expect("base64url");
        BigNum::from_slice(&bytes).expect("a number")
    };
    Rsa::from_public_components(number("n"), number("e")).expect("a key")
}
