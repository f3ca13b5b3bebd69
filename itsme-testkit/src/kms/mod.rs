//! A fake key management service, in the shape of the big clouds': it signs and unwraps over HTTP with keys
//! that nobody else has.

mod client;

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use http::{Method, StatusCode, header};
use itsme_core::{KeyOperation, KeyResult, PrivateKeys, Request, Response, SendFailure};
use serde_json::{Value, json};

pub use self::client::{KmsClient, KmsError};
use crate::{
    Reaction, Wire,
    jose::{OwnKey, decode, encode},
};

/// A fake KMS, which answers requests in memory; `KmsServer` (feature `server`) puts it on loopback.
///
/// `POST /keys/KID/sign` with `{"alg":"RS256","value":DIGEST}` and `POST /keys/KID/unwrapkey` with
/// `{"alg":"RSA-OAEP-256","value":ENCRYPTED}` answer `{"kid":KID,"value":…}`, all bytes in base64url, to whoever
/// has the bearer [`token`](Self::token). Errors are `{"error":{"code":…,"message":…}}`: 400, 401, 403, 404 and,
/// under load, 429.
///
/// ```
/// use itsme_core::{AuthorizationRequest, Client, drive_with_keys};
/// use itsme_testkit::{FakeKms, FakeOp, Person, SERVICE, World};
///
/// let mut world = World::new();
/// let (mut op, mut kms) = (FakeOp::new(world.clock()), FakeKms::new());
/// let client = Client::new(op.settings_with(kms.keys()))?;
/// # let clock = world.clock();
/// let op = std::cell::RefCell::new(op);
/// let send = |request| op.borrow_mut().handle(request).map_err(|why| (why, why));
/// let sleep = |time| clock.advance(time);
///
/// let login = client.authorize(AuthorizationRequest::login(SERVICE));
/// let login = drive_with_keys(login, &mut world, send, sleep, |operation| kms.use_key(&operation))?;
/// let callback = op.borrow_mut().approve(&login.url, &Person::ann());
/// let login = client.finish_login(login.state, callback);
/// let who = drive_with_keys(login, &mut world, send, sleep, |operation| kms.use_key(&operation))?;
/// assert_eq!(who.user.sub, op.borrow().sub_of(&Person::ann()));
///
/// let calls: Vec<_> = kms.calls().iter().map(|call| call.algorithm.as_str()).collect();
/// assert_eq!(calls, ["RS256", "RSA-OAEP-256"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FakeKms {
    base: String,
    keys: Vec<Arc<OwnKey>>,
    calls: Vec<KeyCall>,
    mischief: Mischief,
}

/// One operation that a KMS was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyCall {
    /// With which key.
    pub kid: String,
    /// `RS256`, `RSA-OAEP` or `RSA-OAEP-256`.
    pub algorithm: String,
}

type Decision = Box<dyn FnMut(&KeyCall) -> Option<Reaction> + Send>;
type Tampering = Box<dyn FnMut(&KeyCall, &mut Vec<u8>) + Send>;

#[derive(Default)]
struct Mischief {
    decisions: Vec<Decision>,
    tamperings: Vec<Tampering>,
}

/// Why a call is refused.
struct Refused(StatusCode, &'static str, &'static str);

impl Default for FakeKms {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeKms {
    /// With two keys: `kms-sig-1` to sign with, and `kms-enc-1` to decrypt with. They are made anew in each
    /// process.
    pub fn new() -> Self {
        static KEYS: OnceLock<[Arc<OwnKey>; 2]> = OnceLock::new();
        let make = |kid, usage| Arc::new(OwnKey::generate(kid, usage));
        let keys = KEYS.get_or_init(|| [make("kms-sig-1", "sig"), make("kms-enc-1", "enc")]);
        Self {
            base: "https://kms.example".to_owned(),
            keys: keys.to_vec(),
            calls: Vec::new(),
            mischief: Mischief::default(),
        }
    }

