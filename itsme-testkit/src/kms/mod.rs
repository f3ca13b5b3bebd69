//! A fake key management service modeled on those of the big clouds. It signs and unwraps over
//! HTTP, with keys that never leave it.

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

/// A fake KMS that responds to requests in memory. `KmsServer` (feature `server`) serves it on
/// loopback.
///
/// `POST /keys/KID/sign` with the body `{"alg":"RS256","value":DIGEST}`, and `POST
/// /keys/KID/unwrapkey` with `{"alg":"RSA-OAEP-256","value":ENCRYPTED}`, return
/// `{"kid":KID,"value":…}` to callers that send the bearer [`token`](Self::token). All bytes are in
/// base64url. Errors are `{"error":{"code":…,"message":…}}` with status 400, 401, 403, 404 or,
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

/// One operation requested from a KMS.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyCall {
    /// The `kid` of the key.
    pub kid: String,
    /// The algorithm: `RS256`, `RSA-OAEP` or `RSA-OAEP-256`.
    pub algorithm: String,
}

type Decision = Box<dyn FnMut(&KeyCall) -> Option<Reaction> + Send>;
type Tampering = Box<dyn FnMut(&KeyCall, &mut Vec<u8>) + Send>;

#[derive(Default)]
struct Mischief {
    decisions: Vec<Decision>,
    tamperings: Vec<Tampering>,
}

/// The status, code and message of a refused call.
struct Refused(StatusCode, &'static str, &'static str);

impl Default for FakeKms {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeKms {
    /// Creates a KMS with two keys, `kms-sig-1` for signing and `kms-enc-1` for decryption. They
    /// are generated once per process.
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

    /// Replaces the generated keys with those of a private JWK set.
    ///
    /// # Panics
    /// If `private_jwks` is not a JWK set, or a key lacks any of its private or CRT parameters.
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

    /// Generates an additional key, whose `usage` is `sig` or `enc`. Returns a public JWK set with
    /// only this key.
    pub fn make_key(&mut self, kid: &str, usage: &str) -> String {
        let key = Arc::new(OwnKey::generate(kid, usage));
        let jwks = json!({ "keys": [key.public_jwk()] }).to_string();
        self.keys.push(key);
        jwks
    }

    /// The public JWK set of all keys in the KMS.
    pub fn public_jwks(&self) -> String {
        let keys: Vec<&Value> = self.keys.iter().map(|key| key.public_jwk()).collect();
        json!({ "keys": keys }).to_string()
    }

    /// The public keys, in the form needed by the settings of a client whose private keys this KMS
    /// holds.
    ///
    /// # Panics
    /// If the KMS has no signing key or no encryption key.
    pub fn keys(&self) -> PrivateKeys {
        PrivateKeys::external(&self.public_jwks()).expect("the keys are sound")
    }

    /// A client for this KMS.
    pub fn client(&self) -> KmsClient {
        KmsClient::new(&self.base, self.token())
    }

    /// The KMS's base URL.
    pub fn url(&self) -> &str {
        &self.base
    }

    /// The bearer token that the KMS requires.
    pub fn token(&self) -> &'static str {
        "a token for tests"
    }

    /// The calls that reached the KMS, in order.
    pub fn calls(&self) -> &[KeyCall] {
        &self.calls
    }

    /// Performs an operation in memory, using the KMS's [client](Self::client).
    pub fn use_key(&mut self, operation: &KeyOperation) -> KeyResult {
        let client = self.client();
        client.outcome(self.handle(client.request(operation)).ok())
    }

    /// Signs a digest with one of the KMS's keys, ignoring injected failures. Returns an empty
    /// signature if there is no such key.
    pub fn sign(&self, kid: &str, digest: &[u8; 32]) -> Vec<u8> {
        let call = KeyCall { kid: kid.to_owned(), algorithm: "RS256".to_owned() };
        self.make(&call, digest).unwrap_or_default()
    }

