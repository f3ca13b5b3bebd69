//! The fake OP: its state and its responses.

mod answer;
mod authentication_request;
mod authorization;
mod ciba;
mod client_auth;
mod clients;
#[cfg(feature = "server")]
mod errand;
mod grant;
mod hosted;
mod journal;
mod metadata;
mod own_keys;
mod pages;
mod parameters;
mod people;
mod reaction;
mod recent;
mod request_object;
mod requests;
mod revoke;
mod token;
mod userinfo;
mod waiting;

#[cfg(test)]
mod bench;
#[cfg(test)]
mod leniency;
#[cfg(test)]
mod strictness;

use std::{collections::HashMap, sync::Arc, time::Duration};

use itsme_core::{AssertionAudience, Dialect, Request, UnixTime};
use serde_json::{Map, Value, json};

pub(crate) use self::answer::error as error_answer;
pub use self::ciba::AskedInApp;
pub use self::journal::JournalEntry;
pub use self::reaction::{Asked, Document, Reaction, Wire};
pub use self::waiting::{Gesture, Waiting, WaitingKind};
use self::{
    authorization::OnPage,
    ciba::Ciba,
    grant::{AccessToken, Code},
    hosted::Fetch,
    journal::Journal,
    own_keys::fixture,
    reaction::Mischief,
    recent::Recent,
    requests::Interceptor,
    token::Lifetimes,
};
#[cfg(feature = "server")]
pub(crate) use self::{authorization::query, errand::Errand, hosted::Fetched};
use crate::{
    Clock, Person,
    jose::{self, OwnKey},
    registration::RegisteredClient,
};

/// A fake itsme: a strict OP that responds to requests in memory.
///
/// It rejects everything that a careful OP would reject. Client assertions are decrypted and
/// verified, including `aud`, `exp` and a `jti` that must be new. Codes can be redeemed once,
/// within three minutes, with exactly the redirect URI and PKCE verifier of the authorization
/// request. Each key is accepted only for its published purpose. Like itsme's, its error responses
/// contain the description in `detail`.
///
/// Clients with keys can also log users in with CIBA and user discovery, except in the older
/// dialect. The `expires_at` of a QR code is in RFC 3339 format, such as `2026-01-01T00:00:30Z`.
///
/// ```
/// use itsme_core::{AuthorizationRequest, Client};
/// use itsme_testkit::{FakeOp, Person, SERVICE, World, play};
///
/// let mut world = World::new();
/// let mut op = FakeOp::new(world.clock());
/// let client = Client::new(op.settings())?;
///
/// let login = play(client.authorize(AuthorizationRequest::login(SERVICE)), &mut op, &mut world)?;
/// let callback = op.approve(&login.url, &Person::ann());
/// let who = play(client.finish_login(login.state, callback), &mut op, &mut world)?;
///
/// assert_eq!(who.user.sub, op.sub_of(&Person::ann()));
/// assert_eq!(op.asked(), ["GET /.well-known/openid-configuration", "GET /jwkSet", "POST /token"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FakeOp {
    issuer: String,
    dialect: Dialect,
    strict: bool,
    clock: Clock,
    /// The current signing key, followed by the other published ones.
    signing: Vec<OwnKey>,
    encryption: OwnKey,
    keys_made: usize,
    cache_control: String,
    lifetimes: Lifetimes,
    clients: Vec<Arc<RegisteredClient>>,
    /// The oldest request first.
    on_page: Vec<OnPage>,
    codes: Recent<Code>,
    access_tokens: Recent<AccessToken>,
    used_jtis: Recent<()>,
    identifiers_made: u64,
    transcript: Vec<Asked>,
    mischief: Mischief,
    assertion_audience: Option<AssertionAudience>,
    fetch: Fetch,
    /// The hosted request object that was fetched for the current request.
    fetched: Option<hosted::Fetched>,
    ciba: Ciba,
    journal: Option<Journal>,
    /// The people that the OP knows, with their most recent claims.
    people: Vec<Person>,
    interceptor: Option<Interceptor>,
    /// How many times each person has recreated their account, by the person's id.
    accounts: HashMap<String, u32>,
}

impl FakeOp {
    /// Creates an OP with the issuer `https://op.example/v2`. It starts with the clients
    /// [`CLIENT_ID`](crate::CLIENT_ID), with [`private_keys`](crate::private_keys), and
    /// [`SECRET_CLIENT_ID`](crate::SECRET_CLIENT_ID), both with
    /// [`REDIRECT_URI`](crate::REDIRECT_URI) and [`SERVICE`](crate::SERVICE).
    pub fn new(clock: Clock) -> Self {
        Self::with_issuer("https://op.example/v2", clock)
    }

