use std::{fmt, sync::Arc, time::Duration};

use crate::{
    access_token::{picture, revocation},
    authorization::{
        authorize::{Authorize, Hosted, Redirect},
        callback::Callback,
        finish::finish_login,
        request::AuthorizationRequest,
        state::LoginState,
    },
    ciba::{
        self, Backchannel, BackchannelRequest, CibaTicket, NextProgress, Progress, QrLogin,
        UserDiscovery, UserDiscoveryTicket,
    },
    client_auth::{check_keys::CheckKeys, inner::ClientInner},
    error::Error,
    flow::{Flow, tape::Observer},
    ground::{check::Subject, secret::Secret},
    http::Response,
    provider::{
        Provider, ProviderSource,
        fetch::{FetchProvider, Need},
        metadata_checks::MetadataMembers,
    },
    recording::{InputRef, Recorder, Recording},
    settings::{
        Settings,
        credentials::{ClientSecret, Credentials},
        private_keys::PrivateKeys,
    },
    tokens::logged_in::LoggedIn,
    user::Photo,
};

/// A client application registered with itsme. It holds the settings, the private keys or client secret, and a cache
/// of the OP's metadata and keys.
///
/// Create one client at startup and share it. `Clone` is cheap, and clones share the cache. The methods return flows,
/// which send nothing until they are [driven](crate::drive()).
#[derive(Clone)]
pub struct Client {
    inner: Arc<ClientInner>,
    recorder: Option<Recorder>,
}

