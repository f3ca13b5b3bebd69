//! The fake OP: what it knows, and what it answers to whom.

mod answer;
mod authentication_request;
mod authorization;
mod ciba;
mod client_auth;
#[cfg(feature = "server")]
mod errand;
mod grant;
mod hosted;
mod journal;
mod metadata;
mod pages;
mod parameters;
mod reaction;
mod recent;
mod request_object;
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

use http::Method;
use itsme_core::{
    AssertionAudience, ClientSecret, Credentials, Dialect, Environment, PrivateKeys, Request,
    Response, SendFailure, Settings, UnixTime,
};
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
    reaction::Mischief,
    recent::Recent,
    token::Lifetimes,
};
#[cfg(feature = "server")]
pub(crate) use self::{authorization::query, errand::Errand, hosted::Fetched};
use crate::{
    Clock, Person,
    jose::{self, OwnKey},
    registration::{
        self, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, RegisteredClient, SECRET_CLIENT_ID,
        private_keys,
    },
};

/// Who answers a request before the OP does.
type Interceptor = Box<dyn FnMut(&mut FakeOp, &Request) -> Option<Response> + Send>;

/// A fake itsme: a strict OP that answers requests in memory.
///
/// It accepts nothing that a careful OP would refuse: client assertions are decrypted and
/// verified, with their `aud`, `exp` and a `jti` that is never used twice; codes are redeemed once,
/// within three minutes, with the very redirect URI and the PKCE verifier of the request; keys are
/// used for what they are published for. It answers as itsme does, with errors in `detail`.
///
/// Clients with keys can also log people in by CIBA with user discovery, unless it speaks the older
/// dialect. Its answers then say `expires_at` of a QR code in RFC 3339, as `2026-01-01T00:00:30Z`.
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
    /// What it signs with, then what else it publishes.
    signing: Vec<OwnKey>,
    encryption: OwnKey,
    keys_made: usize,
    cache_control: String,
    lifetimes: Lifetimes,
    clients: Vec<Arc<RegisteredClient>>,
    /// In the order in which they came.
    on_page: Vec<OnPage>,
    codes: Recent<Code>,
    access_tokens: Recent<AccessToken>,
    used_jtis: Recent<()>,
    identifiers_made: u64,
    transcript: Vec<Asked>,
    mischief: Mischief,
    assertion_audience: Option<AssertionAudience>,
    fetch: Fetch,
    /// What was fetched for the request that is being answered.
    fetched: Option<hosted::Fetched>,
    ciba: Ciba,
    journal: Option<Journal>,
    /// The people it knows, as it last saw them.
    people: Vec<Person>,
    interceptor: Option<Interceptor>,
    /// How often a person has made a new account.
    accounts: HashMap<String, u32>,
}

impl FakeOp {
    /// An OP with the issuer `https://op.example/v2`, which knows one client:
    /// [`CLIENT_ID`] with [`private_keys`], [`REDIRECT_URI`] and [`SERVICE`](crate::SERVICE).
    pub fn new(clock: Clock) -> Self {
        Self::with_issuer("https://op.example/v2", clock)
    }

