//! Turns the configuration into the OP's clients and people, and checks it before anything starts.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use itsme_core::{Claim, Dialect};
use itsme_testkit::{FakeOp, Fault, Person, RegisteredClient, private_keys};
use serde_json::Value;
use url::Url;

use crate::{
    configuration::{self, Jwks, is_address},
    outgoing,
    reach::Reach,
};

/// An empty key set, for clients whose keys have not been fetched yet.
const NO_KEYS: &str = r#"{"keys":[]}"#;

/// The clients, people and faults that the OP knows.
#[derive(Default)]
pub struct Registry {
    clients: Vec<RegisteredClient>,
    people: Vec<Person>,
    pub faults: Vec<Fault>,
    /// Clients whose keys are fetched from a URL.
    pub published: Vec<Published>,
}

/// A client that publishes its keys at a URL, without those keys.
#[derive(Clone)]
pub struct Published {
    pub jwks_uri: String,
    client: configuration::Client,
    reach: Reach,
    fetched: Arc<Mutex<Fetched>>,
}

/// The state of a client's published keys.
#[derive(Default)]
struct Fetched {
    /// The client with its last known keys, needed to rebuild the OP.
    last: Option<RegisteredClient>,
    /// Whether the client has been removed.
    is_retired: bool,
}

impl Published {
    /// Builds the client with these keys, which it now publishes.
    pub fn with(&self, jwks: &str) -> Result<RegisteredClient, String> {
        check_jwks(jwks)?;
        let client = RegisteredClient::new(&self.client.client_id, jwks);
        registered(&self.client, client, &self.reach)
    }

    /// Registers the client and its newly fetched keys with the OP, unless the client has been removed in the
    /// meantime.
    pub fn register(&self, op: &mut FakeOp, client: RegisteredClient) {
        let mut fetched = self.fetched();
        if !fetched.is_retired {
            fetched.last = Some(client.clone());
            op.register(client);
        }
    }

    /// Returns the client's ID if its keys have not been fetched yet.
    pub fn lacks_keys(&self) -> Option<&str> {
        self.fetched().last.is_none().then_some(&self.client.client_id)
    }

    /// Stops fetching the client's keys.
    pub fn retire(&self) {
        self.fetched().is_retired = true;
    }

    pub fn is_retired(&self) -> bool {
        self.fetched().is_retired
    }

    fn fetched(&self) -> MutexGuard<'_, Fetched> {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    /// Adds a client. Paths in its configuration are relative to `directory`.
    pub fn client(
        &mut self,
        it: &configuration::Client,
        directory: &Path,
        reach: &Reach,
    ) -> Result<(), String> {
        let services = &it.services;
        let codes = [&services.login, &services.identify, &services.share, &services.confirm];
        let mut texts = codes.into_iter().flatten().chain([&it.client_id]).chain(&it.secret);
        if texts.any(String::is_empty) {
            return Err("client_id, secret and service codes must not be empty".to_owned());
        }
        let by_keys = |jwks: &str| RegisteredClient::new(&it.client_id, jwks);
        let client = match (&it.jwks, &it.secret) {
            (Some(_), Some(_)) => return Err("give either jwks or secret, not both".to_owned()),
            (None, Some(secret)) => {
                let client = RegisteredClient::with_secret(&it.client_id, secret);
                if it.hs256 { client.hs256() } else { client }
            }
            _ if it.hs256 => return Err("hs256 requires a secret".to_owned()),
            (None, None) => by_keys(&private_keys().public_jwks()),
            (Some(Jwks::Set(jwks)), None) => {
                let jwks = Value::Object(jwks.clone()).to_string();
                check_jwks(&jwks).map_err(|reason| format!("jwks: {reason}"))?;
                by_keys(&jwks)
            }
            (Some(Jwks::At(place)), None) if is_address(place) => {
                reach.check(place).map_err(|reason| format!("jwks: {reason}"))?;
                let (jwks_uri, client, reach) = (place.clone(), it.clone(), reach.clone());
                let fetched = Arc::default();
                self.published.push(Published { jwks_uri, client, reach, fetched });
                by_keys(NO_KEYS)
            }
            (Some(Jwks::At(file)), None) => {
                let file = directory.join(file);
                let text = fs::read_to_string(&file).map_err(|error| error.to_string());
                let checked = text.and_then(|text| check_jwks(&text).map(|()| text));
                by_keys(&checked.map_err(|reason| format!("jwks: {}: {reason}", file.display()))?)
            }
        };
        self.clients.push(registered(it, client, reach)?);
        Ok(())
    }

    /// Adds a person, whose claims must all be valid in this dialect.
    pub fn person(&mut self, it: &configuration::Person, dialect: Dialect) -> Result<(), String> {
        self.people.push(Self::read_person(it, dialect)?);
        Ok(())
    }

