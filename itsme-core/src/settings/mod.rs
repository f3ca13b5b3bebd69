pub(crate) mod credentials;
pub(crate) mod environment;
pub(crate) mod identity;
mod key_check;
mod key_entry;
mod key_file;
mod key_form;
mod key_rotation;
pub(crate) mod keyring;
pub(crate) mod leeway;
pub(crate) mod private_keys;
pub(crate) mod protection;

use std::{collections::BTreeSet, time::Duration};

use crate::{
    dialect::Dialect,
    error::{SettingsError, UrlError},
    ground::text::printable,
    http::url_rules::{self, PlainHttp},
    settings::{
        credentials::Credentials,
        environment::Environment,
        identity::ClientIdentity,
        keyring::Keyring,
        leeway::Leeway,
        protection::{AssertionAudience, JwtProtection, LoginHintForm},
    },
};

/// A client's registration with itsme, and how strictly the client checks the OP's responses.
///
/// The settings are not checked until they are passed to [`Client::new`](crate::Client::new).
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) client_id: String,
    pub(crate) keyring: Keyring,
    pub(crate) environment: Environment,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) client_assertion: JwtProtection,
    pub(crate) assertion_audience: AssertionAudience,
    pub(crate) request_objects: JwtProtection,
    pub(crate) login_hint_token: LoginHintForm,
    pub(crate) ping: bool,
    pub(crate) clock_leeway: Leeway,
    pub(crate) login_lifetime: Duration,
    pub(crate) other_audiences: Vec<String>,
    pub(crate) endpoint_hosts: BTreeSet<String>,
    pub(crate) require_auth_time: bool,
    pub(crate) danger_accept_weaker_acr: bool,
    pub(crate) danger_http_on_loopback: bool,
    pub(crate) danger_short_client_secret: bool,
}

impl Settings {
    /// Creates settings from the client id assigned by itsme, the credentials, and the environment that both belong to.
    /// The credentials are either the [private keys](crate::PrivateKeys) whose public keys you have registered with
    /// itsme, or the [client secret](crate::ClientSecret) that itsme assigned.
    pub fn new(
        client_id: impl Into<String>,
        credentials: impl Into<Credentials>,
        environment: Environment,
    ) -> Self {
        Self {
            client_id: client_id.into(),
            keyring: Keyring::new(credentials.into()),
            environment,
            redirect_uri: None,
            client_assertion: JwtProtection::default(),
            assertion_audience: AssertionAudience::default(),
            request_objects: JwtProtection::default(),
            login_hint_token: LoginHintForm::default(),
            ping: false,
            clock_leeway: Leeway::DEFAULT,
            login_lifetime: Duration::from_secs(15 * 60),
            other_audiences: Vec::new(),
            endpoint_hosts: BTreeSet::new(),
            require_auth_time: false,
            danger_accept_weaker_acr: false,
            danger_http_on_loopback: false,
            danger_short_client_secret: false,
        }
    }

    /// The URI that users return to, byte for byte as registered with itsme. It must use `https` and have no fragment.
    /// Default: none, so every request must set its own.
    #[must_use]
    pub fn redirect_uri(self, redirect_uri: impl Into<String>) -> Self {
        Self { redirect_uri: Some(redirect_uri.into()), ..self }
    }

    /// The form of client assertions. Default: signed, then encrypted.
    #[must_use]
    pub fn client_assertion(self, form: JwtProtection) -> Self {
        Self { client_assertion: form, ..self }
    }

    /// The audience of client assertions. Default: the endpoint that itsme's documentation gives for each request.
    #[must_use]
    pub fn assertion_audience(self, audience: AssertionAudience) -> Self {
        Self { assertion_audience: audience, ..self }
    }

    /// The form of request objects. Default: signed, then encrypted.
    #[must_use]
    pub fn request_objects(self, form: JwtProtection) -> Self {
        Self { request_objects: form, ..self }
    }

    /// The form of the `login_hint_token`, which tells the OP which user to ask when there is no browser. Default: a
    /// signed JWT.
    #[must_use]
    pub fn login_hint_token(self, form: LoginHintForm) -> Self {
        Self { login_hint_token: form, ..self }
    }

    /// Enables ping mode, in which the OP sends a [ping](crate::Ping) when a user has answered (CIBA Core §4). Set this
    /// if you agreed on ping mode at onboarding. Default: the OP sends no pings, and the client polls it.
    #[must_use]
    pub fn ping(self) -> Self {
        Self { ping: true, ..self }
    }