    /// With the keys of a private JWK set, in place of those that it makes for itself.
    ///
    /// # Panics
    /// `private_jwks` is no JWK set whose keys have all their numbers.
    #[must_use]
    pub fn with_keys(self, private_jwks: &str) -> Self {
        let jwks: Value = serde_json::from_str(private_jwks).expect("a JWK set is JSON");
        let jwks = jwks["keys"].as_array().expect("a JWK set has keys");
        let keys = jwks.iter().map(|jwk| Arc::new(OwnKey::from_jwk(jwk))).collect();
        Self { keys, ..self }
    }

    #[cfg(feature = "server")]
    pub(crate) fn at(self, base: String) -> Self {
        Self { base, ..self }
    }

    /// Makes one more key, for `usage` `sig` or `enc`. Gives its public JWK set.
    pub fn make_key(&mut self, kid: &str, usage: &str) -> String {
        let key = Arc::new(OwnKey::generate(kid, usage));
        let jwks = json!({ "keys": [key.public_jwk()] }).to_string();
        self.keys.push(key);
        jwks
    }

    /// The public JWK set of its keys.
    pub fn public_jwks(&self) -> String {
        let keys: Vec<&Value> = self.keys.iter().map(|key| key.public_jwk()).collect();
        json!({ "keys": keys }).to_string()
    }

    /// The same, for a client whose keys it holds.
    ///
    /// # Panics
    /// It has no key of one kind.
    pub fn keys(&self) -> PrivateKeys {
        PrivateKeys::external(&self.public_jwks()).expect("the keys are sound")
    }

    /// A client for it.
    pub fn client(&self) -> KmsClient {
        KmsClient::new(&self.base, self.token())
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.base
    }

    /// The bearer token that it wants to see.
    pub fn token(&self) -> &'static str {
        "a token for tests"
    }

    /// What was asked of it and reached it, in order.
    pub fn calls(&self) -> &[KeyCall] {
        &self.calls
    }

    /// Has an operation done in memory, through its [client](Self::client).
    pub fn use_key(&mut self, operation: &KeyOperation) -> KeyResult {
        let client = self.client();
        client.outcome(self.handle(client.request(operation)).ok())
    }

    /// Signs a digest with any of its keys, whatever was asked of it: nothing if it has no such key.
    pub fn sign(&self, kid: &str, digest: &[u8; 32]) -> Vec<u8> {
        let call = KeyCall { kid: kid.to_owned(), algorithm: "RS256".to_owned() };
        self.make(&call, digest).unwrap_or_default()
    }

    /// From now on, every call meets with what this says, if it says something.
    pub fn react_when(
        &mut self,
        decide: impl FnMut(&KeyCall) -> Option<Reaction> + Send + 'static,
    ) {
        self.mischief.decisions.push(Box::new(decide));
    }

    /// From now on, changes what it has made before it is sent.
    pub fn tamper(&mut self, change: impl FnMut(&KeyCall, &mut Vec<u8>) + Send + 'static) {
        self.mischief.tamperings.push(Box::new(change));
    }

    /// All is well again.
    pub fn recover(&mut self) {
        self.mischief = Mischief::default();
    }

    /// An answer that refuses, as it is one of a KMS.
    pub fn error(status: u16, code: &str) -> Response {
        let error = json!({ "error": { "code": code, "message": "as the test wants it" } });
        let status = StatusCode::from_u16(status).expect("a status of three digits");
        answer(status, &error)
    }

    /// Whether a request is for it.
    pub fn is_for(&self, request: &Request) -> bool {
        request.uri().to_string().starts_with(&self.base)
    }

    /// Answers a request, as a KMS at the end of a wire would; a [`SendFailure`] is the wire's.
    ///
    /// # Errors
    /// It was made to be out of reach.
    pub fn handle(&mut self, request: Request) -> Result<Response, SendFailure> {
        match self.over_the_wire(&request)? {
            (response, None | Some(Wire::Late(_))) => Ok(response),
            _ => Err(SendFailure::Lost),
        }
    }