impl Client {
    /// Creates a client and checks its settings.
    ///
    /// # Errors
    /// [`Error::Settings`] if a setting is invalid; the error says which one.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        ClientInner::new(settings).map(Self::of)
    }

    /// Creates a client in the same environment, for a different tenant or a different registration with itsme. The
    /// sibling has its own settings but shares the cache, so the OP's metadata and keys are fetched only once even for
    /// hundreds of siblings. All siblings trust the metadata and keys that any of them
    /// [imports](Self::import_provider).
    ///
    /// # Errors
    /// [`Error::Settings`] if a setting is invalid, or if the settings are for a different environment.
    pub fn sibling(&self, settings: Settings) -> Result<Self, Error> {
        self.inner.sibling(settings).map(Self::of)
    }

    fn of(inner: ClientInner) -> Self {
        Self { inner: Arc::new(inner), recorder: None }
    }

    /// Records each login flow and passes a [`Recording`] of each flow that ends in an error to `recorder`, so that you
    /// can find the cause with [`Replay`](crate::Replay). Default: nothing is recorded.
    ///
    /// The setting applies to this client and to clones made from it afterward, but not to [siblings](Self::sibling).
    /// Only the flows that make up a login are recorded: [`authorize`](Self::authorize),
    /// [`request_object`](Self::request_object), [`finish_login`](Self::finish_login),
    /// [`next_qr_step`](Self::next_qr_step), and the four flows that `next_qr_step` runs in sequence. A flow that the
    /// user cancels ([`Error::Cancelled`]) or that is dropped early produces no recording.
    ///
    /// The flow calls `recorder` on the same thread before it returns the error, so `recorder` should return quickly,
    /// for example after putting the recording into a queue or a file. Anyone with a browser can make logins fail as
    /// often as they like, so limit how many recordings you keep. **Recordings are personal data**: see [`Recording`]
    /// for how to store them.
    #[must_use]
    pub fn on_failure(self, recorder: impl Fn(Recording) + Send + Sync + 'static) -> Self {
        Self { recorder: Some(Recorder::new(recorder, false)), ..self }
    }

    /// Like [`on_failure`](Self::on_failure), but also records flows that succeed or are cancelled. Used to test
    /// recordings.
    #[cfg(feature = "unstable-internals")]
    pub(crate) fn on_end(self, recorder: impl Fn(Recording) + Send + Sync + 'static) -> Self {
        Self { recorder: Some(Recorder::new(recorder, true)), ..self }
    }

    /// The observer that records a flow, if recording is on.
    fn observer(&self, input: &InputRef<'_>) -> Option<Box<dyn Observer>> {
        self.recorder.as_ref()?.observe(&self.inner, input)
    }

    /// The source from which all flows of this client get the OP's metadata and keys.
    pub(crate) fn source(&self) -> Arc<ProviderSource> {
        Arc::clone(&self.inner.provider)
    }

    /// 1. Starts a login. The flow returns the URL to send the user to, and the state to keep until they return.
    ///
    /// # Errors
    /// If the request is invalid, the flow ends with [`Error::Request`] before it sends anything. If the OP's metadata
    /// is unavailable, the flow ends with an error that gives the reason.
    pub fn authorize(&self, request: AuthorizationRequest) -> Flow<Redirect> {
        let observer = self.observer(&InputRef::Authorize(&request));
        Flow::of("authorize", Authorize::new(&self.inner, request)).observed(observer)
    }

    /// 1. Starts a login like [`authorize`](Self::authorize), but with a request object that itsme fetches from your
    ///    server. Host the object at `request_uri` before you send the user to itsme.
    ///
    /// itsme must be able to fetch the URL over https. Include the port explicitly, as in
    /// `https://example.be:443/itsme/request.jwt`. The object is valid for `lifetime`, in whole seconds. Choose a
    /// `lifetime` that leaves the user enough time to reach itsme.
    ///
    /// # Errors
    /// The same as for [`authorize`](Self::authorize).
    pub fn request_object(
        &self,
        request: AuthorizationRequest,
        request_uri: impl Into<String>,
        lifetime: Duration,
    ) -> Flow<Hosted> {
        let request_uri = request_uri.into();
        let observer = self.observer(&InputRef::RequestObject {
            request: &request,
            request_uri: &request_uri,
            lifetime,
        });
        let at = (request_uri, lifetime);
        Flow::of("request_object", Authorize::hosted(&self.inner, request, at)).observed(observer)
    }

    /// 2. Finishes a login. The flow returns the user who has logged in.
    ///
    /// Remove `login` from the session store first, because a login can be finished only once.
    ///
    /// # Errors
    /// The flow ends with:
    /// * [`Error::Cancelled`] if the user declined;
    /// * [`Error::Callback`] if the callback does not belong to this login;
    /// * [`Error::LoginExpired`] if the login was started too long ago;
    /// * [`Error::Refused`] if the OP returned an error;
    /// * [`Error::IdToken`] or [`Error::Userinfo`] if the OP's tokens cannot be trusted.
    pub fn finish_login(&self, login: LoginState, callback: impl Into<Callback>) -> Flow<LoggedIn> {
        let callback = callback.into();
        let input = InputRef::FinishLogin { login: &login, callback: &callback };
        let observer = self.observer(&input);
        Flow::of("finish_login", Ok(finish_login(&self.inner, login, callback))).observed(observer)
    }

    /// Continues a login by QR code until its status changes: there is a code to show, someone has scanned the code,
    /// the user is being prompted in the app, or the user has logged in.
    ///
    /// # Errors
    /// The errors of [`discover_user`](Self::discover_user), [`poll_user_discovery`](Self::poll_user_discovery),
    /// [`start_backchannel`](Self::start_backchannel) and [`poll_backchannel`](Self::poll_backchannel), which this flow
    /// runs in sequence.
    pub fn next_qr_step(&self, login: QrLogin) -> Flow<Progress> {
        let observer = self.observer(&InputRef::NextQrStep(&login));
        Flow::of("next_qr_step", NextProgress::new(&self.inner, login)).observed(observer)
    }

    /// Requests a QR code from the OP, to be scanned by a user who has no browser or is using a different device.
    ///
    /// # Errors
    /// The flow ends with [`Error::Request`] if the client has a secret or uses V1, and with [`Error::Refused`] if the
    /// OP returned an error.
    pub fn discover_user(&self) -> Flow<UserDiscoveryTicket> {
        let observer = self.observer(&InputRef::DiscoverUser);
        let discover = ciba::discover_user(&self.inner).map_err(Error::from);
        Flow::of("discover_user", discover).observed(observer)
    }

    /// Polls the OP once to find out whether someone has scanned the code. The flow first waits until the poll is due.
    /// An error consumes the ticket, so store a copy of it beforehand if you want to continue after an error.
    ///
    /// # Errors
    /// The flow ends with [`Error::LoginExpired`] after ten minutes, with [`Error::ForeignTicket`] if the ticket
    /// belongs to a different client, and with [`Error::Refused`] if the OP returned an error.
    pub fn poll_user_discovery(&self, ticket: UserDiscoveryTicket) -> Flow<UserDiscovery> {
        let observer = self.observer(&InputRef::PollUserDiscovery(&ticket));
        let poll = ciba::poll_user_discovery(&self.inner, ticket);
        Flow::of("poll_user_discovery", Ok(poll)).observed(observer)
    }

    /// Starts a login or confirmation without a browser. The OP prompts the user in the itsme app, and the flow returns
    /// a ticket with which you can [poll](Self::poll_backchannel) for the answer.
    ///
    /// # Errors
    /// If the request is invalid, the flow ends with [`Error::Request`] before it sends anything. If the OP returned an
    /// error, the flow ends with [`Error::Refused`]. If no response arrived, the OP may have prompted the user anyway.
    pub fn start_backchannel(&self, request: BackchannelRequest) -> Flow<CibaTicket> {
        let observer = self.observer(&InputRef::StartBackchannel(&request));
        let start = ciba::start_backchannel(&self.inner, request);
        Flow::of("start_backchannel", start).observed(observer)
    }

    /// Polls the OP once to find out whether the user has approved, and if so, who they are. The flow first waits until
    /// the poll is due. An error consumes the ticket, so store a copy of it beforehand if you want to continue after an
    /// error.
    ///
    /// # Errors
    /// The flow ends with [`Error::Cancelled`] if the user declined, with [`Error::LoginExpired`] if they did not
    /// answer in time, and with [`Error::ForeignTicket`] if the ticket belongs to a different client. If the OP refuses
    /// or its tokens cannot be trusted, the errors are the same as for [`finish_login`](Self::finish_login).
    pub fn poll_backchannel(&self, ticket: CibaTicket) -> Flow<Backchannel> {
        let observer = self.observer(&InputRef::PollBackchannel(&ticket));
        let poll = ciba::poll_backchannel(&self.inner, ticket);
        Flow::of("poll_backchannel", Ok(poll)).observed(observer)
    }

    /// Fetches the user's picture from the URL in the `picture` claim. The access token is sent only to the OP. The
    /// picture can be fetched for a few minutes after the login. In V1, the claim contains the picture itself, so the
    /// flow only decodes it.
    ///
    /// # Errors
    /// The flow ends with [`Error::Picture`] if there is no picture or if the picture cannot be trusted, and with
    /// [`Error::Refused`] if the access token is no longer valid.
    pub fn picture(&self, who: &LoggedIn) -> Flow<Photo> {
        Flow::of("picture", Ok(picture::fetch(&self.inner, who)))
    }

    /// Revokes an access token before it expires. Available only to clients with a secret.
    ///
    /// # Errors
    /// The flow ends with [`Error::Request`] if the client has private keys, and with [`Error::Refused`] if the OP
    /// returned an error.
    pub fn revoke(&self, access_token: Secret) -> Flow<()> {
        Flow::of("revoke", revocation::revoke(&self.inner, access_token))
    }

    /// Checks that each [external](crate::PrivateKeys::external) key matches its published public key, so that you
    /// notice a mismatch before anyone logs in. For each signing key, the flow requests a signature from the key
    /// holder. For each decryption key, it encrypts a random content key to the public key and asks the key
    /// holder to decrypt it. A decryption key without `alg` is tested with both RSA-OAEP and RSA-OAEP-256, since the OP
    /// may choose either.
    ///
    /// The flow sends no HTTP requests. It does not check local keys or the keys of the previous set.
    ///
    /// # Errors
    /// The flow ends with [`Error::KeyMismatch`] or with the key holder's error.
    pub fn check_keys(&self) -> Flow<()> {
        Flow::of("check_keys", Ok(CheckKeys::new(&self.inner)))
    }

    /// Switches to a different set of private keys without a restart. The client starts signing with the new set's
    /// signing key immediately, and [`public_jwks_response`](Self::public_jwks_response) returns the new set. The
    /// previous set's decryption keys still work until the next replacement or until
    /// [`forget_old_keys`](Self::forget_old_keys) is called, so logins in progress can finish. Passing the current set
    /// again changes nothing. Siblings keep their own keys.
    ///
    /// The OP rejects signatures made with a key that it has not fetched yet, so publish a new signing key a day before
    /// you sign with it (see [`PrivateKeys::with_new_signing_key`]). Keep the old signing key published as long as any
    /// hosted request object that was signed with it is valid.
    ///
    /// # Errors
    /// [`Error::Settings`] if the client has a secret.
    pub fn replace_keys(&self, keys: PrivateKeys) -> Result<(), Error> {
        self.replace(keys.into())
    }

    /// Switches to a new client secret without a restart. Call this after itsme has changed the secret. Tokens that the
    /// OP encrypted or signed with the previous secret are still accepted, until the next replacement or until
    /// [`forget_old_keys`](Self::forget_old_keys) is called. The [`ClientSecret::hs256`] setting of the previous secret
    /// also applies to the new one, whatever was set on the new one.
    ///
    /// # Errors
    /// [`Error::Settings`] if the secret is empty or too short, or if the client has private keys.
    pub fn replace_secret(&self, secret: ClientSecret) -> Result<(), Error> {
        self.replace(secret.into())
    }

    fn replace(&self, new: Credentials) -> Result<(), Error> {
        let settings = &self.inner.settings;
        let new = new.in_place_of(&settings.keyring.current())?;
        settings.check_credentials(&new)?;
        settings.keyring.replace(new);
        Ok(())
    }

    /// Forgets the keys or the secret from before the last replacement. Data encrypted to them can no longer be
    /// decrypted. If they have leaked, call this immediately; otherwise call it a day after the replacement.
    pub fn forget_old_keys(&self) {
        self.inner.settings.keyring.forget_old();
    }

    /// Fetches the OP's metadata and keys now, even if the cache is fresh. Call this at startup or periodically in the
    /// background, so that no login has to wait for the fetch.
    ///
    /// # Errors
    /// The flow ends with an error if the OP does not respond or if its responses are unusable.
    pub fn refresh(&self) -> Flow<Arc<Provider>> {
        let source = &self.inner.provider;
        Flow::of("refresh", Ok(FetchProvider::new(source, Need::Refresh(source.cache.peek()))))
    }

    /// The redirect URI from the [settings](Settings::redirect_uri). `None` if it is not set there.
    pub fn redirect_uri(&self) -> Option<&str> {
        self.inner.settings.redirect_uri.as_deref()
    }

    /// How long a user may take to log in, from the [settings](Settings::login_lifetime).
    pub fn login_lifetime(&self) -> Duration {
        self.inner.settings.login_lifetime
    }

    /// The OP's cached metadata and keys. You can store them and [import](Self::import_provider) them in another
    /// process. `None` before the first fetch.
    pub fn provider(&self) -> Option<Arc<Provider>> {
        self.inner.provider.cache.peek()
    }

    /// Imports metadata and keys that another process cached, unless this client's cache is newer. They expire when
    /// they would have expired in the other process.
    ///
    /// # Errors
    /// [`Error::ForeignProvider`] if they are for a different issuer, and [`Error::Metadata`] if an endpoint is not
    /// allowed.
    pub fn import_provider(&self, provider: Provider) -> Result<(), Error> {
        let rules = &self.inner.provider.rules;
        if !rules.environment.accepts(&provider.metadata.issuer) {
            return Err(Error::ForeignProvider);
        }
        MetadataMembers::of(&provider.metadata, rules).verify()?;
        let newer = |known: &Provider| known.is_newer_than(&provider);
        if !self.inner.provider.cache.peek().is_some_and(|known| newer(&known)) {
            self.inner.provider.cache.put(provider);
        }
        Ok(())
    }

    /// The HTTP response that serves the client's public JWK set (see
    /// [`PrivateKeys::public_jwks_response`](crate::PrivateKeys::public_jwks_response)). `None` if the client has a
    /// secret.
    pub fn public_jwks_response(&self) -> Option<Response> {
        match self.inner.settings.keyring.current() {
            Credentials::PrivateKeys(keys) => Some(keys.public_jwks_response()),
            Credentials::ClientSecret(_) => None,
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}
