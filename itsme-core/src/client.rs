use std::{fmt, sync::Arc};

use crate::{
    authorization::{
        authorize::{Authorize, Hosted, Redirect},
        callback::Callback,
        finish::FinishLogin,
        request::{AuthorizationRequest, HostedRequest},
        state::LoginState,
    },
    ciba::{
        Backchannel, BackchannelRequest, BackchannelStart, BeginUserDiscovery, CibaTicket,
        DiscoverUser, NextProgress, Ping, PingError, PollBackchannel, PollUserDiscovery, Progress,
        QrLogin, StartBackchannel, UserDiscovery, UserDiscoveryPoll, UserDiscoveryTicket,
    },
    client_auth::inner::ClientInner,
    error::Error,
    flow::Flow,
    ground::secret::Secret,
    http::Response,
    picture::{FetchPicture, Picture},
    provider::{Provider, cache::Cache, fetch::FetchProvider},
    revocation::{Revocation, Revoke},
    settings::{Settings, credentials::Credentials},
    tokens::logged_in::LoggedIn,
    user::Photo,
};

/// An application that itsme knows: settings, keys, and what is cached of the OP.
///
/// Make one at the start of the program and share it: `Clone` is cheap, and clones share the
/// cache. Its methods return flows, which do nothing until they are [driven](crate::drive()).
#[derive(Clone)]
pub struct Client(Arc<ClientInner>);

