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

/// An application that itsme knows: settings, keys, and what is cached of the OP.
///
/// Make one at the start of the program and share it: `Clone` is cheap, and clones share the
/// cache. Its methods return flows, which send nothing until they are [driven](crate::drive()).
#[derive(Clone)]
pub struct Client {
    inner: Arc<ClientInner>,
    recorder: Option<Recorder>,
}

impl Client {
    /// Checks the settings.
    ///
    /// # Errors
    /// [`Error::Settings`]: what in them cannot work.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        ClientInner::new(settings).map(Self::of)
    }

    /// Makes a client of the same environment, for another tenant or another registration at itsme.
    /// It has its own settings, and shares what is cached of the OP: hundreds of siblings fetch its
    /// metadata and keys once. What one of them [imports](Self::import_provider), all of them trust.
    ///
    /// # Errors
    /// [`Error::Settings`]: the settings cannot work, or name another environment.
    pub fn sibling(&self, settings: Settings) -> Result<Self, Error> {
        self.inner.sibling(settings).map(Self::of)
    }

    fn of(inner: ClientInner) -> Self {
        Self { inner: Arc::new(inner), recorder: None }
    }

    /// Writes each login down, and hands over a [`Recording`] of each flow that ends in an error, to find out why with
    /// [`Replay`](crate::Replay). Default: nothing is written down.
    ///
    /// It is for this client and for the clones that are made of it afterwards, not for [siblings](Self::sibling). Recorded
    /// are the flows that a login is made of: [`authorize`](Self::authorize), [`request_object`](Self::request_object),
    /// [`finish_login`](Self::finish_login), [`next_qr_step`](Self::next_qr_step), and the four that this one does in a
    /// row. A flow that a person ends ([`Error::Cancelled`]) is not recorded, nor is one that is dropped before its end.
    ///
    /// The flow calls `recorder` before it gives its error back, in the same thread: be quick there, and put the
    /// recording into a queue or a file. A browser can make a login fail as often as it likes, so keep a limited number.
    /// **Recordings are personal data**: see [`Recording`] for how to keep them.
    #[must_use]
    pub fn on_failure(self, recorder: impl Fn(Recording) + Send + Sync + 'static) -> Self {
        Self { recorder: Some(Recorder::new(recorder, false)), ..self }
    }

    /// Records flows that end well and those that a person ends, too: for tests of recordings.
    #[cfg(feature = "unstable-internals")]
    pub(crate) fn on_end(self, recorder: impl Fn(Recording) + Send + Sync + 'static) -> Self {
        Self { recorder: Some(Recorder::new(recorder, true)), ..self }
    }

    /// Who writes a flow down, if somebody does.
    fn observer(&self, input: &InputRef<'_>) -> Option<Box<dyn Observer>> {
        self.recorder.as_ref()?.observe(&self.inner, input)
    }

    /// The provider that it knows, with all that flows find there.
    pub(crate) fn source(&self) -> Arc<ProviderSource> {
        Arc::clone(&self.inner.provider)
    }

    /// 1. Where to send a person, and what to keep until they are back.
    ///
    /// # Errors
    /// The flow ends with [`Error::Request`] before any request if the request cannot be sent, or
    /// with why the OP's metadata cannot be had.
    pub fn authorize(&self, request: AuthorizationRequest) -> Flow<Redirect> {
        let observer = self.observer(&InputRef::Authorize(&request));
        Flow::of("authorize", Authorize::new(&self.inner, request)).observed(observer)
    }

    /// 1. As [`authorize`](Self::authorize), with a request object that itsme fetches: host it at
    ///    `request_uri` before you send the person to itsme.
    ///
    /// itsme must be able to reach the URL by https, with the port written out as in
    /// `https://example.be:443/itsme/request.jwt`. The object is good for `lifetime`, in whole
    /// seconds: as long as the person may take to arrive.
    ///
    /// # Errors
    /// As [`authorize`](Self::authorize).
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
        let callback = callback.into();
        let input = InputRef::FinishLogin { login: &login, callback: &callback };
        let observer = self.observer(&input);
        Flow::of("finish_login", Ok(finish_login(&self.inner, login, callback))).observed(observer)
    }

    /// Goes on with a login by QR code until there is something new: a code to show, that it was
    /// scanned, who it is.
    ///
    /// # Errors
    /// Those of [`discover_user`](Self::discover_user), [`poll_user_discovery`](Self::poll_user_discovery),
    /// [`start_backchannel`](Self::start_backchannel) and [`poll_backchannel`](Self::poll_backchannel), which it does in a row.
    pub fn next_qr_step(&self, login: QrLogin) -> Flow<Progress> {
        let observer = self.observer(&InputRef::NextQrStep(&login));
        Flow::of("next_qr_step", NextProgress::new(&self.inner, login)).observed(observer)
    }

    /// Has the OP make a QR code, for a person to scan who is not in this browser or in none.
    ///
    /// # Errors
    /// The flow ends with [`Error::Request`] for clients with a secret and in V1, and with
    /// [`Error::Refused`] in the OP's words.
    pub fn discover_user(&self) -> Flow<UserDiscoveryTicket> {
        let observer = self.observer(&InputRef::DiscoverUser);
        let discover = ciba::discover_user(&self.inner).map_err(Error::from);
        Flow::of("discover_user", discover).observed(observer)
    }

    /// Whether somebody has scanned the code. Waits until it is time to ask. An error is the end of the
    /// ticket; to go on after one, keep a copy of what was stored.
    ///
    /// # Errors
    /// The flow ends with [`Error::LoginExpired`] after ten minutes, with
    /// [`Error::ForeignTicket`] for another client's ticket, and with [`Error::Refused`] in the OP's
    /// words.
    pub fn poll_user_discovery(&self, ticket: UserDiscoveryTicket) -> Flow<UserDiscovery> {
        let observer = self.observer(&InputRef::PollUserDiscovery(&ticket));
        let poll = ciba::poll_user_discovery(&self.inner, ticket);
        Flow::of("poll_user_discovery", Ok(poll)).observed(observer)
    }

    /// Has the OP ask a person in the app.
    ///
    /// # Errors
    /// The flow ends with [`Error::Request`] before any request if the request cannot be sent, and with
    /// [`Error::Refused`] in the OP's words. If no answer came, the person may have been asked.
    pub fn start_backchannel(&self, request: BackchannelRequest) -> Flow<CibaTicket> {
        let observer = self.observer(&InputRef::StartBackchannel(&request));
        let start = ciba::start_backchannel(&self.inner, request);
        Flow::of("start_backchannel", start).observed(observer)
    }

    /// Whether the person has answered, and who they are. Waits until it is time to ask. An error is the
    /// end of the ticket; to go on after one, keep a copy of what was stored.
    ///
    /// # Errors
    /// The flow ends with [`Error::Cancelled`] if the person said no, with [`Error::LoginExpired`] if
    /// they did not answer in time, with [`Error::ForeignTicket`] for another client's ticket, and
    /// else as [`finish_login`](Self::finish_login).
    pub fn poll_backchannel(&self, ticket: CibaTicket) -> Flow<Backchannel> {
        let observer = self.observer(&InputRef::PollBackchannel(&ticket));
        let poll = ciba::poll_backchannel(&self.inner, ticket);
        Flow::of("poll_backchannel", Ok(poll)).observed(observer)
    }

    /// The person's picture, by the `picture` claim and the access token, which goes to nobody but
    /// the OP. For some minutes after the login.
    ///
    /// # Errors
    /// The flow ends with [`Error::Picture`] if there is none, or none that can be trusted, and with
    /// [`Error::Refused`] if the access token is no longer good.
    pub fn picture(&self, who: &LoggedIn) -> Flow<Photo> {
        Flow::of("picture", Ok(picture::fetch(&self.inner, who)))
    }

    /// Makes an access token useless before its time. For clients with a secret.
    ///
    /// # Errors
    /// The flow ends with [`Error::Request`] for clients with private keys, and with
    /// [`Error::Refused`] in the OP's words.
    pub fn revoke(&self, access_token: Secret) -> Flow<()> {
        Flow::of("revoke", revocation::revoke(&self.inner, access_token))
    }

    /// Asks each key that is [kept outside](crate::PrivateKeys::external) for what it is published for: a
    /// signature, and a content key that is encrypted to it here. A handle and a public key that do not belong
    /// together are found before anybody logs in. A decryption key without `alg` is asked for both RSA-OAEP and
    /// RSA-OAEP-256, as the OP may choose either. Sends nothing; does nothing for keys that are here, nor for those
    /// of the set before.
    ///
    /// # Errors
    /// The flow ends with [`Error::KeyMismatch`], or with what the key holder says.
    pub fn check_keys(&self) -> Flow<()> {
        Flow::of("check_keys", Ok(CheckKeys::new(&self.inner)))
    }

    /// Goes on with other keys, without a restart. The new set's signing key signs from now on, and the new set
    /// is what [`public_jwks_response`](Self::public_jwks_response) serves. The decryption keys of the set before
    /// go on decrypting until other keys take their place, or until [`forget_old_keys`](Self::forget_old_keys):
    /// logins that are under way finish. The same set once more changes nothing.
    ///
    /// The OP refuses what is signed with a key that it has not seen yet: publish a new signing key first, and
    /// sign with it a day later (see [`PrivateKeys::with_new_signing_key`]); keep the old one published as long as a
    /// hosted request object is good that it has signed. Siblings keep their own keys.
    ///
    /// # Errors
    /// [`Error::Settings`]: the client has a secret.
    pub fn replace_keys(&self, keys: PrivateKeys) -> Result<(), Error> {
        self.replace(keys.into())
    }

    /// Goes on with another client secret, without a restart, once itsme has changed it. What the OP has
    /// encrypted or signed with the one before is still read, until the next one or
    /// [`forget_old_keys`](Self::forget_old_keys). Whether it signs ID tokens stays as it was.
    ///
    /// # Errors
    /// [`Error::Settings`]: the secret is empty or short, or the client has keys.
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

    /// Forgets the keys or the secret of before the last replacement, and reads nothing more that is encrypted to
    /// them. Call it at once if they have leaked, else a day later.
    pub fn forget_old_keys(&self) {
        self.inner.settings.keyring.forget_old();
    }

    /// Fetches the OP's metadata and keys now, fresh or not: to warm up, or from time to time in
    /// the background so that no login waits for it.
    ///
    /// # Errors
    /// The flow ends with what is wrong with the OP's answers.
    pub fn refresh(&self) -> Flow<Arc<Provider>> {
        let source = &self.inner.provider;
        Flow::of("refresh", Ok(FetchProvider::new(source, Need::Refresh(source.cache.peek()))))
    }

    /// Where people come back to, if the [settings](Settings::redirect_uri) say so.
    pub fn redirect_uri(&self) -> Option<&str> {
        self.inner.settings.redirect_uri.as_deref()
    }

    /// How long a person may take, as the [settings](Settings::login_lifetime) say.
    pub fn login_lifetime(&self) -> Duration {
        self.inner.settings.login_lifetime
    }

    /// What is cached of the OP, to be stored and [imported](Self::import_provider) by another
    /// process. None before the first fetch.
    pub fn provider(&self) -> Option<Arc<Provider>> {
        self.inner.provider.cache.peek()
    }

    /// Takes what another process has cached, unless what is cached here is newer. It is as fresh as
    /// it was there.
    ///
    /// # Errors
    /// [`Error::ForeignProvider`] if it is of another issuer than the settings', and
    /// [`Error::Metadata`] if its endpoints may not be called.
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

    /// The response that serves our public JWK set, see
    /// [`PrivateKeys::public_jwks_response`](crate::PrivateKeys::public_jwks_response). None with a
    /// client secret.
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
