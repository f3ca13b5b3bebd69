//! The registered clients, and settings for the built-in ones.

use std::sync::Arc;

use itsme_core::{ClientSecret, Credentials, Dialect, Environment, PrivateKeys, Settings};
use serde_json::Value;

use super::FakeOp;
use crate::registration::{
    self, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, RegisteredClient, SECRET_CLIENT_ID, private_keys,
};

impl FakeOp {
    /// Settings for the client [`CLIENT_ID`], which every OP knows unless its clients have
    /// been [removed](Self::forget_clients).
    pub fn settings(&self) -> Settings {
        self.settings_for(CLIENT_ID, private_keys())
    }

    /// Replaces the keys of the client [`CLIENT_ID`], and returns settings with the new keys.
    ///
    /// # Panics
    /// If the public part of `keys` is not JSON.
    pub fn settings_with(&mut self, keys: PrivateKeys) -> Settings {
        self.publish(&keys.public_jwks());
        self.settings_for(CLIENT_ID, keys)
    }

    /// Replaces the public keys of the client [`CLIENT_ID`], as if the OP had fetched this JWK set.
    ///
    /// # Panics
    /// If `public_jwks` is not JSON.
    pub fn publish(&mut self, public_jwks: &str) {
        let jwks: Value = serde_json::from_str(public_jwks).expect("a public JWK set is JSON");
        self.change(CLIENT_ID, |client| {
            client.credentials = registration::Credentials::Keys(jwks.clone());
        });
    }

    /// Settings for the built-in client with a secret, [`SECRET_CLIENT_ID`].
    pub fn secret_settings(&self) -> Settings {
        self.settings_for(SECRET_CLIENT_ID, ClientSecret::new(CLIENT_SECRET))
    }

    /// Makes the OP sign the tokens of the client [`SECRET_CLIENT_ID`] with its secret (HS256), and
    /// returns settings for that client.
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

    /// Removes all clients, including the built-in ones.
    pub fn forget_clients(&mut self) {
        self.clients.clear();
    }

    /// Registers a client, replacing any with the same ID.
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

    /// Sets the notification endpoint of the client [`CLIENT_ID`], which puts this client in ping
    /// mode.
    ///
    /// # Panics
    /// If `uri` is not a URI.
    pub fn ping_at(&mut self, uri: &str) {
        self.change(CLIENT_ID, |client| *client = client.clone().notification_endpoint(uri));
    }

    /// Adds a redirect URI to the client [`CLIENT_ID`].
    pub fn allow_redirect_uri(&mut self, uri: impl Into<String>) {
        let uri = uri.into();
        self.change(CLIENT_ID, |client| client.redirect_uris.push(uri.clone()));
    }

    /// Adds a login service to the built-in clients, so that an application can be tested with its
    /// own service code.
    pub fn allow_service(&mut self, code: impl Into<String>) {
        let code = code.into();
        for built_in in [CLIENT_ID, SECRET_CLIENT_ID] {
            self.change(built_in, |client| *client = client.clone().service(code.clone()));
        }
    }
}
