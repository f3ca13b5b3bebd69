use std::{sync::Arc, time::Duration};

use itsme_core::{
    AuthorizationRequest, Backchannel, BackchannelRequest, Callback, CibaTicket, ClientSecret,
    Hosted, LoggedIn, LoginState, Photo, PrivateKeys, Progress, Provider, QrLogin, Recording,
    Redirect, Response, Secret, Settings, UserDiscovery, UserDiscoveryTicket,
};

use crate::{Error, KeyHolder, SetupError, Transport};

/// A client that itsme knows, with a transport to reach itsme. Create one and share it: `Clone` is
/// cheap, and clones share connections, metadata and keys.
#[derive(Clone, Debug)]
pub struct Client {
    core: itsme_core::Client,
    transport: Transport,
}

impl Client {
    /// Checks the settings and sets up an HTTP client.
    ///
    /// # Errors
    /// If the settings are invalid, or TLS cannot be set up.
    pub fn new(settings: Settings) -> Result<Self, SetupError> {
        let core = itsme_core::Client::new(settings)?;
        Ok(Self::with_transport(core, Transport::new()?))
    }

    /// Makes a client for another tenant of the same environment, over the same connections. See
    /// [`itsme_core::Client::sibling`]. They also share the key holder, which tells keys apart only by `kid`.
    ///
    /// # Errors
    /// If the settings are invalid or belong to another environment.
    pub fn sibling(&self, settings: Settings) -> Result<Self, SetupError> {
        Ok(Self::with_transport(self.core.sibling(settings)?, self.transport.clone()))
    }

    /// Creates a client over your own transport, or one that other clients share.
    pub fn with_transport(core: itsme_core::Client, transport: Transport) -> Self {
        Self { core, transport }
    }

    /// Sets the key holder for external private keys; see [`Transport::key_holder`].
    #[must_use]
    pub fn key_holder(self, holder: KeyHolder) -> Self {
        Self { transport: self.transport.key_holder(holder), ..self }
    }

    /// Records each login, and passes on the [`Recording`] if it ends in an error. Off by default, because a
    /// recording is personal data. See [`itsme_core::Client::on_failure`].
    #[must_use]
    pub fn on_failure(self, recorder: impl Fn(Recording) + Send + Sync + 'static) -> Self {
        Self { core: self.core.on_failure(recorder), ..self }
    }

    /// 1. Begins a login: where to send the person, and what to keep until they return. See
    ///    [`itsme_core::Client::authorize`].
    ///
    /// # Errors
    /// If the request cannot be sent, or the OP's metadata cannot be fetched.
    pub async fn authorize(&self, request: AuthorizationRequest) -> Result<Redirect, Error> {
        self.transport.run(self.core.authorize(request)).await
    }

    /// 1. Begins a login like [`authorize`](Self::authorize), with a request object for you to host. See
    ///    [`itsme_core::Client::request_object`].
    ///
    /// # Errors
    /// Like [`authorize`](Self::authorize).
    pub async fn request_object(
        &self,
        request: AuthorizationRequest,
        request_uri: impl Into<String>,
        lifetime: Duration,
    ) -> Result<Hosted, Error> {
        self.transport.run(self.core.request_object(request, request_uri, lifetime)).await
    }

    /// 2. Finishes a login: who came back. See [`itsme_core::Client::finish_login`].
    ///
    /// # Errors
    /// If the person refused, the callback does not answer this login, or the OP's answer cannot
    /// be trusted.
    pub async fn finish_login(
        &self,
        login: LoginState,
        callback: impl Into<Callback>,
    ) -> Result<LoggedIn, Error> {
        self.transport.run(self.core.finish_login(login, callback)).await
    }

    /// Runs a login by QR code until there is news. See [`itsme_core::Client::next_qr_step`].
    ///
    /// # Errors
    /// If the person refused or took too long, or the OP refuses or cannot be trusted.
    pub async fn next_qr_step(&self, login: QrLogin) -> Result<Progress, Error> {
        self.transport.run(self.core.next_qr_step(login)).await
    }

