use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

pub use crate::jose::*;
use crate::{
    client_auth::assertion,
    error::TokenError,
    ground::{secret::Secret, time::UnixTime},
    settings::private_keys::PrivateKeys,
    tokens::{
        id_token::{Binding, Expected},
        requested::Requested,
        userinfo,
    },
    user::User,
};

const LEEWAY: Duration = Duration::from_secs(60);

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
    let asked = Requested {
        at: now,
        service: String::new(),
        claims_sha256: None,
        scopes: Vec::new(),
        in_userinfo: false,
        image: false,
        sub: None,
        acr: None,
        max_age: None,
    };
    let expected = Expected {
        issuer,
        client_id,
        binding: &Binding::Nonce(Secret::new(nonce)),
        access_token: &Secret::new(""),
        asked: &asked,
        leeway: LEEWAY,
        accept_weaker_acr: false,
        require_auth_time: false,
    };
    expected.check(claims, now).map(|authentication| authentication.sub)
}

/// The claim checks of a userinfo answer.
pub fn check_userinfo(
    claims: &Map<String, Value>,
    who: (&str, &str, &str),
    now: UnixTime,
) -> Result<(), TokenError> {
    userinfo::check(claims, who, (now, LEEWAY))
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