    /// The same with another issuer.
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
            // A grant holds all that is known of a person, a `jti` a few bytes.
            codes: Recent::new(1_000),
            access_tokens: Recent::new(1_000),
            used_jtis: Recent::new(20_000),
            identifiers_made: 0,
            transcript: Vec::new(),
            mischief: Mischief::default(),
            assertion_audience: None,
            fetch: Arc::new(|_| Err("nothing is hosted there".to_owned())),
            fetched: None,
            ciba: Ciba::default(),
            journal: None,
            people: Person::samples(),
            interceptor: None,
            accounts: HashMap::new(),
        }
    }

    /// Makes it speak the older dialect: its names of claims and levels, `auth_time` in every ID
    /// token, address and device as JSON in a text, RSA-OAEP.
    #[must_use]
    pub fn v1(mut self) -> Self {
        self.speak(Dialect::V1);
        self
    }

    pub(crate) fn speak(&mut self, dialect: Dialect) {
        self.dialect = dialect;
    }

    /// Whether it refuses what itsme's pages allow and a careful OP would not: an assertion without `iat`, a request
    /// object without `exp`, `iat` and `jti`, spaces too many in `scope`, and levels that it does not know. If it does
    /// not, such an object can be used again, and such levels count as none. Default: it does; `itsme-op` does not.
    pub fn set_strict(&mut self, strict: bool) {
        self.strict = strict;
    }

    /// The person deletes the itsme account and makes a new one: every client sees a new `sub`.
    pub fn recreate_account(&mut self, person: &Person) {
        *self.accounts.entry(person.id().to_owned()).or_default() += 1;
    }

    /// Gets to know a person beside the [samples](Person::samples), or other claims of somebody
    /// that it knows: its pages offer them.
    pub fn know(&mut self, person: Person) {
        match self.people.iter_mut().find(|known| known.id() == person.id()) {
            Some(known) => *known = person,
            None => self.people.push(person),
        }
    }

    /// The people that its pages offer.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// Its issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Settings for the client that it knows from the start.
    pub fn settings(&self) -> Settings {
        self.settings_for(CLIENT_ID, private_keys())
    }

    /// Gets to know other keys of the client [`CLIENT_ID`], by what they publish, and gives settings with
    /// them.
    ///
    /// # Panics
    /// `keys` publish no JSON.
    pub fn settings_with(&mut self, keys: PrivateKeys) -> Settings {
        self.publish(&keys.public_jwks());
        self.settings_for(CLIENT_ID, keys)
    }

    /// Fetches the public JWK set that the client [`CLIENT_ID`] now serves.
    ///
    /// # Panics
    /// It is no JSON.
    pub fn publish(&mut self, public_jwks: &str) {
        let jwks: Value = serde_json::from_str(public_jwks).expect("a public JWK set is JSON");
        self.change(CLIENT_ID, |client| {
            client.credentials = registration::Credentials::Keys(jwks.clone());
        });
    }

    /// Settings for the client that it knows by its secret.
    pub fn secret_settings(&self) -> Settings {
        self.settings_for(SECRET_CLIENT_ID, ClientSecret::new(CLIENT_SECRET))
    }

    /// Makes the secret of that client sign its tokens as well (HS256), and gives settings for it.
    pub(crate) fn hs256_settings(&mut self) -> Settings {
        self.change(SECRET_CLIENT_ID, |client| *client = client.clone().hs256());
        self.settings_for(SECRET_CLIENT_ID, ClientSecret::new(CLIENT_SECRET).hs256())
    }

    fn settings_for(&self, client_id: &str, credentials: impl Into<Credentials>) -> Settings {
        let environment = match self.dialect {
            Dialect::V1 => Environment::custom_v1(&self.issuer),
            _ => Environment::custom(&self.issuer),
        };
        let settings =
            Settings::new(client_id, credentials, environment).redirect_uri(REDIRECT_URI);
        if self.issuer.starts_with("http://") {
            return settings.danger_http_on_loopback();
        }
        settings
    }

    /// Gets to know a client, in place of another one with the same id.
    pub fn register(&mut self, client: RegisteredClient) {
        self.clients.retain(|known| known.client_id != client.client_id);
        self.clients.push(Arc::new(client));
    }

    fn change(&mut self, client_id: &str, change: impl Fn(&mut RegisteredClient)) {
        let known = self.clients.iter_mut().filter(|client| client.client_id == client_id);
        known.for_each(|client| change(Arc::make_mut(client)));
    }

    /// The `sub` under which the client [`CLIENT_ID`] knows a person.
    pub fn sub_of(&self, person: &Person) -> String {
        self.pairwise_sub(CLIENT_ID, person)
    }

    /// The `sub` under which a client knows a person: 36 characters, different for each client.
    pub fn pairwise_sub(&self, client_id: &str, person: &Person) -> String {
        let account = self.accounts.get(person.id()).copied().unwrap_or_default();
        let hash = jose::sha256_hex(&format!("{client_id} {} {account}", person.id()));
        hash[..36].to_owned()
    }

    /// The URL of one of its endpoints.
    fn endpoint(&self, path: &str) -> String {
        format!("{}/{path}", self.issuer)
    }

    /// What was asked of it, in order, below the issuer: `["GET /jwkSet", "POST /token"]`. It remembers
    /// at least the last 10,000 requests.
    pub fn asked(&self) -> Vec<&str> {
        self.transcript.iter().map(|asked| asked.request.as_str()).collect()
    }

    /// What was asked of it, with times.
    pub fn transcript(&self) -> &[Asked] {
        &self.transcript
    }

    /// Forgets what was asked of it.
    pub fn forget_asked(&mut self) {
        self.transcript.clear();
    }

    /// Pings the client [`CLIENT_ID`] at this address from now on, which makes it a client in ping mode.
    ///
    /// # Panics
    /// It is no URI.
    pub fn ping_at(&mut self, uri: &str) {
        self.change(CLIENT_ID, |client| *client = client.clone().notification_endpoint(uri));
    }

    /// Gets to know one more redirect URI of the client [`CLIENT_ID`].
    pub fn allow_redirect_uri(&mut self, uri: impl Into<String>) {
        let uri = uri.into();
        self.change(CLIENT_ID, |client| client.redirect_uris.push(uri.clone()));
    }

    /// Gets to know one more service for logins of the clients that it knows from the start: an
    /// application can be tested with its own code.
    pub fn allow_service(&mut self, code: impl Into<String>) {
        let code = code.into();
        for built_in in [CLIENT_ID, SECRET_CLIENT_ID] {
            self.change(built_in, |client| *client = client.clone().service(code.clone()));
        }
    }

    /// Its clock goes so much ahead of everybody else's.
    pub fn set_ahead(&mut self, time: Duration) {
        self.mischief.skew = (time, Duration::ZERO);
    }

    /// Its clock goes so much behind everybody else's.
    pub fn set_behind(&mut self, time: Duration) {
        self.mischief.skew = (Duration::ZERO, time);
    }

    /// The time by its clock.
    pub fn now(&self) -> UnixTime {
        let (ahead, behind) = self.mischief.skew;
        let now = self.clock.now().after(ahead);
        UnixTime::from_millis(now.as_millis().saturating_sub(behind.as_millis() as u64))
    }

    /// `Cache-Control` of metadata and keys. Default: `public, max-age=3600`.
    pub fn cache_control(&mut self, value: impl Into<String>) {
        self.cache_control = value.into();
    }

    /// Signs with a new key from now on, and no longer publishes the old one.
    pub fn rotate_signing_key(&mut self) {
        self.signing = vec![self.new_signing_key()];
    }

    /// Signs with the next key from now on, as careful OPs do: it was published before, the two
    /// after it are published already, and the last one still is. The first step of this kind has
    /// had nothing to announce: its key is as new as with [`rotate_signing_key`](Self::rotate_signing_key).
    pub fn roll_signing_key(&mut self) {
        while self.signing.len() < 3 {
            let announced = self.new_signing_key();
            self.signing.push(announced);
        }
        let old = self.signing.remove(0);
        self.signing.truncate(2);
        let announced = self.new_signing_key();
        self.signing.extend([announced, old]);
    }

    /// The four keys of the fixtures come around again, under new names.
    fn new_signing_key(&mut self) -> OwnKey {
        let name = format!("s{}", self.keys_made % 4 + 1);
        self.keys_made += 1;
        fixture(&name, &format!("s{}", self.keys_made))
    }

    /// Publishes another encryption key in place of the old one, and decrypts with it alone.
    pub fn rotate_encryption_key(&mut self) {
        self.encryption = match self.encryption.kid.as_str() {
            "e1" => fixture("e2", "e2"),
            _ => OwnKey::generate("e3", "enc"),
        };
    }

    /// Answers a request, as an OP at the end of a wire would; a [`SendFailure`] is the wire's.
    pub fn handle(&mut self, request: Request) -> Result<Response, SendFailure> {
        let (answer, wire) = self.over_the_wire(&request)?;
        match wire {
            Some(wire) => wire.in_memory(self, answer),
            None => Ok(answer),
        }
    }

    /// Asks this about every request first. A request that it answers reaches nothing else: no fault takes
    /// hold of the answer, and the journal does not have it.
    pub fn intercept(
        &mut self,
        answer: impl FnMut(&mut Self, &Request) -> Option<Response> + Send + 'static,
    ) {
        self.interceptor = Some(Box::new(answer));
    }

    fn intercepted(&mut self, request: &Request) -> Option<Response> {
        let mut interceptor = self.interceptor.take()?;
        let answer = interceptor(self, request);
        self.interceptor = Some(interceptor);
        answer
    }

    /// The answer, and what the wire does to it.
    pub(crate) fn over_the_wire(
        &mut self,
        request: &Request,
    ) -> Result<(Response, Option<Wire>), SendFailure> {
        if let Some(answer) = self.intercepted(request) {
            return Ok((answer, None));
        }
        let path = self.path(request);
        if let Some(page) = self.page(&path, request) {
            return Ok((page, None));
        }
        let entry = self.journal_entry(&path, request);
        let answered = self.reaction(&path, request);
        self.write_into_journal(entry, answered.as_ref().map(|(response, _)| response));
        answered
    }

    /// What happens to a request, and what is answered.
    fn reaction(
        &mut self,
        path: &str,
        request: &Request,
    ) -> Result<(Response, Option<Wire>), SendFailure> {
        let asked = Asked { at: self.now(), request: format!("{} {path}", request.method()) };
        let reaction = self.mischief.decide(&asked);
        recent::note(&mut self.transcript, asked);
        match reaction {
            None => Ok((self.answer(path, request), None)),
            Some(Reaction::NotSent) => Err(SendFailure::NotSent),
            Some(Reaction::Lost) => Err(SendFailure::Lost),
            Some(Reaction::AnswerLost) => {
                self.answer(path, request);
                Err(SendFailure::Lost)
            }
            Some(Reaction::Reply(response)) => Ok((response, None)),
            Some(Reaction::Wire(wire)) => Ok((self.answer(path, request), Some(wire))),
        }
    }

    fn answer(&mut self, path: &str, request: &Request) -> Response {
        let mut response = match (request.method(), path) {
            (&Method::GET, "/.well-known/openid-configuration") => self.discovery(),
            (&Method::GET, "/jwkSet") => self.key_set(),
            (&Method::GET, "/authorization") => self.sign_in_page(request),
            (&Method::POST, "/authorization") => self.decision(request),
            (&Method::POST, "/token") => self.token(request),
            (&Method::GET, "/userinfo") => self.userinfo(request),
            (&Method::GET, "/picture") => self.picture(request),
            (&Method::POST, "/connect/revoke") => self.revoke(request),
            (&Method::POST, "/user_discovery_sessions") => self.user_discovery(request, None),
            (&Method::POST, "/backchannel/authentication") => {
                self.backchannel_authentication(request)
            }
            (&Method::POST, path) if path.starts_with("/user_discovery_sessions/") => {
                let session = path.strip_prefix("/user_discovery_sessions/");
                self.user_discovery(request, session)
            }
            _ => answer::error(404, "not_found", "there is nothing here"),
        };
        self.mischief.tamper(path, &mut response);
        response
    }

    /// The address of a picture is the OP's own.
    fn at_home(&self, mut claims: Map<String, Value>) -> Map<String, Value> {
        if let Some(picture) = claims.get_mut("picture") {
            *picture = json!(self.endpoint("picture"));
        }
        claims
    }

    /// Signed by the OP, encrypted to the client.
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

    fn client(&self, client_id: &str) -> Option<&Arc<RegisteredClient>> {
        self.clients.iter().find(|client| client.client_id == client_id)
    }

    /// 36 characters that look like a UUID.
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

    /// The path of the issuer, below which everything is.
    fn base(&self) -> &str {
        let (_, below_host) = self.issuer.split_once("://").unwrap_or_default();
        below_host.find('/').map_or("", |slash| &below_host[slash..])
    }
}

/// A key of the fixtures, published under this name.
fn fixture(name: &str, kid: &str) -> OwnKey {
    let mut jwks: Value = serde_json::from_str(include_str!("../fixtures/op_private_jwks.json"))
        .expect("the fixture is JSON");
    let jwk = jwks["keys"].as_array_mut().into_iter().flatten().find(|key| key["kid"] == name);
    let jwk = jwk.expect("the fixture has the key");
    jwk["kid"] = json!(kid);
    OwnKey::from_jwk(jwk)
}

impl std::fmt::Debug for FakeOp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeOp").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