    /// The same, and what the wire is to do to the answer.
    pub(crate) fn over_the_wire(
        &mut self,
        request: &Request,
    ) -> Result<(Response, Option<Wire>), SendFailure> {
        let (call, value) = match self.read(request) {
            Ok(read) => read,
            Err(refused) => return Ok((refused.response(), None)),
        };
        let reaction = self.mischief.decisions.iter_mut().find_map(|decide| decide(&call));
        if let Some(Reaction::NotSent) = reaction {
            return Err(SendFailure::NotSent);
        }
        self.calls.push(call.clone());
        match reaction {
            Some(Reaction::Reply(response)) => return Ok((response, None)),
            Some(Reaction::Lost | Reaction::AnswerLost) => return Err(SendFailure::Lost),
            _ => {}
        }
        let mut made = match self.make(&call, &value) {
            Ok(made) => made,
            Err(refused) => return Ok((refused.response(), None)),
        };
        for change in &mut self.mischief.tamperings {
            change(&call, &mut made);
        }
        let body = json!({ "kid": call.kid, "value": encode(&made) });
        let wire = match reaction {
            Some(Reaction::Wire(wire)) => Some(wire),
            _ => None,
        };
        Ok((answer(StatusCode::OK, &body), wire))
    }

    /// What is asked for, by whoever may ask.
    fn read(&self, request: &Request) -> Result<(KeyCall, Vec<u8>), Refused> {
        let bearer = format!("Bearer {}", self.token());
        if request.headers().get(header::AUTHORIZATION).is_none_or(|sent| *sent != *bearer) {
            return Err(Refused(StatusCode::UNAUTHORIZED, "Unauthorized", "no such token"));
        }
        let bad = |why| Refused(StatusCode::BAD_REQUEST, "BadParameter", why);
        let mut path = request.uri().path().trim_start_matches('/').split('/');
        let (Some("keys"), Some(kid), Some(verb), None) =
            (path.next(), path.next(), path.next(), path.next())
        else {
            return Err(bad("the path is /keys/KID/sign or /keys/KID/unwrapkey"));
        };
        let body: Value =
            serde_json::from_slice(request.body()).map_err(|_| bad("the body is JSON"))?;
        let algorithm = body["alg"].as_str().unwrap_or_default();
        let fits = match verb {
            "sign" => algorithm == "RS256",
            "unwrapkey" => ["RSA-OAEP", "RSA-OAEP-256"].contains(&algorithm),
            _ => false,
        };
        if request.method() != Method::POST || !fits {
            return Err(bad("it signs with RS256 and unwraps RSA-OAEP and RSA-OAEP-256, by POST"));
        }
        let value = decode(body["value"].as_str().unwrap_or_default());
        let value = value.map_err(|_| bad("the value is base64url"))?;
        Ok((KeyCall { kid: kid.to_owned(), algorithm: algorithm.to_owned() }, value))
    }

    fn make(&self, call: &KeyCall, value: &[u8]) -> Result<Vec<u8>, Refused> {
        let key = self.keys.iter().find(|key| key.kid == call.kid);
        let key =
            key.ok_or(Refused(StatusCode::NOT_FOUND, "KeyNotFound", "there is no such key"))?;
        let usage = if call.algorithm == "RS256" { "sig" } else { "enc" };
        if key.public_jwk()["use"] != usage {
            return Err(Refused(StatusCode::FORBIDDEN, "Forbidden", "the key may not do this"));
        }
        let made = match usage {
            "sig" => key.sign_digest(value),
            _ => key.unwrap_key(&call.algorithm, value),
        };
        made.map_err(|_| Refused(StatusCode::BAD_REQUEST, "BadParameter", "the value is wrong"))
    }
}

impl Refused {
    fn response(&self) -> Response {
        let Self(status, code, message) = *self;
        answer(status, &json!({ "error": { "code": code, "message": message } }))
    }
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let answer = http::Response::builder().status(status);
    let answer = answer.header(header::CONTENT_TYPE, "application/json");
    answer.body(body.to_string().into_bytes()).expect("the headers are sound")
}

impl fmt::Debug for FakeKms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeKms").field("base", &self.base).finish_non_exhaustive()
    }
}