    /// How far the OP's clock may differ from ours. Default: 60 seconds.
    #[must_use]
    pub fn clock_leeway(self, leeway: Duration) -> Self {
        Self { clock_leeway: Leeway(leeway), ..self }
    }

    /// How long a user may take from the redirect to the callback. Default: 15 minutes.
    #[must_use]
    pub fn login_lifetime(self, lifetime: Duration) -> Self {
        Self { login_lifetime: lifetime, ..self }
    }

    /// Adds an audience that tokens may contain in addition to the client id (OIDC Core §3.1.3.7). Tokens with such an
    /// audience must also have an `azp`. Default: none, so a token with other audiences is refused.
    #[must_use]
    pub fn other_audience(mut self, audience: impl Into<String>) -> Self {
        self.other_audiences.push(audience.into());
        self
    }

    /// Allows endpoints on any port of this host, such as `api.op.example`, to receive assertions, codes and tokens.
    /// Use this only for [custom environments](Environment::custom); in itsme's own environments, the endpoints are on
    /// itsme's hosts. Default: only the issuer's host is allowed, whatever the discovery document contains.
    #[must_use]
    pub fn endpoint_host(mut self, host: impl Into<String>) -> Self {
        self.endpoint_hosts.insert(host.into().to_ascii_lowercase());
        self
    }

    /// Refuses an ID token without `auth_time` if `max_age` was requested. Default: such a token is accepted, since
    /// itsme omits `auth_time` and authenticates the user at every login.
    #[must_use]
    pub fn require_auth_time(self) -> Self {
        Self { require_auth_time: true, ..self }
    }

    /// Accepts logins with weaker authentication than requested. The application must then check
    /// [`LoggedIn::acr`](crate::LoggedIn::acr) itself. Default: such logins are refused.
    #[must_use]
    pub fn danger_accept_weaker_acr(self) -> Self {
        Self { danger_accept_weaker_acr: true, ..self }
    }

    /// Allows plain `http` URLs on localhost, for tests and demonstrations. Default: such URLs are refused.
    #[must_use]
    pub fn danger_http_on_loopback(self) -> Self {
        Self { danger_http_on_loopback: true, ..self }
    }

    /// Accepts a client secret of fewer than 16 bytes, or of fewer than 32 bytes if it signs ID tokens. Anyone who has
    /// a token can brute-force such a secret offline, so ask itsme for a longer secret instead. Default: such secrets
    /// are refused.
    #[must_use]
    pub fn danger_short_client_secret(self) -> Self {
        Self { danger_short_client_secret: true, ..self }
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        if self.client_id.is_empty() {
            return Err(SettingsError::EmptyClientId);
        }
        let issuer = self.environment.issuer();
        url_rules::check(issuer, self.plain_http()).map_err(SettingsError::Issuer)?;
        if issuer.contains('?') {
            return Err(SettingsError::Issuer(UrlError::Query));
        }
        let is_custom = matches!(self.environment, Environment::Custom { .. });
        // Endpoint hosts are compared in the form that URL parsing yields. A host written in any other form would never
        // match, so it is refused here.
        let is_host = |host: &String| {
            let parsed = url::Host::parse(host).map(|parsed| parsed.to_string());
            is_custom && !host.ends_with('.') && parsed.as_ref() == Ok(host)
        };
        if let Some(host) = self.endpoint_hosts.iter().find(|host| !is_host(host)) {
            return Err(SettingsError::EndpointHost(printable(host)));
        }
        self.check_credentials(&self.keyring.current())?;
        let redirect_uri = self.redirect_uri.as_deref();
        let checked = redirect_uri.map_or(Ok(()), |uri| url_rules::check(uri, self.plain_http()));
        checked.map_err(SettingsError::RedirectUri)
    }

    pub(crate) fn check_credentials(&self, credentials: &Credentials) -> Result<(), SettingsError> {
        credentials.check(self.dialect())?;
        if self.danger_short_client_secret { Ok(()) } else { credentials.check_length() }
    }

    pub(crate) fn identity(&self) -> ClientIdentity {
        let issuer = self.environment.issuer().to_owned();
        ClientIdentity { issuer, client_id: self.client_id.clone() }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.environment.dialect()
    }

    pub(crate) fn plain_http(&self) -> PlainHttp {
        if self.danger_http_on_loopback { PlainHttp::OnLoopback } else { PlainHttp::Never }
    }
}
