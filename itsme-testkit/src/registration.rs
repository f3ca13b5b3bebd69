use std::{collections::HashMap, sync::OnceLock};

use http::Uri;
use itsme_core::PrivateKeys;
use serde_json::{Value, json};

/// The client ID of the built-in client with keys, which every new [`FakeOp`](crate::FakeOp) knows.
pub const CLIENT_ID: &str = "TEST_CLIENT";
/// The name that people see instead of [`CLIENT_ID`].
pub const CLIENT_NAME: &str = "Test application";
/// The test clients' service code for identifications.
pub const IDENTIFY_SERVICE: &str = "TEST_IDENTIFY";
/// The test clients' service code for logins.
pub const SERVICE: &str = "TEST_LOGIN";
/// The test clients' service code for sharing data.
pub const SHARE_SERVICE: &str = "TEST_SHARE";
/// The test clients' service code for confirmations.
pub const CONFIRM_SERVICE: &str = "TEST_CONFIRM";
/// The URL prefix under which the test clients can host request objects. See
/// [`FakeOp::host`](crate::FakeOp::host).
pub const REQUEST_URI: &str = "https://rp.example:443/itsme/request/";
/// The secret of the client [`SECRET_CLIENT_ID`].
pub const CLIENT_SECRET: &str = "a secret for tests, known to everybody";
/// The client ID of the built-in client with a secret, which every new [`FakeOp`](crate::FakeOp)
/// knows.
pub const SECRET_CLIENT_ID: &str = "TEST_SECRET_CLIENT";
/// The name that people see instead of [`SECRET_CLIENT_ID`].
pub const SECRET_CLIENT_NAME: &str = "Test application with a secret";
/// The redirect URI of both test clients.
pub const REDIRECT_URI: &str = "https://rp.example/itsme/callback";

/// The private keys of [`CLIENT_ID`]: one for signing, two for decryption.
pub fn private_keys() -> PrivateKeys {
    static KEYS: OnceLock<PrivateKeys> = OnceLock::new();
    KEYS.get_or_init(|| PrivateKeys::from_json(private_jwks()).expect("the fixture is sound"))
        .clone()
}

/// The private keys of [`CLIENT_ID`] as the contents of a private JWK set file.
pub fn private_jwks() -> &'static str {
    include_str!("fixtures/rp_private_jwks.json")
}

/// A client's registration with an OP.
#[derive(Clone, Debug)]
pub struct RegisteredClient {
    pub(crate) client_id: String,
    name: Option<String>,
    pub(crate) credentials: Credentials,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) request_uris: Vec<String>,
    pub(crate) services: Vec<(String, Kind)>,
    service_names: HashMap<String, String>,
    pub(crate) notification_endpoint: Option<Uri>,
}

/// How a client and the OP authenticate to each other.
#[derive(Clone, Debug)]
pub(crate) enum Credentials {
    /// The public JWK set that the client publishes.
    Keys(Value),
    /// A shared secret, and whether it also signs ID tokens.
    Secret { secret: String, hs256: bool },
}

/// The kind of service agreed at onboarding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Identification,
    Login,
    ShareData,
    Confirm,
}

impl RegisteredClient {
    /// Creates a client that publishes this JWK set. The client has no redirect URIs and no
    /// services yet.
    ///
    /// # Panics
    /// If `public_jwks` is not JSON.
    pub fn new(client_id: impl Into<String>, public_jwks: &str) -> Self {
        let jwks = serde_json::from_str(public_jwks).expect("a public JWK set is JSON");
        Self::with(client_id.into(), Credentials::Keys(jwks))
    }

    /// Creates a client with a shared secret, whose ID tokens are signed with the OP's keys
    /// (RS256).
    pub fn with_secret(client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        let secret = Credentials::Secret { secret: secret.into(), hs256: false };
        Self::with(client_id.into(), secret)
    }