    pub fn read_person(it: &configuration::Person, dialect: Dialect) -> Result<Person, String> {
        if it.id.is_empty() {
            return Err("id: must not be empty".to_owned());
        }
        let mut person = Person::new(&it.id);
        for (name, value) in &it.claims {
            check_claim(name, dialect).map_err(|reason| format!("claims: {name:?} {reason}"))?;
            person = person.with(name, json(value));
        }
        Ok(person)
    }

    /// Sets up an OP with everything in the registry, and nothing else.
    pub fn enter(&self, op: &mut FakeOp, reach: &Reach) {
        op.forget_clients();
        self.add_to(op);
        let reach = reach.clone();
        op.fetch_request_objects(move |uri| outgoing::get(uri, &reach));
    }

    /// Adds the registry's clients and people to an OP, and injects its faults.
    pub fn add_to(&self, op: &mut FakeOp) {
        for client in &self.clients {
            op.register(client.clone());
        }
        for client in self.published.iter().filter_map(|it| it.fetched().last.clone()) {
            op.register(client);
        }
        for person in &self.people {
            op.know(person.clone());
        }
        for fault in &self.faults {
            fault.inject(op);
        }
    }
}

/// Sets everything that does not depend on how the client authenticates.
fn registered(
    it: &configuration::Client,
    mut client: RegisteredClient,
    reach: &Reach,
) -> Result<RegisteredClient, String> {
    for uri in &it.redirect_uris {
        let url = Url::parse(uri).map_err(|error| format!("redirect_uris: {uri:?}: {error}"))?;
        if uri.parse::<http::Uri>().is_err() || url.fragment().is_some() {
            return Err(format!("redirect_uris: {uri:?} must be a URI without a fragment"));
        }
        client = client.redirect_uri(uri);
    }
    for uri in &it.request_uris {
        reach.check(uri).map_err(|reason| format!("request_uris: {reason}"))?;
        client = client.request_uri(uri);
    }
    if let Some(uri) = &it.notification_endpoint {
        reach.check(uri).map_err(|reason| format!("notification_endpoint: {reason}"))?;
        client = client.notification_endpoint(uri);
    }
    if let Some(name) = &it.name {
        client = client.name(name);
    }
    let services = &it.services;
    let codes = [&services.login, &services.identify, &services.share, &services.confirm];
    if codes.iter().all(|codes| codes.is_empty()) {
        return Err("services: the client requires at least one".to_owned());
    }
    for (code, name) in &it.service_names {
        if !codes.iter().any(|codes| codes.contains(code)) {
            return Err(format!("service_names: {code:?} is not one of the client's services"));
        }
        client = client.service_name(code, name);
    }
    client = services.login.iter().fold(client, |client, code| client.service(code));
    client = services.identify.iter().fold(client, |client, code| client.identify_service(code));
    client = services.share.iter().fold(client, |client, code| client.share_service(code));
    Ok(services.confirm.iter().fold(client, |client, code| client.confirm_service(code)))
}

fn check_jwks(text: &str) -> Result<(), String> {
    let jwks: Value =
        serde_json::from_str(text).map_err(|error| format!("not a JWK set: {error}"))?;
    let mut keys = jwks["keys"].as_array().into_iter().flatten();
    if keys.any(|key| key.get("d").is_some() || key.get("k").is_some()) {
        let reason = "it contains private keys; use the output of 'keys -- public' instead";
        return Err(reason.to_owned());
    }
    for usage in ["sig", "enc"] {
        let mut keys = jwks["keys"].as_array().into_iter().flatten();
        let fits =
            |key: &Value| key["use"] == usage && key["kty"] == "RSA" && key["kid"].is_string();
        if !keys.any(fits) {
            return Err(format!("it has no RSA key with \"use\": \"{usage}\" and a kid"));
        }
    }
    Ok(())
}

/// Checks that a person can have the claim with this technical name. V2 names work in both dialects:
/// the OP converts them to V1 names where V1 has an equivalent.
fn check_claim(name: &str, dialect: Dialect) -> Result<(), String> {
    let of =
        |dialect| Claim::all().filter_map(move |claim| claim.wire_names(dialect).ok()).flatten();
    if of(Dialect::V2).chain(of(dialect)).any(|known| known == name) {
        return Ok(());
    }
    if of(Dialect::V1).any(|known| known == name) {
        return Err("is a V1 claim; start with --v1 or use its V2 name".to_owned());
    }
    match of(Dialect::V2).find(|known| short(known).eq_ignore_ascii_case(short(name))) {
        Some(meant) => Err(format!("is not an itsme claim; did you mean {meant:?}?")),
        None => Err("is not an itsme claim".to_owned()),
    }
}

/// A claim's name without its dialect's prefix.
fn short(name: &str) -> &str {
    let name = name.rsplit(['/', ':']).next().unwrap_or(name);
    name.strip_prefix("claim_").unwrap_or(name)
}

/// Converts TOML to JSON. A date becomes a string, as in claims.
fn json(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(truth) => (*truth).into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(values) => values.iter().map(json).collect(),
        toml::Value::Table(table) => {
            Value::Object(table.iter().map(|(name, value)| (name.clone(), json(value))).collect())
        }
    }
}