    /// From now on, uses `decide` to choose a reaction to every call. If it returns `None`, the
    /// KMS responds normally.
    pub fn react_when(
        &mut self,
        decide: impl FnMut(&KeyCall) -> Option<Reaction> + Send + 'static,
    ) {
        self.mischief.decisions.push(Box::new(decide));
    }

    /// From now on, changes every result before the KMS sends it.
    pub fn tamper(&mut self, change: impl FnMut(&KeyCall, &mut Vec<u8>) + Send + 'static) {
        self.mischief.tamperings.push(Box::new(change));
    }

    /// Removes all injected reactions and changes.
    pub fn recover(&mut self) {
        self.mischief = Mischief::default();
    }

    /// Creates an error response like those of a KMS.
    pub fn error(status: u16, code: &str) -> Response {
        let error =
            json!({ "error": { "code": code, "message": "an error injected by the test" } });
        let status = StatusCode::from_u16(status).expect("a status of three digits");
        answer(status, &error)
    }

    /// Whether a request is addressed to this KMS.
    pub fn is_for(&self, request: &Request) -> bool {
        request.uri().to_string().starts_with(&self.base)
    }

    /// Responds to a request as a KMS on the network would. A [`SendFailure`] represents a network
    /// failure.
    ///
    /// # Errors
    /// If a test has made the KMS unreachable.
    pub fn handle(&mut self, request: Request) -> Result<Response, SendFailure> {
        match self.over_the_wire(&request)? {
            (response, None | Some(Wire::Late(_))) => Ok(response),
            _ => Err(SendFailure::Lost),
        }
    }

    /// Responds to a request. Also returns the network failure to apply to the response.
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

    /// Parses the requested operation and checks the bearer token.
    fn read(&self, request: &Request) -> Result<(KeyCall, Vec<u8>), Refused> {
        let bearer = format!("Bearer {}", self.token());
        if request.headers().get(header::AUTHORIZATION).is_none_or(|sent| *sent != *bearer) {
            return Err(Refused(StatusCode::UNAUTHORIZED, "Unauthorized", "unknown token"));
        }
        let bad = |why| Refused(StatusCode::BAD_REQUEST, "BadParameter", why);
        let mut path = request.uri().path().trim_start_matches('/').split('/');
        let (Some("keys"), Some(kid), Some(verb), None) =
            (path.next(), path.next(), path.next(), path.next())
        else {
            return Err(bad("the path must be /keys/KID/sign or /keys/KID/unwrapkey"));
        };
        let body: Value =
            serde_json::from_slice(request.body()).map_err(|_| bad("the body must be JSON"))?;
        let algorithm = body["alg"].as_str().unwrap_or_default();
        let fits = match verb {
            "sign" => algorithm == "RS256",
            "unwrapkey" => ["RSA-OAEP", "RSA-OAEP-256"].contains(&algorithm),
            _ => false,
        };
        if request.method() != Method::POST || !fits {
            return Err(bad(
                "only POST with RS256 to sign, or RSA-OAEP or RSA-OAEP-256 to unwrap, is supported",
            ));
        }
        let value = decode(body["value"].as_str().unwrap_or_default());
        let value = value.map_err(|_| bad("the value must be base64url"))?;
        Ok((KeyCall { kid: kid.to_owned(), algorithm: algorithm.to_owned() }, value))
    }

    fn make(&self, call: &KeyCall, value: &[u8]) -> Result<Vec<u8>, Refused> {
        let key = self.keys.iter().find(|key| key.kid == call.kid);
        let key = key.ok_or(Refused(
            StatusCode::NOT_FOUND,
            "KeyNotFound",
            "there is no key with this kid",
        ))?;
        let usage = if call.algorithm == "RS256" { "sig" } else { "enc" };
        if key.public_jwk()["use"] != usage {
            return Err(Refused(
                StatusCode::FORBIDDEN,
                "Forbidden",
                "the key cannot be used for this operation",
            ));
        }
        let made = match usage {
            "sig" => key.sign_digest(value),
            _ => key.unwrap_key(&call.algorithm, value),
        };
        made.map_err(|_| Refused(StatusCode::BAD_REQUEST, "BadParameter", "the value is invalid"))
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
