//! A client, an OP and a clock, with everything cached; and the keys of both sides for code that
//! handles tokens without this library.

use std::time::Duration;

use itsme_core::{
    AuthorizationRequest, Client, Flow, Pending, Platform, Request, Step, drive,
    internals::base64url_decode,
};
use itsme_testkit::{Clock, FakeOp, Person, private_jwks};
use openssl::{
    bn::BigNum,
    pkey::{PKey, Private, Public},
    rsa::{Rsa, RsaPrivateKeyBuilder},
};
use serde_json::Value;

/// With the system's clock and randomness, as in an application.
pub struct Scene {
    pub op: FakeOp,
    pub client: Client,
    pub clock: Clock,
}

/// The nonce of the logins whose ID tokens are measured.
pub const NONCE: &str = "0123456789abcdef0123456789abcdef";

impl Scene {
    pub fn new() -> Self {
        let mut clock = Clock::system();
        let mut op = FakeOp::new(clock.clone());
        op.token_lifetime(Duration::from_secs(24 * 3600));
        let client = Client::new(op.settings()).expect("the settings are sound");
        let send = |request| op.handle(request).map_err(|why| (why, why));
        drive(client.refresh(), &mut clock, send, |_| {}).expect("the OP answers");
        Self { op, client, clock }
    }

    /// The token request of a person who has approved.
    pub fn token_request(&mut self, login: AuthorizationRequest, person: &Person) -> Request {
        let redirect = done(self.client.authorize(login), &mut self.clock);
        let callback = self.op.approve(&redirect.url, person);
        sent(self.client.finish_login(redirect.state, callback), &mut self.clock).0
    }

    /// The ID token that the OP returns, with [`NONCE`].
    pub fn id_token(&mut self, login: AuthorizationRequest, person: &Person) -> String {
        let request = self.token_request(login.nonce(NONCE), person);
        let answer = self.op.handle(request).expect("an answer");
        let members: Value = serde_json::from_slice(answer.body()).expect("JSON");
        members["id_token"].as_str().expect("an ID token").to_owned()
    }

    /// The OP's key set as published.
    pub fn key_set(&mut self) -> Vec<u8> {
        let uri = format!("{}/jwkSet", self.op.issuer());
        let request = http::Request::get(uri).body(Vec::new()).expect("a request");
        self.op.handle(request).expect("an answer").into_body()
    }

    /// The OP's public key for this use.
    pub fn op_key(&mut self, usage: &str) -> PKey<Public> {
        let jwks: Value = serde_json::from_slice(&self.key_set()).expect("JSON");
        let jwk = key(&jwks, usage);
        let key = Rsa::from_public_components(number(jwk, "n"), number(jwk, "e"));
        PKey::from_rsa(key.expect("a key")).expect("a key")
    }
}

/// The client's private key for this use.
pub fn own_key(usage: &str) -> PKey<Private> {
    let jwks: Value = serde_json::from_str(private_jwks()).expect("JSON");
    let jwk = key(&jwks, usage);
    let number = |name| number(jwk, name);
    let key = RsaPrivateKeyBuilder::new(number("n"), number("e"), number("d"))
        .and_then(|key| key.set_factors(number("p"), number("q")))
        .and_then(|key| key.set_crt_params(number("dp"), number("dq"), number("qi")));
    PKey::from_rsa(key.expect("a key").build()).expect("a key")
}

fn key<'a>(jwks: &'a Value, usage: &str) -> &'a Value {
    let mut keys = jwks["keys"].as_array().into_iter().flatten();
    keys.find(|key| key["use"] == usage).expect("a key for this use")
}

fn number(jwk: &Value, name: &str) -> BigNum {
    let bytes = base64url_decode(jwk[name].as_str().expect("a number")).expect("base64url");
    BigNum::from_slice(&bytes).expect("a number")
}

/// The result of a flow that sends nothing.
pub fn done<T>(flow: Flow<T>, env: &mut impl Platform) -> T {
    match flow.start(env).expect("nothing goes wrong") {
        Step::Done(output) => output,
        other => panic!("everything is cached, yet {other:?}"),
    }
}

/// The request of a flow that sends one immediately, and what waits for the response.
pub fn sent<T>(flow: Flow<T>, env: &mut impl Platform) -> (Request, Pending<T>) {
    match flow.start(env).expect("nothing goes wrong") {
        Step::Send(request, pending) => (request, pending),
        other => panic!("a request, not {other:?}"),
    }
}