    /// Gets a QR code to show. See [`itsme_core::Client::discover_user`].
    ///
    /// # Errors
    /// If the client cannot use CIBA, or the OP refuses.
    pub async fn discover_user(&self) -> Result<UserDiscoveryTicket, Error> {
        self.transport.run(self.core.discover_user()).await
    }

    /// Polls whether the QR code was scanned. See [`itsme_core::Client::poll_user_discovery`].
    ///
    /// # Errors
    /// If no one scanned it in time, the ticket belongs to another client, or the OP refuses.
    pub async fn poll_user_discovery(
        &self,
        ticket: UserDiscoveryTicket,
    ) -> Result<UserDiscovery, Error> {
        self.transport.run(self.core.poll_user_discovery(ticket)).await
    }

    /// Asks a person in the itsme app. See [`itsme_core::Client::start_backchannel`].
    ///
    /// # Errors
    /// If the request cannot be sent, or the OP refuses.
    pub async fn start_backchannel(
        &self,
        request: BackchannelRequest,
    ) -> Result<CibaTicket, Error> {
        self.transport.run(self.core.start_backchannel(request)).await
    }

    /// Polls whether the person has answered. See [`itsme_core::Client::poll_backchannel`].
    ///
    /// # Errors
    /// If the person refused or took too long, the ticket belongs to another client, or the OP's answer
    /// cannot be trusted.
    pub async fn poll_backchannel(&self, ticket: CibaTicket) -> Result<Backchannel, Error> {
        self.transport.run(self.core.poll_backchannel(ticket)).await
    }

    /// Fetches the person's picture. See [`itsme_core::Client::picture`].
    ///
    /// # Errors
    /// If there is no trustworthy picture, or the access token is no longer valid.
    pub async fn picture(&self, who: &LoggedIn) -> Result<Photo, Error> {
        self.transport.run(self.core.picture(who)).await
    }

    /// Revokes an access token. See [`itsme_core::Client::revoke`].
    ///
    /// # Errors
    /// If the client has no secret, or the OP refuses.
    pub async fn revoke(&self, access_token: Secret) -> Result<(), Error> {
        self.transport.run(self.core.revoke(access_token)).await
    }

    /// Checks that each external key matches its published public key. See
    /// [`itsme_core::Client::check_keys`].
    ///
    /// # Errors
    /// If one does not, or the key holder cannot be reached.
    pub async fn check_keys(&self) -> Result<(), Error> {
        self.transport.run(self.core.check_keys()).await
    }

    /// Replaces the private keys without a restart. See [`itsme_core::Client::replace_keys`].
    ///
    /// # Errors
    /// If the client has a secret.
    pub fn replace_keys(&self, keys: PrivateKeys) -> Result<(), itsme_core::Error> {
        self.core.replace_keys(keys)
    }

    /// Replaces the client secret without a restart. See
    /// [`itsme_core::Client::replace_secret`].
    ///
    /// # Errors
    /// If the secret is empty, or the client has keys.
    pub fn replace_secret(&self, secret: ClientSecret) -> Result<(), itsme_core::Error> {
        self.core.replace_secret(secret)
    }

    /// Forgets the previous keys or secret. See [`itsme_core::Client::forget_old_keys`].
    pub fn forget_old_keys(&self) {
        self.core.forget_old_keys();
    }

    /// The response that serves the client's public JWK set. See [`itsme_core::Client::public_jwks_response`].
    pub fn public_jwks_response(&self) -> Option<Response> {
        self.core.public_jwks_response()
    }

    /// Fetches the OP's metadata and keys now. See [`itsme_core::Client::refresh`].
    ///
    /// # Errors
    /// If the OP cannot be reached, or its answers are unusable.
    pub async fn refresh(&self) -> Result<Arc<Provider>, Error> {
        self.transport.run(self.core.refresh()).await
    }

    /// The client without its transport, for flows that you [run](Transport::run) yourself.
    pub fn core(&self) -> &itsme_core::Client {
        &self.core
    }

    /// Its transport.
    pub fn transport(&self) -> &Transport {
        &self.transport
    }
}
