use serde::Serialize;
use serde_json::{Map, Value, json};

pub use crate::jose::*;
use crate::{
    client_auth::assertion,
    error::TokenError,
    ground::{secret::Secret, time::UnixTime},
    settings::{
        Settings, credentials::ClientSecret, environment::Environment, identity::ClientIdentity,
        leeway::Leeway, private_keys::PrivateKeys,
    },
    tokens::{
        claims::Expected,
        id_token::{Binding, IdTokenChecks},
        requested::Requested,
        userinfo,
    },
    user::User,
};

/// The decryption that a client with these keys does.
pub fn decryption(keys: &PrivateKeys) -> Decryption<'_> {
    Decryption::PrivateKeys(keys.decryption_keys())
}

/// The key that a client with these keys signs with.
pub fn signing_key(keys: &PrivateKeys) -> &OwnKey {
    keys.signing_key()
}

/// The claim checks of an ID token, where nothing but a login was asked for.
pub fn check_id_token(
    claims: &Map<String, Value>,
    (issuer, client_id, nonce): (&str, &str, &str),
    now: UnixTime,
) -> Result<String, TokenError> {
    let environment = Environment::custom(issuer);
    let settings = Settings::new(client_id, ClientSecret::new("unused"), environment);
    let requested = json!({ "at": now });
    let requested: Requested = serde_json::from_value(requested).expect("the rest is optional");
    let checks = IdTokenChecks {
        client: &settings.identity(),
        settings: &settings,
        binding: &Binding::Nonce(Secret::new(nonce)),
        access_token: &Secret::new(""),
        requested: &requested,
    };
    checks.check(claims, now).map(|authentication| authentication.sub)
}

/// The claim checks of a userinfo answer.
pub fn check_userinfo(
    claims: &Map<String, Value>,
    (issuer, client_id, sub): (&str, &str, &str),
    now: UnixTime,
) -> Result<(), TokenError> {
    let client = ClientIdentity { issuer: issuer.to_owned(), client_id: client_id.to_owned() };
    let expected = Expected { client: &client, sub: Some(sub) };
    userinfo::check(claims, expected, (now, Leeway::DEFAULT))
}

/// What is read of the claims of a checked ID token.
pub fn user(sub: String, claims: Map<String, Value>) -> User {
    User::read(sub, claims)
}

/// The claims of a client assertion.
pub fn assertion_claims<'a>(
    client_id: &'a str,
    audience: &'a str,
    jti: String,
    now: UnixTime,
) -> impl Serialize + use<'a> {
    assertion::claims(client_id, audience, jti, now)
}
