use std::{collections::BTreeSet, time::Duration};

use serde::{Deserialize, Serialize};

use crate::settings::{
    Settings,
    credentials::Credentials,
    environment::Environment,
    keyring::Keyring,
    leeway::Leeway,
    protection::{AssertionAudience, JwtProtection, LoginHintForm},
};

/// The client's settings, without its credentials.
#[derive(Serialize, Deserialize)]
pub(super) struct RecordedSettings {
    pub(super) client_id: String,
    pub(super) environment: Environment,
    /// Whether ID tokens are signed with the client secret.
    hs256: bool,
    redirect_uri: Option<String>,
    #[serde(with = "JwtProtectionName")]
    client_assertion: JwtProtection,
    #[serde(with = "AssertionAudienceName")]
    assertion_audience: AssertionAudience,
    #[serde(with = "JwtProtectionName")]
    request_objects: JwtProtection,
    #[serde(with = "LoginHintFormName")]
    login_hint_token: LoginHintForm,
    ping: bool,
    clock_leeway: Duration,
    login_lifetime: Duration,
    other_audiences: Vec<String>,
    endpoint_hosts: BTreeSet<String>,
    require_auth_time: bool,
    danger_accept_weaker_acr: bool,
    danger_http_on_loopback: bool,
    danger_short_client_secret: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "JwtProtection", rename_all = "snake_case")]
enum JwtProtectionName {
    Nested,
    Signed,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "AssertionAudience", rename_all = "snake_case")]
enum AssertionAudienceName {
    TokenEndpoint,
    Issuer,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "LoginHintForm", rename_all = "snake_case")]
enum LoginHintFormName {
    Signed,
    Unsigned,
    Object,
}

impl RecordedSettings {
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            client_id: settings.client_id.clone(),
            environment: settings.environment.clone(),
            hs256: settings.keyring.current().signs_by_secret(),
            redirect_uri: settings.redirect_uri.clone(),
            client_assertion: settings.client_assertion,
            assertion_audience: settings.assertion_audience,
            request_objects: settings.request_objects,
            login_hint_token: settings.login_hint_token,
            ping: settings.ping,
            clock_leeway: settings.clock_leeway.0,
            login_lifetime: settings.login_lifetime,
            other_audiences: settings.other_audiences.clone(),
            endpoint_hosts: settings.endpoint_hosts.clone(),
            require_auth_time: settings.require_auth_time,
            danger_accept_weaker_acr: settings.danger_accept_weaker_acr,
            danger_http_on_loopback: settings.danger_http_on_loopback,
            danger_short_client_secret: settings.danger_short_client_secret,
        }
    }

    /// The settings with these credentials. Whether ID tokens are signed with a secret is taken from the recording.
    pub(super) fn with(&self, credentials: &Credentials) -> Settings {
        let credentials = match credentials.clone() {
            Credentials::ClientSecret(secret) if self.hs256 => secret.hs256().into(),
            other => other,
        };
        Settings {
            client_id: self.client_id.clone(),
            keyring: Keyring::new(credentials),
            environment: self.environment.clone(),
            redirect_uri: self.redirect_uri.clone(),
            client_assertion: self.client_assertion,
            assertion_audience: self.assertion_audience,
            request_objects: self.request_objects,
            login_hint_token: self.login_hint_token,
            ping: self.ping,
            clock_leeway: Leeway(self.clock_leeway),
            login_lifetime: self.login_lifetime,
            other_audiences: self.other_audiences.clone(),
            endpoint_hosts: self.endpoint_hosts.clone(),
            require_auth_time: self.require_auth_time,
            danger_accept_weaker_acr: self.danger_accept_weaker_acr,
            danger_http_on_loopback: self.danger_http_on_loopback,
            danger_short_client_secret: self.danger_short_client_secret,
        }
    }
}