    /// Makes the OP sign this client's ID tokens with the shared secret (HS256). Does nothing if
    /// the client has keys.
    #[must_use]
    pub fn hs256(mut self) -> Self {
        if let Credentials::Secret { hs256, .. } = &mut self.credentials {
            *hs256 = true;
        }
        self
    }

    fn with(client_id: String, credentials: Credentials) -> Self {
        Self {
            client_id,
            name: None,
            credentials,
            redirect_uris: Vec::new(),
            request_uris: Vec::new(),
            services: Vec::new(),
            service_names: HashMap::new(),
            notification_endpoint: None,
        }
    }

    /// Sets the name that people see instead of the client ID.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the name that people see instead of a service code.
    #[must_use]
    pub fn service_name(mut self, code: impl Into<String>, name: impl Into<String>) -> Self {
        self.service_names.insert(code.into(), name.into());
        self
    }

    /// The name that people see, or the client ID if there is none.
    pub(crate) fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.client_id)
    }

    /// The name that people see for a service, or its code if there is none.
    pub(crate) fn display_service<'a>(&'a self, code: &'a str) -> &'a str {
        self.service_names.get(code).map_or(code, String::as_str)
    }

    /// The kind of service that was agreed on for a code.
    pub(crate) fn kind_of(&self, code: &str) -> Option<Kind> {
        self.services.iter().find(|(known, _)| known == code).map(|&(_, kind)| kind)
    }

    /// Adds a redirect URI. Redirect URIs are compared byte for byte.
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// Adds a URL prefix under which the client hosts request objects.
    #[must_use]
    pub fn request_uri(mut self, uri: impl Into<String>) -> Self {
        self.request_uris.push(uri.into());
        self
    }

    /// Sets the endpoint at which the client receives CIBA pings. A client without such an endpoint
    /// can only poll.
    ///
    /// # Panics
    /// If `uri` is not a URI.
    #[must_use]
    pub fn notification_endpoint(mut self, uri: &str) -> Self {
        self.notification_endpoint = Some(uri.parse().expect("a notification endpoint is a URI"));
        self
    }

    /// Adds a service for identifications.
    #[must_use]
    pub fn identify_service(self, code: impl Into<String>) -> Self {
        self.kind(code.into(), Kind::Identification)
    }

    /// Adds a service for logins.
    #[must_use]
    pub fn service(self, code: impl Into<String>) -> Self {
        self.kind(code.into(), Kind::Login)
    }

    /// Adds a service for sharing data.
    #[must_use]
    pub fn share_service(self, code: impl Into<String>) -> Self {
        self.kind(code.into(), Kind::ShareData)
    }

    /// Adds a service for confirmations.
    #[must_use]
    pub fn confirm_service(self, code: impl Into<String>) -> Self {
        self.kind(code.into(), Kind::Confirm)
    }

    fn kind(mut self, code: String, kind: Kind) -> Self {
        self.services.push((code, kind));
        self
    }

    fn for_tests(self) -> Self {
        self.redirect_uri(REDIRECT_URI)
            .request_uri(REQUEST_URI)
            .service(SERVICE)
            .identify_service(IDENTIFY_SERVICE)
            .share_service(SHARE_SERVICE)
            .confirm_service(CONFIRM_SERVICE)
    }

    /// The built-in clients, which every new OP knows.
    pub(crate) fn test_clients() -> [Self; 2] {
        let by_keys = Self::new(CLIENT_ID, &private_keys().public_jwks());
        let by_secret = Self::with_secret(SECRET_CLIENT_ID, CLIENT_SECRET);
        [by_keys.for_tests().name(CLIENT_NAME), by_secret.for_tests().name(SECRET_CLIENT_NAME)]
    }

    /// The key set that the client publishes. It is empty if the client has a secret.
    pub(crate) fn jwks(&self) -> Value {
        match &self.credentials {
            Credentials::Keys(jwks) => jwks.clone(),
            Credentials::Secret { .. } => json!({ "keys": [] }),
        }
    }
}
