use std::{sync::Arc, time::Duration};

use itsme_core::{
    AuthorizationRequest, Backchannel, BackchannelRequest, Callback, CibaTicket, ClientSecret,
    Hosted, LoggedIn, LoginState, Photo, PrivateKeys, Progress, Provider, QrLogin, Recording,
    Redirect, Response, Secret, Settings, UserDiscovery, UserDiscoveryTicket,
};

use crate::{Error, KeyHolder, Transport};

/// A client registered with itsme, together with a transport to reach itsme. Create one and share
/// it: `Clone` is cheap, and clones share connections, metadata and keys.
#[derive(Clone, Debug)]
pub struct Client {
    core: itsme_core::Client,
    transport: Transport,
}

impl Client {
    /// Checks the settings and sets up an HTTP client.
    ///
    /// # Errors
    /// If the settings are invalid.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let core = itsme_core::Client::new(settings)?;
        Ok(Self::with_transport(core, Transport::new()))
    }

    /// Creates a client that shares this client's connections, for a different tenant in the same environment. See
    /// [`itsme_core::Client::sibling`]. The two also share the key holder, which distinguishes keys only by their
    /// `kid`.
    ///
    /// # Errors
    /// If the settings are invalid or name a different environment.
    pub fn sibling(&self, settings: Settings) -> Result<Self, Error> {
        Ok(Self::with_transport(self.core.sibling(settings)?, self.transport.clone()))
    }

    /// Creates a client that uses your own transport, or a transport shared with other clients.
    pub fn with_transport(core: itsme_core::Client, transport: Transport) -> Self {
        Self { core, transport }
    }

    /// Sets the key holder for external private keys; see [`Transport::key_holder`].
    #[must_use]
    pub fn key_holder(self, holder: KeyHolder) -> Self {
        Self { transport: self.transport.key_holder(holder), ..self }
    }

    /// Records each login, and passes its [`Recording`] to `recorder` if the login ends in an error. Off by default,
    /// because a recording is personal data. See [`itsme_core::Client::on_failure`].
    #[must_use]
    pub fn on_failure(self, recorder: impl Fn(Recording) + Send + Sync + 'static) -> Self {
        Self { core: self.core.on_failure(recorder), ..self }
    }

    /// 1. Starts a login: returns the URL to send the user to, and the state to keep until they
    ///    come back. See [`itsme_core::Client::authorize`].
    ///
    /// # Errors
    /// If the request is invalid, or the OP's metadata cannot be fetched.
    pub fn authorize(&self, request: AuthorizationRequest) -> Result<Redirect, Error> {
        self.transport.run(self.core.authorize(request))
    }

    /// 1. Starts a login like [`authorize`](Self::authorize), but with a request object for you to host. See
    ///    [`itsme_core::Client::request_object`].
    ///
    /// # Errors
    /// The same as [`authorize`](Self::authorize).
    pub fn request_object(
        &self,
        request: AuthorizationRequest,
        request_uri: impl Into<String>,
        lifetime: Duration,
    ) -> Result<Hosted, Error> {
        self.transport.run(self.core.request_object(request, request_uri, lifetime))
    }

    /// 2. Finishes a login: returns the user who has logged in. See
    ///    [`itsme_core::Client::finish_login`].
    ///
    /// # Errors
    /// If the user refused, the callback does not belong to this login, or the OP's response cannot
    /// be trusted.
    pub fn finish_login(
        &self,
        login: LoginState,
        callback: impl Into<Callback>,
    ) -> Result<LoggedIn, Error> {
        self.transport.run(self.core.finish_login(login, callback))
    }

    /// Continues a QR login until its next step: a code to show, a scan, or the logged-in user. See
    /// [`itsme_core::Client::next_qr_step`].
    ///
    /// # Errors
    /// If the user refused or took too long, or the OP refuses the request or cannot be trusted.
    pub fn next_qr_step(&self, login: QrLogin) -> Result<Progress, Error> {
        self.transport.run(self.core.next_qr_step(login))
    }

    /// Gets a QR code to show to the user. See [`itsme_core::Client::discover_user`].
    ///
    /// # Errors
    /// If the client cannot use CIBA, or the OP refuses the request.
    pub fn discover_user(&self) -> Result<UserDiscoveryTicket, Error> {
        self.transport.run(self.core.discover_user())
    }

    /// Polls to find out whether the QR code has been scanned. See [`itsme_core::Client::poll_user_discovery`].
    ///
    /// # Errors
    /// If no one scanned the code in time, the ticket belongs to a different client, or the OP
    /// refuses the request.
    pub fn poll_user_discovery(&self, ticket: UserDiscoveryTicket) -> Result<UserDiscovery, Error> {
        self.transport.run(self.core.poll_user_discovery(ticket))
    }

    /// Asks a user in the itsme app to log in or to confirm. See
    /// [`itsme_core::Client::start_backchannel`].
    ///
    /// # Errors
    /// If the request is invalid or cannot be sent, or the OP refuses it.
    pub fn start_backchannel(&self, request: BackchannelRequest) -> Result<CibaTicket, Error> {
        self.transport.run(self.core.start_backchannel(request))
    }

    /// Polls to find out whether the user has answered. See [`itsme_core::Client::poll_backchannel`].
    ///
    /// # Errors
    /// If the user refused or took too long, the ticket belongs to a different client, or the OP's response cannot be
    /// trusted.
    pub fn poll_backchannel(&self, ticket: CibaTicket) -> Result<Backchannel, Error> {
        self.transport.run(self.core.poll_backchannel(ticket))
    }

    /// Fetches the user's picture. See [`itsme_core::Client::picture`].
    ///
    /// # Errors
    /// If there is no picture or it cannot be trusted, or the access token is no longer valid.
    pub fn picture(&self, who: &LoggedIn) -> Result<Photo, Error> {
        self.transport.run(self.core.picture(who))
    }

    /// Revokes an access token. See [`itsme_core::Client::revoke`].
    ///
    /// # Errors
    /// If the client has no client secret, or the OP refuses the request.
    pub fn revoke(&self, access_token: Secret) -> Result<(), Error> {
        self.transport.run(self.core.revoke(access_token))
    }

    /// Checks that each external key matches its published public key. See
    /// [`itsme_core::Client::check_keys`].
    ///
    /// # Errors
    /// If a key does not match, or the key holder cannot be reached.
    pub fn check_keys(&self) -> Result<(), Error> {
        self.transport.run(self.core.check_keys())
    }

    /// Replaces the private keys without a restart. See [`itsme_core::Client::replace_keys`].
    ///
    /// # Errors
    /// If the client authenticates with a secret instead of keys.
    pub fn replace_keys(&self, keys: PrivateKeys) -> Result<(), itsme_core::Error> {
        self.core.replace_keys(keys)
    }

    /// Replaces the client secret without a restart. See
    /// [`itsme_core::Client::replace_secret`].
    ///
    /// # Errors
    /// If the secret is empty or too short, or the client authenticates with private keys.
    pub fn replace_secret(&self, secret: ClientSecret) -> Result<(), itsme_core::Error> {
        self.core.replace_secret(secret)
    }

    /// Forgets the previous keys or secret. See [`itsme_core::Client::forget_old_keys`].
    pub fn forget_old_keys(&self) {
        self.core.forget_old_keys();
    }

    /// Returns the response that serves the client's public JWK set. See [`itsme_core::Client::public_jwks_response`].
    pub fn public_jwks_response(&self) -> Option<Response> {
        self.core.public_jwks_response()
    }

    /// Fetches the OP's metadata and keys now. See [`itsme_core::Client::refresh`].
    ///
    /// # Errors
    /// If the OP cannot be reached, or its responses are unusable.
    pub fn refresh(&self) -> Result<Arc<Provider>, Error> {
        self.transport.run(self.core.refresh())
    }

    /// Returns the client without its transport, for flows that you [run](Transport::run) yourself.
    pub fn core(&self) -> &itsme_core::Client {
        &self.core
    }

    /// Returns the client's transport.
    pub fn transport(&self) -> &Transport {
        &self.transport
    }
}
