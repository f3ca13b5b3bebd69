use std::{sync::Arc, time::Duration};

use itsme_core::{
    AuthorizationRequest, Backchannel, BackchannelRequest, Callback, CibaTicket, ClientSecret,
    Hosted, LoggedIn, LoginState, Photo, PrivateKeys, Progress, Provider, QrLogin, Recording,
    Redirect, Response, Secret, Settings, UserDiscovery, UserDiscoveryTicket,
};

use crate::{Error, KeyHolder, Transport};

/// An application that itsme knows, with a way to reach it. Make one and share it: `Clone` is
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
    /// The settings cannot work.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let core = itsme_core::Client::new(settings)?;
        Ok(Self::with_transport(core, Transport::new()))
    }

    /// Makes a client for another tenant of the same environment, over the same connections. See
    /// [`itsme_core::Client::sibling`]. A key holder is shared, too: it tells keys apart by their `kid` alone.
    ///
    /// # Errors
    /// The settings cannot work, or are of another environment.
    pub fn sibling(&self, settings: Settings) -> Result<Self, Error> {
        Ok(Self::with_transport(self.core.sibling(settings)?, self.transport.clone()))
    }

    /// Over a transport of your own making, or one that other clients share.
    pub fn with_transport(core: itsme_core::Client, transport: Transport) -> Self {
        Self { core, transport }
    }

    /// Sets the key holder for private keys that are kept outside, see [`Transport::key_holder`].
    #[must_use]
    pub fn key_holder(self, holder: KeyHolder) -> Self {
        Self { transport: self.transport.key_holder(holder), ..self }
    }

    /// Writes each login down, and hands over a [`Recording`] of each that ends in an error. Off by default, because a
    /// recording is personal data. See [`itsme_core::Client::on_failure`].
    #[must_use]
    pub fn on_failure(self, recorder: impl Fn(Recording) + Send + Sync + 'static) -> Self {
        Self { core: self.core.on_failure(recorder), ..self }
    }

    /// 1. Where to send a person, and what to keep until they are back. See
    ///    [`itsme_core::Client::authorize`].
    ///
    /// # Errors
    /// The request cannot be sent, or the OP's metadata cannot be had.
    pub fn authorize(&self, request: AuthorizationRequest) -> Result<Redirect, Error> {
        self.transport.run(self.core.authorize(request))
    }

    /// 1. As [`authorize`](Self::authorize), with a request object to host. See
    ///    [`itsme_core::Client::request_object`].
    ///
    /// # Errors
    /// As [`authorize`](Self::authorize).
    pub fn request_object(
        &self,
        request: AuthorizationRequest,
        request_uri: impl Into<String>,
        lifetime: Duration,
    ) -> Result<Hosted, Error> {
        self.transport.run(self.core.request_object(request, request_uri, lifetime))
    }

    /// 2. Who has come back. See [`itsme_core::Client::finish_login`].
    ///
    /// # Errors
    /// The person said no, the callback is not an answer to this login, or what the OP sent cannot
    /// be trusted.
    pub fn finish_login(
        &self,
        login: LoginState,
        callback: impl Into<Callback>,
    ) -> Result<LoggedIn, Error> {
        self.transport.run(self.core.finish_login(login, callback))
    }

    /// Runs a login by QR code until there is something new. See [`itsme_core::Client::next_qr_step`].
    ///
    /// # Errors
    /// The person said no or took too long, or the OP refuses or cannot be trusted.
    pub fn next_qr_step(&self, login: QrLogin) -> Result<Progress, Error> {
        self.transport.run(self.core.next_qr_step(login))
    }

    /// A QR code to show. See [`itsme_core::Client::discover_user`].
    ///
    /// # Errors
    /// The client cannot ask without a browser, or the OP refuses.
    pub fn discover_user(&self) -> Result<UserDiscoveryTicket, Error> {
        self.transport.run(self.core.discover_user())
    }

    /// Whether it was scanned. See [`itsme_core::Client::poll_user_discovery`].
    ///
    /// # Errors
    /// Nobody has scanned it in time, the ticket is another client's, or the OP refuses.
    pub fn poll_user_discovery(&self, ticket: UserDiscoveryTicket) -> Result<UserDiscovery, Error> {
        self.transport.run(self.core.poll_user_discovery(ticket))
    }

    /// Asks a person in the app. See [`itsme_core::Client::start_backchannel`].
    ///
    /// # Errors
    /// The request cannot be sent, or the OP refuses.
    pub fn start_backchannel(&self, request: BackchannelRequest) -> Result<CibaTicket, Error> {
        self.transport.run(self.core.start_backchannel(request))
    }

    /// Whether they have answered. See [`itsme_core::Client::poll_backchannel`].
    ///
    /// # Errors
    /// The person said no or took too long, the ticket is another client's, or what the OP sent
    /// cannot be trusted.
    pub fn poll_backchannel(&self, ticket: CibaTicket) -> Result<Backchannel, Error> {
        self.transport.run(self.core.poll_backchannel(ticket))
    }

    /// The person's picture. See [`itsme_core::Client::picture`].
    ///
    /// # Errors
    /// There is none, or none that can be trusted, or the access token is no longer good.
    pub fn picture(&self, who: &LoggedIn) -> Result<Photo, Error> {
        self.transport.run(self.core.picture(who))
    }

    /// Makes an access token useless before its time. See [`itsme_core::Client::revoke`].
    ///
    /// # Errors
    /// The client has no secret, or the OP refuses.
    pub fn revoke(&self, access_token: Secret) -> Result<(), Error> {
        self.transport.run(self.core.revoke(access_token))
    }

    /// Whether each key that is kept outside belongs to what is published. See
    /// [`itsme_core::Client::check_keys`].
    ///
    /// # Errors
    /// One does not, or the key holder cannot be asked.
    pub fn check_keys(&self) -> Result<(), Error> {
        self.transport.run(self.core.check_keys())
    }

    /// Goes on with other keys, without a restart. See [`itsme_core::Client::replace_keys`].
    ///
    /// # Errors
    /// The client has a secret.
    pub fn replace_keys(&self, keys: PrivateKeys) -> Result<(), itsme_core::Error> {
        self.core.replace_keys(keys)
    }

    /// Goes on with another client secret, without a restart. See
    /// [`itsme_core::Client::replace_secret`].
    ///
    /// # Errors
    /// The secret is empty, or the client has keys.
    pub fn replace_secret(&self, secret: ClientSecret) -> Result<(), itsme_core::Error> {
        self.core.replace_secret(secret)
    }

    /// Forgets the keys or the secret of before. See [`itsme_core::Client::forget_old_keys`].
    pub fn forget_old_keys(&self) {
        self.core.forget_old_keys();
    }

    /// The response that serves our public JWK set. See [`itsme_core::Client::public_jwks_response`].
    pub fn public_jwks_response(&self) -> Option<Response> {
        self.core.public_jwks_response()
    }

    /// Fetches the OP's metadata and keys now. See [`itsme_core::Client::refresh`].
    ///
    /// # Errors
    /// The OP cannot be reached, or its answers cannot be used.
    pub fn refresh(&self) -> Result<Arc<Provider>, Error> {
        self.transport.run(self.core.refresh())
    }

    /// The client without its transport, for flows to [run](Transport::run).
    pub fn core(&self) -> &itsme_core::Client {
        &self.core
    }

    /// The transport.
    pub fn transport(&self) -> &Transport {
        &self.transport
    }
}
