//! The configuration file, and the introduction that the program prints.

use std::{
    collections::{BTreeMap, HashSet},
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use itsme_core::Dialect;
use itsme_testkit::{
    CLIENT_ID, CLIENT_NAME, CLIENT_SECRET, CONFIRM_SERVICE, Fault, IDENTIFY_SERVICE, REDIRECT_URI,
    SECRET_CLIENT_ID, SECRET_CLIENT_NAME, SERVICE, SHARE_SERVICE, quirks,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use toml::Table;

use crate::{reach::Reach, registry::Registry};

/// The contents of the configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Configuration {
    clients: Vec<Client>,
    people: Vec<Person>,
    faults: Vec<String>,
    #[serde(skip)]
    file: PathBuf,
}

/// A client in the configuration.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    pub client_id: String,
    /// The name that people see instead of the client ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The public keys. If there is no secret either, the client gets the test keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Jwks>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hs256: bool,
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_uris: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification_endpoint: Option<String>,
    /// The names that people see instead of the service codes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub service_names: BTreeMap<String, String>,
    pub services: Services,
}

/// A client's public keys.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged, expecting = "expected a file, a URL or a public JWK set")]
pub enum Jwks {
    /// The path of a file, or a URL.
    At(String),
    /// The key set itself.
    Set(Map<String, Value>),
}

/// Service codes, grouped by kind.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Services {
    pub login: Vec<String>,
    pub identify: Vec<String>,
    pub share: Vec<String>,
    pub confirm: Vec<String>,
}

/// A person who can log in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    pub id: String,
    #[serde(default)]
    pub claims: Table,
}

/// The information that an application needs to use this OP.
#[derive(Serialize)]
struct Introduction<'a> {
    issuer: &'a str,
    discovery: String,
    phone: String,
    journal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<String>,
    clients: &'a [Client],
}

impl Configuration {
    pub fn read(file: &Path) -> Result<Self, String> {
        let at = file.display();
        let text =
            fs::read_to_string(file).map_err(|error| format!("cannot read {at}: {error}"))?;
        // The TOML error already contains the line number and the line.
        let mut read: Self = toml::from_str(&text).map_err(|error| format!("{at}: {error}"))?;
        read.file = file.to_owned();
        Ok(read)
    }

    /// Adds the values from the command line, and the test clients if the file configures no
    /// clients.
    pub fn complete(&mut self, redirect_uris: &[String], faults: &[String]) {
        if self.clients.is_empty() {
            self.clients = Client::for_tests();
        }
        for client in &mut self.clients {
            client.redirect_uris.extend_from_slice(redirect_uris);
        }
        self.faults.extend_from_slice(faults);
    }

    /// Checks the configuration and builds the OP's registry from it.
    pub fn registry(&self, reach: &Reach, dialect: Dialect) -> Result<Registry, String> {
        let directory = self.file.parent().unwrap_or(Path::new(""));
        let mut registry = Registry::default();
        let mut ids = HashSet::new();
        for (place, client) in self.clients.iter().enumerate() {
            let new = ids.insert(("client", &client.client_id));
            let added = once(new).and_then(|()| registry.client(client, directory, reach));
            added.map_err(|reason| {
                self.at(&format!("clients[{place}] ({:?}): {reason}", client.client_id))
            })?;
        }
        for (place, person) in self.people.iter().enumerate() {
            let new = ids.insert(("person", &person.id));
            let added = once(new).and_then(|()| registry.person(person, dialect));
            added.map_err(|reason| {
                self.at(&format!("people[{place}] ({:?}): {reason}", person.id))
            })?;
        }
        let mut known = Fault::all();
        known.extend(quirks::all());
        for name in &self.faults {
            let Some(place) = known.iter().position(|fault| fault.name() == name) else {
                let reason = "is unknown or listed twice; --list-faults prints the valid names";
                return Err(self.at(&format!("the fault {name:?} {reason}")));
            };
            registry.faults.push(known.swap_remove(place));
        }
        Ok(registry)
    }

    fn at(&self, reason: &str) -> String {
        match self.file.as_os_str().is_empty() {
            true => reason.to_owned(),
            false => format!("{}: {reason}", self.file.display()),
        }
    }

    /// The clients that are known at startup.
    pub fn clients(&self) -> &[Client] {
        &self.clients
    }

    /// The text to paste into an application: TOML, or JSON on one line.
    pub fn introduction(
        &self,
        issuer: &str,
        has_control: bool,
        json: bool,
    ) -> Result<String, Box<dyn Error>> {
        let introduction = Introduction {
            issuer,
            discovery: format!("{issuer}/.well-known/openid-configuration"),
            phone: format!("{issuer}/phone"),
            journal: format!("{issuer}/journal"),
            control: has_control.then(|| format!("{issuer}/control/v1")),
            clients: &self.clients,
        };
        if json {
            return Ok(serde_json::to_string(&introduction)? + "\n");
        }
        let to_paste = toml::to_string(&introduction)?;
        let keys = match self.clients.iter().any(Client::has_the_test_keys) {
            true => {
                "\n# A client without jwks or secret uses the private keys that --write-keys FILE writes.\n"
            }
            false => "",
        };
        Ok(format!(
            "# This is a fake itsme: nothing here is secret, and no login is real. Press Ctrl-C to stop.\n\
             {to_paste}{keys}# Ready.\n"
        ))
    }
}

fn once(is_new: bool) -> Result<(), String> {
    if is_new { Ok(()) } else { Err("is listed twice".to_owned()) }
}

impl Client {
    /// The built-in clients of every fake OP, restricted to what an application on loopback can
    /// use.
    fn for_tests() -> Vec<Self> {
        let code = |code: &str| vec![code.to_owned()];
        let by_keys = Self {
            client_id: CLIENT_ID.to_owned(),
            name: Some(CLIENT_NAME.to_owned()),
            redirect_uris: vec![REDIRECT_URI.to_owned()],
            services: Services {
                login: code(SERVICE),
                identify: code(IDENTIFY_SERVICE),
                share: code(SHARE_SERVICE),
                confirm: code(CONFIRM_SERVICE),
            },
            ..Self::default()
        };
        let by_secret = Self {
            client_id: SECRET_CLIENT_ID.to_owned(),
            name: Some(SECRET_CLIENT_NAME.to_owned()),
            secret: Some(CLIENT_SECRET.to_owned()),
            ..by_keys.clone()
        };
        vec![by_keys, by_secret]
    }

    pub fn names_a_file(&self) -> bool {
        matches!(&self.jwks, Some(Jwks::At(place)) if !is_address(place))
    }

    fn has_the_test_keys(&self) -> bool {
        self.jwks.is_none() && self.secret.is_none()
    }
}

pub fn is_address(place: &str) -> bool {
    place.starts_with("http://") || place.starts_with("https://")
}
