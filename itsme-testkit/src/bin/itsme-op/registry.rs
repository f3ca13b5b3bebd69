//! What the configuration means to the OP, checked before anything is started.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use itsme_testkit::{FakeOp, Fault, Person, RegisteredClient, private_keys};
use serde_json::Value;
use url::{Host, Url};

use crate::configuration::{self, Jwks, is_address};

/// No keys: those of a client whose set was not fetched yet.
const NO_KEYS: &str = r#"{"keys":[]}"#;

/// Whom and what the OP knows.
#[derive(Default)]
pub struct Registry {
    clients: Vec<RegisteredClient>,
    people: Vec<Person>,
    pub faults: Vec<Fault>,
    /// Clients whose keys are fetched.
    pub published: Vec<Published>,
}

/// A client that publishes its keys, but for those.
#[derive(Clone)]
pub struct Published {
    pub jwks_uri: String,
    client: configuration::Client,
    fetched: Arc<Mutex<Fetched>>,
}

/// What has become of it.
#[derive(Default)]
struct Fetched {
    /// The client with its keys, for an OP that is made anew.
    last: Option<RegisteredClient>,
    /// Nobody knows the client any more.
    is_retired: bool,
}

impl Published {
    /// The client with the keys that it publishes at the moment.
    pub fn with(&self, jwks: &str) -> Result<RegisteredClient, String> {
        check_jwks(jwks)?;
        registered(&self.client, RegisteredClient::new(&self.client.client_id, jwks))
    }

    /// Tells the OP of keys that were fetched, unless the client has gone meanwhile.
    pub fn register(&self, op: &mut FakeOp, client: RegisteredClient) {
        let mut fetched = self.fetched();
        if !fetched.is_retired {
            fetched.last = Some(client.clone());
            op.register(client);
        }
    }

    /// The client's id, as long as no keys have come.
    pub fn lacks_keys(&self) -> Option<&str> {
        self.fetched().last.is_none().then_some(&self.client.client_id)
    }

    /// Its keys are fetched no more.
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
    /// Adds a client; paths start at `directory`.
    pub fn client(&mut self, it: &configuration::Client, directory: &Path) -> Result<(), String> {
        let by_keys = |jwks: &str| RegisteredClient::new(&it.client_id, jwks);
        let client = match (&it.jwks, &it.secret) {
            (Some(_), Some(_)) => return Err("jwks and secret exclude each other".to_owned()),
            (None, Some(secret)) => {
                let client = RegisteredClient::with_secret(&it.client_id, secret);
                if it.hs256 { client.hs256() } else { client }
            }
            _ if it.hs256 => return Err("hs256 needs a secret".to_owned()),
            (None, None) => by_keys(&private_keys().public_jwks()),
            (Some(Jwks::Set(jwks)), None) => {
                let jwks = Value::Object(jwks.clone()).to_string();
                check_jwks(&jwks).map_err(|reason| format!("jwks: {reason}"))?;
                by_keys(&jwks)
            }
            (Some(Jwks::At(place)), None) if is_address(place) => {
                address(place).map_err(|reason| format!("jwks: {reason}"))?;
                let (jwks_uri, client) = (place.clone(), it.clone());
                let fetched = Arc::default();
                self.published.push(Published { jwks_uri, client, fetched });
                by_keys(NO_KEYS)
            }
            (Some(Jwks::At(file)), None) => {
                let file = directory.join(file);
                let text = fs::read_to_string(&file).map_err(|error| error.to_string());
                let checked = text.and_then(|text| check_jwks(&text).map(|()| text));
                by_keys(&checked.map_err(|reason| format!("jwks: {}: {reason}", file.display()))?)
            }
        };
        self.clients.push(registered(it, client)?);
        Ok(())
    }

    pub fn person(&mut self, it: &configuration::Person) {
        self.people.push(Self::read_person(it));
    }

    pub fn read_person(it: &configuration::Person) -> Person {
        let nobody = Person::new(&it.id);
        let claims = it.claims.iter();
        claims.fold(nobody, |person, (name, value)| person.with(name, json(value)))
    }

    /// Tells the OP.
    pub fn enter(&self, op: &mut FakeOp) {
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

/// What does not depend on how the client authenticates.
fn registered(
    it: &configuration::Client,
    mut client: RegisteredClient,
) -> Result<RegisteredClient, String> {
    for uri in &it.redirect_uris {
        Url::parse(uri).map_err(|error| format!("redirect_uris: {uri:?}: {error}"))?;
        client = client.redirect_uri(uri);
    }
    for uri in &it.request_uris {
        address(uri).map_err(|reason| format!("request_uris: {reason}"))?;
        client = client.request_uri(uri);
    }
    if let Some(uri) = &it.notification_endpoint {
        address(uri).map_err(|reason| format!("notification_endpoint: {reason}"))?;
        client = client.notification_endpoint(uri);
    }
    let services = &it.services;
    let codes = [&services.login, &services.identify, &services.share, &services.confirm];
    if codes.iter().all(|codes| codes.is_empty()) {
        return Err("services: there is none".to_owned());
    }
    client = services.login.iter().fold(client, |client, code| client.service(code));
    client = services.identify.iter().fold(client, |client, code| client.identify_service(code));
    client = services.share.iter().fold(client, |client, code| client.share_service(code));
    Ok(services.confirm.iter().fold(client, |client, code| client.confirm_service(code)))
}

/// An address that is asked: https, or http on loopback.
fn address(text: &str) -> Result<(), String> {
    let url = Url::parse(text).map_err(|error| format!("{text:?}: {error}"))?;
    let is_uri = text.parse::<http::Uri>().is_ok();
    match url.scheme() {
        "https" if is_uri => Ok(()),
        "http" if is_uri && is_loopback(&url) => Ok(()),
        _ => Err(format!("{text:?} is neither https nor http on loopback")),
    }
}

pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn check_jwks(text: &str) -> Result<(), String> {
    let jwks: Value = serde_json::from_str(text).map_err(|error| format!("no JWK set: {error}"))?;
    let mut keys = jwks["keys"].as_array().into_iter().flatten();
    if keys.any(|key| key.get("d").is_some() || key.get("k").is_some()) {
        let reason = "there are private keys in it; publish the output of 'keys -- public'";
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

/// A date becomes its text: that is what claims hold.
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
