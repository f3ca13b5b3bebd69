//! Who may log people in, and the settings of those that it knows from the start.

use std::sync::Arc;

use itsme_core::{ClientSecret, Credentials, Dialect, Environment, PrivateKeys, Settings};
use serde_json::Value;

use super::FakeOp;
use crate::registration::{
    self, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, RegisteredClient, SECRET_CLIENT_ID, private_keys,
};

impl FakeOp {
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

    /// Forgets all clients, those of the start as well.
    pub fn forget_clients(&mut self) {
        self.clients.clear();
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

    pub(super) fn client(&self, client_id: &str) -> Option<&Arc<RegisteredClient>> {
        self.clients.iter().find(|client| client.client_id == client_id)
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
}
