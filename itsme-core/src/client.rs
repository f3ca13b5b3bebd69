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

/// An itsme client application: its settings and keys, and a cache of the OP's metadata and keys.
///
/// Create one at startup and share it: `Clone` is cheap, and clones share the cache. Its methods return flows, which
/// send nothing until they are [driven](crate::drive()).
#[derive(Clone)]
pub struct Client {
    inner: Arc<ClientInner>,
    recorder: Option<Recorder>,
}

impl Client {
    /// Creates a client and checks its settings.
    ///
    /// # Errors
    /// [`Error::Settings`] says which setting cannot work.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        ClientInner::new(settings).map(Self::of)
    }

    /// Creates a client in the same environment, for another tenant or another registration at itsme. It has its own
    /// settings but shares the cache: hundreds of siblings fetch the OP's metadata and keys once. All siblings trust
    /// what any of them [imports](Self::import_provider).
    ///
    /// # Errors
    /// [`Error::Settings`]: the settings cannot work, or name another environment.
    pub fn sibling(&self, settings: Settings) -> Result<Self, Error> {
        self.inner.sibling(settings).map(Self::of)
    }

    fn of(inner: ClientInner) -> Self {
        Self { inner: Arc::new(inner), recorder: None }
    }

    /// Records each login flow, and passes a [`Recording`] of each one that ends in an error to `recorder`, so that
    /// [`Replay`](crate::Replay) can find out why. Default: nothing is recorded.
    ///
    /// This applies to this client and to clones made of it afterwards, not to [siblings](Self::sibling). The flows
    /// that make up a login are recorded: [`authorize`](Self::authorize), [`request_object`](Self::request_object),
    /// [`finish_login`](Self::finish_login), [`next_qr_step`](Self::next_qr_step), and the four flows that the last
    /// one runs in sequence. A flow that the person cancels ([`Error::Cancelled`]) or that is dropped early is not
    /// recorded.
    ///
    /// The flow calls `recorder` on the same thread, before it returns its error: keep it quick, and put the
    /// recording into a queue or a file. Any browser can make logins fail as often as it likes, so keep only a
    /// limited number. **Recordings are personal data**: see [`Recording`] for how to keep them.
    #[must_use]
    pub fn on_failure(self, recorder: impl Fn(Recording) + Send + Sync + 'static) -> Self {
        Self { recorder: Some(Recorder::new(recorder, false)), ..self }
    }

    /// Also records flows that succeed or are cancelled, for tests of recordings.
    #[cfg(feature = "unstable-internals")]
    pub(crate) fn on_end(self, recorder: impl Fn(Recording) + Send + Sync + 'static) -> Self {
        Self { recorder: Some(Recorder::new(recorder, true)), ..self }
    }

    /// The observer that records a flow, if recording is on.
    fn observer(&self, input: &InputRef<'_>) -> Option<Box<dyn Observer>> {
        self.recorder.as_ref()?.observe(&self.inner, input)
    }

    /// The source of provider snapshots that this client's flows share.
    pub(crate) fn source(&self) -> Arc<ProviderSource> {
        Arc::clone(&self.inner.provider)
    }

    /// 1. Starts a login: returns where to send the person, and what to keep until they return.
    ///
    /// # Errors
    /// The flow ends with [`Error::Request`], before sending anything, if the request cannot be sent, or with the
    /// reason why the OP's metadata is unavailable.
    pub fn authorize(&self, request: AuthorizationRequest) -> Flow<Redirect> {
        let observer = self.observer(&InputRef::Authorize(&request));
        Flow::of("authorize", Authorize::new(&self.inner, request)).observed(observer)
    }

    /// 1. Starts a login like [`authorize`](Self::authorize), with a request object that itsme fetches: host it
    ///    at `request_uri` before you send the person to itsme.
    ///
    /// itsme must be able to fetch the URL over https, with the port written out as in
    /// `https://example.be:443/itsme/request.jwt`. The object is valid for `lifetime`, in whole seconds: allow as
    /// long as the person may take to arrive.
    ///
    /// # Errors
    /// Those of [`authorize`](Self::authorize).
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

    /// 2. Finishes a login: returns who has logged in.
    ///
    /// Remove `login` from the session store first: a login can be finished only once.
    ///
    /// # Errors
    /// The flow ends with [`Error::Cancelled`] if the person declined, with [`Error::Callback`] or
    /// [`Error::LoginExpired`] if the callback does not answer this login, with [`Error::Refused`] if the OP returned
    /// an error, and with [`Error::IdToken`] or [`Error::Userinfo`] if its tokens cannot be trusted.
    pub fn finish_login(&self, login: LoginState, callback: impl Into<Callback>) -> Flow<LoggedIn> {
        let callback = callback.into();
        let input = InputRef::FinishLogin { login: &login, callback: &callback };
        let observer = self.observer(&input);
        Flow::of("finish_login", Ok(finish_login(&self.inner, login, callback))).observed(observer)
    }

    /// Continues a login by QR code until there is news: a code to show, a scan, or the person who logged in.
    ///
    /// # Errors
    /// Those of [`discover_user`](Self::discover_user), [`poll_user_discovery`](Self::poll_user_discovery),
    /// [`start_backchannel`](Self::start_backchannel) and [`poll_backchannel`](Self::poll_backchannel), which it runs
    /// in sequence.
    pub fn next_qr_step(&self, login: QrLogin) -> Flow<Progress> {
        let observer = self.observer(&InputRef::NextQrStep(&login));
        Flow::of("next_qr_step", NextProgress::new(&self.inner, login)).observed(observer)
    }

    /// Has the OP create a QR code to scan, for a person in another browser or without one.
    ///
    /// # Errors
    /// The flow ends with [`Error::Request`] for clients with a secret and in V1, and with [`Error::Refused`] if the
    /// OP returned an error.
    pub fn discover_user(&self) -> Flow<UserDiscoveryTicket> {
        let observer = self.observer(&InputRef::DiscoverUser);
        let discover = ciba::discover_user(&self.inner).map_err(Error::from);
        Flow::of("discover_user", discover).observed(observer)
    }

    /// Polls whether someone has scanned the code. Waits until the next poll is due. An error uses up the ticket; to
    /// continue after one, keep a copy of the stored ticket.
    ///
    /// # Errors
    /// The flow ends with [`Error::LoginExpired`] after ten minutes, with [`Error::ForeignTicket`] for another
    /// client's ticket, and with [`Error::Refused`] if the OP returned an error.
    pub fn poll_user_discovery(&self, ticket: UserDiscoveryTicket) -> Flow<UserDiscovery> {
        let observer = self.observer(&InputRef::PollUserDiscovery(&ticket));
        let poll = ciba::poll_user_discovery(&self.inner, ticket);
        Flow::of("poll_user_discovery", Ok(poll)).observed(observer)
    }

    /// Has the OP ask a person in the itsme app.
    ///
    /// # Errors
    /// The flow ends with [`Error::Request`], before sending anything, if the request cannot be sent, and with
    /// [`Error::Refused`] if the OP returned an error. If no response arrived, the person may have been asked anyway.
    pub fn start_backchannel(&self, request: BackchannelRequest) -> Flow<CibaTicket> {
        let observer = self.observer(&InputRef::StartBackchannel(&request));
        let start = ciba::start_backchannel(&self.inner, request);
        Flow::of("start_backchannel", start).observed(observer)
    }

    /// Polls whether the person has answered, and who they are. Waits until the next poll is due. An error uses up
    /// the ticket; to continue after one, keep a copy of the stored ticket.
    ///
    /// # Errors
    /// The flow ends with [`Error::Cancelled`] if the person declined, with [`Error::LoginExpired`] if they did not
    /// answer in time, with [`Error::ForeignTicket`] for another client's ticket, and otherwise like
    /// [`finish_login`](Self::finish_login).
    pub fn poll_backchannel(&self, ticket: CibaTicket) -> Flow<Backchannel> {
        let observer = self.observer(&InputRef::PollBackchannel(&ticket));
        let poll = ciba::poll_backchannel(&self.inner, ticket);
        Flow::of("poll_backchannel", Ok(poll)).observed(observer)
    }

    /// Fetches the person's picture, using the `picture` claim and the access token, which is sent only to the OP.
    /// Works for a few minutes after the login.
    ///
    /// # Errors
    /// The flow ends with [`Error::Picture`] if there is no picture or it cannot be trusted, and with
    /// [`Error::Refused`] if the access token is no longer valid.
    pub fn picture(&self, who: &LoggedIn) -> Flow<Photo> {
        Flow::of("picture", Ok(picture::fetch(&self.inner, who)))
    }

    /// Revokes an access token before it expires, for clients with a secret.
    ///
    /// # Errors
    /// The flow ends with [`Error::Request`] for clients with private keys, and with [`Error::Refused`] if the OP
    /// returned an error.
    pub fn revoke(&self, access_token: Secret) -> Flow<()> {
        Flow::of("revoke", revocation::revoke(&self.inner, access_token))
    }

    /// Checks that each [external](crate::PrivateKeys::external) key matches its published public key, before anyone
    /// logs in: asks the key holder for a signature, and for the content key of something encrypted to the public key
    /// here. A decryption key without `alg` is tested with both RSA-OAEP and RSA-OAEP-256, since the OP may choose
    /// either. Sends no requests. Skips local keys, and those of the previous set.
    ///
    /// # Errors
    /// The flow ends with [`Error::KeyMismatch`], or with the key holder's error.
    pub fn check_keys(&self) -> Flow<()> {
        Flow::of("check_keys", Ok(CheckKeys::new(&self.inner)))
    }

    /// Switches to other keys without a restart. From now on the new set's signing key signs, and
    /// [`public_jwks_response`](Self::public_jwks_response) serves the new set. The previous set's decryption keys
    /// keep decrypting until the next replacement or [`forget_old_keys`](Self::forget_old_keys), so logins in
    /// progress can finish. Passing the same set again changes nothing.
    ///
    /// The OP rejects signatures by a key that it has not fetched yet: publish a new signing key first, and sign with
    /// it a day later (see [`PrivateKeys::with_new_signing_key`]). Keep the old key published for as long as any
    /// hosted request object that it signed is valid. Siblings keep their own keys.
    ///
    /// # Errors
    /// [`Error::Settings`]: the client has a secret.
    pub fn replace_keys(&self, keys: PrivateKeys) -> Result<(), Error> {
        self.replace(keys.into())
    }

    /// Switches to another client secret without a restart, once itsme has changed it. What the OP encrypted or
    /// signed with the previous secret is still accepted, until the next replacement or
    /// [`forget_old_keys`](Self::forget_old_keys). Whether the secret signs ID tokens does not change.
    ///
    /// # Errors
    /// [`Error::Settings`]: the secret is empty or too short, or the client has private keys.
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

    /// Forgets the keys or secret from before the last replacement; nothing encrypted to them can be read any more.
    /// Call it immediately if they have leaked, otherwise a day later.
    pub fn forget_old_keys(&self) {
        self.inner.settings.keyring.forget_old();
    }

    /// Fetches the OP's metadata and keys now, even if the cache is fresh: call it to warm up, or periodically in the
    /// background so that no login has to wait.
    ///
    /// # Errors
    /// The flow ends with what is wrong with the OP's responses.
    pub fn refresh(&self) -> Flow<Arc<Provider>> {
        let source = &self.inner.provider;
        Flow::of("refresh", Ok(FetchProvider::new(source, Need::Refresh(source.cache.peek()))))
    }

    /// The redirect URI from the [settings](Settings::redirect_uri), if they set one.
    pub fn redirect_uri(&self) -> Option<&str> {
        self.inner.settings.redirect_uri.as_deref()
    }

    /// How long a person may take to log in, from the [settings](Settings::login_lifetime).
    pub fn login_lifetime(&self) -> Duration {
        self.inner.settings.login_lifetime
    }

    /// The cached metadata and keys of the OP, to store and [import](Self::import_provider) in another process. None
    /// before the first fetch.
    pub fn provider(&self) -> Option<Arc<Provider>> {
        self.inner.provider.cache.peek()
    }

    /// Takes over metadata and keys cached by another process, unless the cache here is newer. They keep their age.
    ///
    /// # Errors
    /// [`Error::ForeignProvider`] if they are for another issuer, and [`Error::Metadata`] if an endpoint must not be
    /// called.
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

    /// The response that serves our public JWK set (see
    /// [`PrivateKeys::public_jwks_response`](crate::PrivateKeys::public_jwks_response)). None with a client secret.
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
