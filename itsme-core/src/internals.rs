use std::sync::Arc;

use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

pub use crate::ground::json::Members;
pub use crate::jose::{
    ContentEncryption, Decryption, Direct, KeyEncryption, KeyHome, KeySet, MAX_TOKEN, OwnJwk,
    OwnKey, PublicKey, RsaPrivateKey, SignatureCheck, Signer, Verified, base64url,
    base64url_decode, constant_time_eq, encrypt, hmac_sha256, sha256, verify,
};
use crate::{
    client::Client,
    client_auth::{
        assertion,
        jwt::{JWT, MakeJwt, Seal},
    },
    error::{EntropyError, TokenError},
    flow::{Flow, attempt::SendFailure, drive::drive, machine::Machine, platform::Platform},
    ground::{check::Subject, secret::Secret, time::UnixTime, wiped::Wiped},
    jose::{JoseError, UnsignedJws},
    recording::{Recording, Replay},
    settings::{
        Settings,
        credentials::{ClientSecret, Credentials},
        environment::Environment,
        identity::ClientIdentity,
        leeway::Leeway,
        private_keys::PrivateKeys,
    },
    tokens::{
        claims::{TokenClaims, TokenParties, TokenTimes},
        id_token::{self, Binding, IdTokenLogin},
        open::OpenToken,
        requested::Requested,
        userinfo::UserinfoClaims,
    },
    user::User,
};

/// The client, set to record every flow of a login, whatever its outcome.
pub fn recording_all(
    client: Client,
    recorder: impl Fn(Recording) + Send + Sync + 'static,
) -> Client {
    client.on_end(recorder)
}

/// A replay of an opened recording, whoever created it.
pub fn replay(opened: &str, credentials: Credentials) -> Option<Replay> {
    Replay::new(Zeroizing::new(opened.to_owned()), credentials).ok()
}

/// The decryption for a client with these keys.
pub fn decryption(keys: &PrivateKeys) -> Decryption {
    Decryption::PrivateKeys(keys.decryption_keys().to_vec())
}

/// The signing key of a client with these keys.
pub fn signing_key(keys: &PrivateKeys) -> &Arc<OwnKey> {
    keys.signing_key()
}

/// Opens a nested JWT and returns its inner JWS, as a login does.
pub fn open(token: &str, decryption: Decryption, limit: usize) -> Result<Wiped<String>, JoseError> {
    run(OpenToken::new(Secret::new(token), decryption, limit), |decoy| decoy.fill(0xd5))
}

/// Signs claims, as for a request object.
pub fn sign(claims: &impl Serialize, signer: Signer<'_>) -> String {
    let jws = UnsignedJws::new(JWT, claims, signer).expect("claims are JSON");
    run(MakeJwt::new(jws, signer, None), |_| ())
}

/// Signs a given header and payload.
pub fn sign_compact(header: &str, payload: &str, signer: Signer<'_>) -> String {
    let jws = UnsignedJws::of_parts(header.as_bytes(), payload.as_bytes());
    run(MakeJwt::new(jws, signer, None), |_| ())
}

/// Signs claims and encrypts the JWS, as for a client assertion. `random` fills a buffer.
pub fn sign_then_encrypt(
    claims: &impl Serialize,
    signer: Signer<'_>,
    to: &Arc<PublicKey>,
    default: KeyEncryption,
    enc: ContentEncryption,
    random: impl FnMut(&mut [u8]),
) -> String {
    let seal = Seal { to: Arc::clone(to), default, enc };
    let jws = UnsignedJws::new(JWT, claims, signer).expect("claims are JSON");
    run(MakeJwt::new(jws, signer, Some(seal)), random)
}

/// Runs a state machine that needs only local keys.
fn run<M>(machine: M, random: impl FnMut(&mut [u8])) -> M::Output
where
    M: Machine + Send + 'static,
{
    let flow: Flow<M::Output> = Flow::of("internals", Ok(machine));
    let nothing_is_sent = |_| Err((SendFailure::NotSent, ()));
    drive(flow, &mut Random(random), nothing_is_sent, |_| ()).expect("OpenSSL works")
}

struct Random<R>(R);

impl<R: FnMut(&mut [u8])> Platform for Random<R> {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(0)
    }

    fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
        (self.0)(buf);
        Ok(())
    }
}

/// Checks the claims of an ID token for a plain login.
pub fn check_id_token(
    claims: &Members,
    (issuer, client_id, nonce): (&str, &str, &str),
    now: UnixTime,
) -> Result<String, TokenError> {
    let environment = Environment::custom(issuer);
    let settings = Settings::new(client_id, ClientSecret::new("unused"), environment);
    let requested = json!({ "at": now });
    let requested: Requested = serde_json::from_value(requested).expect("the rest is optional");
    let client = &settings.identity();
    let parties = TokenParties { client, other_audiences: &[] };
    let login = IdTokenLogin {
        binding: &Binding::Nonce(Secret::new(nonce)),
        requested: &requested,
        access_token: Some(&Secret::new("")),
    };
    let checked = id_token::check(claims, (parties, &settings), login, now);
    checked.map(|authentication| authentication.sub)
}

/// Checks the claims of a userinfo response.
pub fn check_userinfo(
    claims: &Members,
    (issuer, client_id, sub): (&str, &str, &str),
    now: UnixTime,
) -> Result<(), TokenError> {
    let client = ClientIdentity { issuer: issuer.to_owned(), client_id: client_id.to_owned() };
    let parties = TokenParties { client: &client, other_audiences: &[] };
    let times = TokenTimes { asked: Some(now), now, leeway: Leeway::DEFAULT };
    let claims = TokenClaims::new(claims);
    UserinfoClaims { claims, parties, sub: Some(sub), times }.verify()
}

/// Reads the claims of a checked ID token.
pub fn user(sub: String, claims: Members) -> Box<User> {
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