    /// Creates an OP like [`new`](Self::new), but with a different issuer.
    pub fn with_issuer(issuer: impl Into<String>, clock: Clock) -> Self {
        Self {
            issuer: issuer.into(),
            dialect: Dialect::V2,
            strict: true,
            clock,
            signing: vec![fixture("s1", "s1")],
            encryption: fixture("e1", "e1"),
            keys_made: 1,
            cache_control: "public, max-age=3600".to_owned(),
            lifetimes: Lifetimes::default(),
            clients: RegisteredClient::test_clients().map(Arc::new).into(),
            on_page: Vec::new(),
            // A grant holds everything known about a person, whereas a `jti` takes only a few
            // bytes.
            codes: Recent::new(500),
            access_tokens: Recent::new(500),
            used_jtis: Recent::new(10_000),
            identifiers_made: 0,
            transcript: Vec::new(),
            mischief: Mischief::default(),
            assertion_audience: None,
            fetch: Arc::new(|_| Err("nothing is hosted at this URL".to_owned())),
            fetched: None,
            ciba: Ciba::default(),
            journal: None,
            people: Person::samples(),
            interceptor: None,
            accounts: HashMap::new(),
        }
    }

    /// Makes the OP use the older dialect, which has different names for claims and levels,
    /// `auth_time` in every ID token, address and device as JSON inside a string, and RSA-OAEP
    /// encryption.
    #[must_use]
    pub fn v1(mut self) -> Self {
        self.speak(Dialect::V1);
        self
    }

    pub(crate) fn speak(&mut self, dialect: Dialect) {
        self.dialect = dialect;
    }

    /// Sets whether to reject what itsme's documentation allows but a careful OP would not: an
    /// assertion without `iat`, a request object without `exp`, `iat` and `jti`, extra spaces in
    /// `scope`, and unknown levels. A lenient OP accepts such a request object more than once and
    /// ignores unknown levels. OPs are strict by default, except in `itsme-op`, which is lenient by
    /// default.
    pub fn set_strict(&mut self, strict: bool) {
        self.strict = strict;
    }

    /// The OP's issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The URL of one of the OP's endpoints.
    fn endpoint(&self, path: &str) -> String {
        format!("{}/{path}", self.issuer)
    }

    /// Makes the OP's clock run ahead of everyone else's by this much.
    pub fn set_ahead(&mut self, time: Duration) {
        self.mischief.skew = (time, Duration::ZERO);
    }

    /// Makes the OP's clock run behind everyone else's by this much.
    pub fn set_behind(&mut self, time: Duration) {
        self.mischief.skew = (Duration::ZERO, time);
    }

    /// The current time according to the OP's clock.
    pub fn now(&self) -> UnixTime {
        let (ahead, behind) = self.mischief.skew;
        let now = self.clock.now().after(ahead);
        UnixTime::from_millis(now.as_millis().saturating_sub(behind.as_millis() as u64))
    }

    /// Sets the `Cache-Control` header of the metadata and the key set. Default: `public,
    /// max-age=3600`.
    pub fn cache_control(&mut self, value: impl Into<String>) {
        self.cache_control = value.into();
    }

    /// Replaces the URL of a picture with the OP's own picture endpoint.
    fn at_home(&self, mut claims: Map<String, Value>) -> Map<String, Value> {
        if let Some(picture) = claims.get_mut("picture") {
            *picture = json!(self.endpoint("picture"));
        }
        claims
    }

    /// Signs claims with the OP's key and encrypts the result to the client.
    fn nested(
        &mut self,
        document: Document,
        client: &RegisteredClient,
        claims: &mut Value,
    ) -> Result<String, String> {
        self.mischief.alter(document, claims);
        if let Some(journal) = &mut self.journal {
            journal.issued(document, claims);
        }
        let key = self.signing.first().expect("an OP has a signing key");
        let kid = self.mischief.forged_kid.clone().unwrap_or_else(|| key.kid.clone());
        let mischief = &mut self.mischief;
        jose::nested((key, &kid), client, claims, &mut |stage| mischief.forge(document, stage))
    }

    /// Continues where a previous OP left off, so that this OP never issues a code, token or page
    /// id that the previous one issued.
    pub fn take_over_from(&mut self, other: &Self) {
        self.identifiers_made = other.identifiers_made;
    }

    /// Creates a new identifier of 36 characters that looks like a UUID.
    fn identifier(&mut self, purpose: &str) -> String {
        self.identifiers_made += 1;
        let hex = jose::sha256_hex(&format!("{purpose} {}", self.identifiers_made));
        let (a, b, c, d, e) = (&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32]);
        format!("{a}-{b}-{c}-{d}-{e}")
    }

    fn path(&self, request: &Request) -> String {
        let path = request.uri().path();
        path.strip_prefix(self.base()).unwrap_or(path).to_owned()
    }

    /// The path of the issuer, under which all endpoints are located.
    fn base(&self) -> &str {
        let (_, below_host) = self.issuer.split_once("://").unwrap_or_default();
        below_host.find('/').map_or("", |slash| &below_host[slash..])
    }
}

impl std::fmt::Debug for FakeOp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeOp").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