impl Client {
    /// Checks the settings.
    ///
    /// # Errors
    /// [`Error::Settings`]: what in them cannot work.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        settings.check()?;
        Ok(Self(Arc::new(ClientInner { settings, cache: Cache::default() })))
    }

    /// 1. Where to send a person, and what to keep until they are back.
    ///
    /// # Errors
    /// The flow ends with [`Error::Request`] before any request if the request cannot be sent, or
    /// with why the OP's metadata cannot be had.
    pub fn authorize<S>(&self, request: AuthorizationRequest<S>) -> Flow<Redirect> {
        Flow::of("authorize", Authorize::new(&self.0, request.into_wish()))
    }

    /// 1. The same, with the request object to host at the request's `request_uri` before the person
    ///    is sent there.
    ///
    /// # Errors
    /// As [`authorize`](Self::authorize).
    pub fn request_object<S>(&self, request: HostedRequest<S>) -> Flow<Hosted> {
        Flow::of("request_object", Authorize::hosted(&self.0, request.into_wish()))
    }

    /// 2. Who has come back.
    ///
    /// Take `login` out of the session's store first: a login is redeemed once.
    ///
    /// # Errors
    /// The flow ends with [`Error::Cancelled`] if the person said no, with [`Error::Callback`] or
    /// [`Error::LoginExpired`] if the callback is not an answer to this login, with
    /// [`Error::Refused`] in the OP's words, and with [`Error::IdToken`] or [`Error::Userinfo`] if
    /// what it sent cannot be trusted.
    pub fn finish_login(&self, login: LoginState, callback: impl Into<Callback>) -> Flow<LoggedIn> {
        Flow::of("finish_login", FinishLogin::new(&self.0, login, callback.into()))
    }

    /// A login by QR code: for a person who is not in this browser, or in none. Nothing happens
    /// before its first [`next_qr_step`](Self::next_qr_step).
    pub fn qr_login<S>(&self, what: AuthorizationRequest<S>) -> QrLogin {
        QrLogin::new(what)
    }

    /// Goes on with a login by QR code until there is something new: a code to show, that it was
    /// scanned, who it is.
    ///
    /// # Errors
    /// Those of [`discover_user`](Self::discover_user), [`poll_user_discovery`](Self::poll_user_discovery),
    /// [`start_backchannel`](Self::start_backchannel) and [`poll_backchannel`](Self::poll_backchannel), which it does in a row.
    pub fn next_qr_step(&self, login: QrLogin) -> Flow<Progress> {
        Flow::of("next_qr_step", NextProgress::of(&self.0, login))
    }

    /// Has the OP make a QR code, for a person to scan who is not in this browser or in none.
    ///
    /// # Errors
    /// The flow ends with [`Error::Request`] for clients with a secret and in V1, and with
    /// [`Error::Refused`] in the OP's words.
    pub fn discover_user(&self) -> Flow<UserDiscoveryTicket> {
        Flow::of("discover_user", DiscoverUser::new(&self.0, BeginUserDiscovery::new()))
    }

    /// Whether somebody has scanned the code. Waits until it is time to ask. An error is the end of the
    /// ticket; to go on after one, keep a copy of what was stored.
    ///
    /// # Errors
    /// The flow ends with [`Error::LoginExpired`] after ten minutes, with
    /// [`Error::ForeignTicket`] for another client's ticket, and with [`Error::Refused`] in the OP's
    /// words.
    pub fn poll_user_discovery(&self, ticket: UserDiscoveryTicket) -> Flow<UserDiscovery> {
        Flow::of(
            "poll_user_discovery",
            PollUserDiscovery::new(&self.0, UserDiscoveryPoll::with(ticket)),
        )
    }

    /// Has the OP ask a person in the app.
    ///
    /// # Errors
    /// The flow ends with [`Error::Request`] before any request if the request cannot be sent, and with
    /// [`Error::Refused`] in the OP's words. If no answer came, the person may have been asked.
    pub fn start_backchannel(&self, request: BackchannelRequest) -> Flow<CibaTicket> {
        Flow::of("start_backchannel", StartBackchannel::new(&self.0, BackchannelStart::of(request)))
    }

    /// Whether the person has answered, and who they are. Waits until it is time to ask. An error is the
    /// end of the ticket; to go on after one, keep a copy of what was stored.
    ///
    /// # Errors
    /// The flow ends with [`Error::Cancelled`] if the person said no, with [`Error::LoginExpired`] if
    /// they did not answer in time, with [`Error::ForeignTicket`] for another client's ticket, and
    /// else as [`finish_login`](Self::finish_login).
    pub fn poll_backchannel(&self, ticket: CibaTicket) -> Flow<Backchannel> {
        Flow::of("poll_backchannel", PollBackchannel::new(&self.0, ticket))
    }

    /// Reads a request to the notification endpoint: the OP says that a person has answered.
    ///
    /// # Errors
    /// It is nothing that the OP sends; [`PingError::response`] is what to answer.
    pub fn ping<B: AsRef<[u8]>>(&self, request: &http::Request<B>) -> Result<Ping, PingError> {
        Ping::read(request)
    }

    /// The person's picture, by the `picture` claim and the access token, which goes to nobody but
    /// the OP. For some minutes after the login.
    ///
    /// # Errors
    /// The flow ends with [`Error::Picture`] if there is none, or none that can be trusted, and with
    /// [`Error::Refused`] if the access token is no longer good.
    pub fn picture(&self, who: &LoggedIn) -> Flow<Photo> {
        let (claim, access_token) = (who.user.picture.clone(), who.access_token.clone());
        Flow::of("picture", FetchPicture::new(&self.0, Picture { claim, access_token }))
    }

    /// Makes an access token useless before its time. For clients with a secret.
    ///
    /// # Errors
    /// The flow ends with [`Error::Request`] for clients with private keys, and with
    /// [`Error::Refused`] in the OP's words.
    pub fn revoke(&self, access_token: Secret) -> Flow<()> {
        Flow::of("revoke", Revoke::new(&self.0, Revocation::of(access_token)))
    }

    /// Fetches the OP's metadata and keys now, fresh or not: to warm up, or from time to time in
    /// the background so that no login waits for it.
    ///
    /// # Errors
    /// The flow ends with what is wrong with the OP's answers.
    pub fn refresh(&self) -> Flow<Arc<Provider>> {
        Flow::of("refresh", FetchProvider::refresh(&self.0))
    }

    /// What is cached of the OP, to be stored and [imported](Self::import_provider) by another
    /// process. None before the first fetch.
    pub fn provider(&self) -> Option<Arc<Provider>> {
        self.0.cache.peek()
    }

    /// Takes what another process has cached, unless what is cached here is newer. It is as fresh as
    /// it was there.
    ///
    /// # Errors
    /// [`Error::ForeignProvider`] if it is of another issuer than the settings', and
    /// [`Error::Metadata`] if its endpoints may not be called.
    pub fn import_provider(&self, provider: Provider) -> Result<(), Error> {
        let settings = &self.0.settings;
        if !settings.environment.accepts(&provider.metadata.issuer) {
            return Err(Error::ForeignProvider);
        }
        provider.metadata.check(&settings.environment, settings.plain_http())?;
        let newer = |known: &Provider| known.is_newer_than(&provider);
        if !self.0.cache.peek().is_some_and(|known| newer(&known)) {
            self.0.cache.put(provider);
        }
        Ok(())
    }

    /// The response that serves our public JWK set, see
    /// [`PrivateKeys::public_jwks_response`](crate::PrivateKeys::public_jwks_response). None with a
    /// client secret.
    pub fn public_jwks_response(&self) -> Option<Response> {
        match &self.0.settings.credentials {
            Credentials::PrivateKeys(keys) => Some(keys.public_jwks_response()),
            Credentials::ClientSecret(_) => None,
        }
    }

    /// What the client was made with.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}
