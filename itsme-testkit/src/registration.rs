use std::sync::OnceLock;

use itsme_core::PrivateKeys;
use serde_json::Value;

/// The client id of the client that every [`FakeOp`](crate::FakeOp) knows from the start.
pub const CLIENT_ID: &str = "TEST_CLIENT";
/// Its service code for logins.
pub const SERVICE: &str = "TEST_LOGIN";
/// Its redirect URI.
pub const REDIRECT_URI: &str = "https://rp.example/itsme/callback";

/// Its private keys: one to sign, two to decrypt with.
pub fn private_keys() -> PrivateKeys {
    static KEYS: OnceLock<PrivateKeys> = OnceLock::new();
    KEYS.get_or_init(|| PrivateKeys::from_json(private_jwks()).expect("the fixture is sound"))
        .clone()
}

/// The same keys as the text of a private JWK set file.
pub fn private_jwks() -> &'static str {
    include_str!("fixtures/rp_private_jwks.json")
}

/// What an OP knows of a relying party.
#[derive(Clone, Debug)]
pub struct RegisteredClient {
    pub(crate) client_id: String,
    pub(crate) jwks: Value,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) services: Vec<String>,
}

impl RegisteredClient {
    /// A client with the public JWK set that it publishes. It has no redirect URI and no service.
    ///
    /// # Panics
    /// `public_jwks` is not JSON.
    pub fn new(client_id: impl Into<String>, public_jwks: &str) -> Self {
        Self {
            client_id: client_id.into(),
            jwks: serde_json::from_str(public_jwks).expect("a public JWK set is JSON"),
            redirect_uris: Vec::new(),
            services: Vec::new(),
        }
    }

    /// One more redirect URI, compared octet by octet.
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// One more service code.
    #[must_use]
    pub fn service(mut self, code: impl Into<String>) -> Self {
        self.services.push(code.into());
        self
    }

    /// The client with [`CLIENT_ID`], [`REDIRECT_URI`] and [`SERVICE`].
    pub(crate) fn test_client() -> Self {
        Self::new(CLIENT_ID, &private_keys().public_jwks())
            .redirect_uri(REDIRECT_URI)
            .service(SERVICE)
    }
}
