use std::{marker::PhantomData, time::Duration};

use super::checked::{Delivery, Wish};
use crate::{
    claims::{ClaimRequest, Scope, acr::Acr},
    confirm::Template,
    ground::secret::Secret,
};

/// What a person is asked, on the way to [`Client::authorize`](crate::Client::authorize)
/// (OIDC Core §3.1.2.1, itsme: authorization request).
///
/// Nothing is checked before the flow starts; then everything is, before any request is made.
#[derive(Clone)]
pub struct AuthorizationRequest<S> {
    wish: Wish,
    service: PhantomData<fn() -> S>,
}

/// A request whose request object is hosted, on the way to
/// [`Client::request_object`](crate::Client::request_object).
#[derive(Clone)]
pub struct HostedRequest<S> {
    request: AuthorizationRequest<S>,
    request_uri: String,
    lifetime: Duration,
}

/// What the person is asked again (OIDC Core §3.1.2.1 `prompt`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Prompt {
    /// Authenticate, even if they just did.
    Login,
    /// Consent, even if they did before.
    Consent,
}

/// A language of itsme's pages (OIDC Core §3.1.2.1 `ui_locales`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UiLocale {
    /// Dutch.
    Dutch,
    /// English.
    English,
    /// French.
    French,
    /// German.
    German,
}

impl<S> AuthorizationRequest<S> {
    fn with_delivery(service_code: impl Into<String>, delivery: Delivery) -> Self {
        let service_code = service_code.into();
        Self { wish: Wish { service_code, delivery, ..Wish::default() }, service: PhantomData }
    }

    fn first(self, asked: DataRequest) -> Self {
        match asked {
            DataRequest::Scope(scope) => self.scope(scope),
            DataRequest::Claim(claim) => self.claim(claim),
        }
    }

    /// Asks for a group of claims. Default: none.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        if !self.wish.scopes.contains(&scope) {
            self.wish.scopes.push(scope);
        }
        self
    }

    /// Asks for one claim, in the ID token unless said otherwise. Default: none.
    #[must_use]
    pub fn claim(mut self, claim: impl Into<ClaimRequest>) -> Self {
        self.wish.claims.add(claim.into());
        self
    }

    /// Asks for an authentication at least this strong, and refuses a weaker one. Default: no
    /// `acr_values`, which itsme takes as basic.
    #[must_use]
    pub fn acr(mut self, acr: Acr) -> Self {
        self.wish.acr = Some(acr);
        self
    }

    /// The person must have authenticated no longer than this before now. Whole seconds. Default:
    /// no `max_age`; itsme authenticates anew every time.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.wish.max_age = Some(Duration::from_secs(max_age.as_secs()));
        self
    }

    /// Asks the person again for what they may have done before; can be called twice. Default:
    /// no `prompt`.
    #[must_use]
    pub fn prompt(mut self, prompt: Prompt) -> Self {
        if !self.wish.prompts.contains(&prompt) {
            self.wish.prompts.push(prompt);
        }
        self
    }

    /// The languages for itsme's pages, the best first. Default: the browser's.
    #[must_use]
    pub fn ui_locales(mut self, locales: impl IntoIterator<Item = UiLocale>) -> Self {
        self.wish.ui_locales = locales.into_iter().collect();
        self
    }

    /// Where the person comes back to, byte for byte as registered with itsme. Default:
    /// [`Settings::redirect_uri`](crate::Settings::redirect_uri).
    #[must_use]
    pub fn redirect_uri(mut self, redirect_uri: impl Into<String>) -> Self {
        self.wish.redirect_uri = Some(redirect_uri.into());
        self
    }

    /// Your own `state`, 16 characters or more and new for each login. Default: 256 random bits.
    #[must_use]
    pub fn state(mut self, state: impl Into<String>) -> Self {
        self.wish.state = Some(state.into());
        self
    }

    /// Your own `nonce`, 16 characters or more and new for each login. Default: 256 random bits.
    #[must_use]
    pub fn nonce(mut self, nonce: impl Into<String>) -> Self {
        self.wish.nonce = Some(Secret::new(nonce));
        self
    }

    /// Your own PKCE code verifier, 43 to 128 unreserved characters (RFC 7636 §4.1) and new for
    /// each login. Default: 256 random bits.
    #[must_use]
    pub fn code_verifier(mut self, verifier: impl Into<String>) -> Self {
        self.wish.code_verifier = Some(Secret::new(verifier));
        self
    }

    /// Sends the parameters in a request object, signed and encrypted: nobody on the way can read
    /// or change them. Default: for a [`Confirm`], and for a [`ShareData`] in V1. Without a browser every
    /// request is signed, and none is encrypted.
    #[must_use]
    pub fn as_request_object(mut self) -> Self {
        self.wish.delivery = Delivery::Value;
        self
    }

    /// Puts the request object at an address from which itsme fetches it within `lifetime`, for
    /// requests that are too long for a URL: registered, https, with `:443` in so many words.
    pub fn hosted_at(self, request_uri: impl Into<String>, lifetime: Duration) -> HostedRequest<S> {
        HostedRequest { request: self, request_uri: request_uri.into(), lifetime }
    }

    pub(crate) fn into_wish(self) -> Wish {
        self.wish
    }
}

impl<S> HostedRequest<S> {
    pub(crate) fn into_wish(self) -> Wish {
        let delivery = Delivery::Reference(self.request_uri, self.lifetime);
        Wish { delivery, ..self.request.wish }
    }
}

impl Prompt {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Consent => "consent",
        }
    }
}

impl UiLocale {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Dutch => "nl",
            Self::English => "en",
            Self::French => "fr",
            Self::German => "de",
        }
    }
}

impl<S> std::fmt::Debug for AuthorizationRequest<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthorizationRequest")
            .field("service_code", &self.wish.service_code)
            .finish_non_exhaustive()
    }
}

impl<S> std::fmt::Debug for HostedRequest<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostedRequest").field("request", &self.request).finish_non_exhaustive()
    }
}

/// The services of itsme, each a type of [`AuthorizationRequest`].
pub mod service {
    /// See [`Confirm`](crate::Confirm).
    #[derive(Clone, Copy, Debug)]
    #[non_exhaustive]
    pub enum Confirm {}

    /// See [`Identification`](crate::Identification).
    #[derive(Clone, Copy, Debug)]
    #[non_exhaustive]
    pub enum Identification {}

    /// See [`Login`](crate::Login).
    #[derive(Clone, Copy, Debug)]
    #[non_exhaustive]
    pub enum Login {}

    /// See [`ShareData`](crate::ShareData).
    #[derive(Clone, Copy, Debug)]
    #[non_exhaustive]
    pub enum ShareData {}
}

/// A login: the person proves who they are, and the application learns their `sub`.
///
/// ```
/// use itsme_core::{Claim, Login, Scope};
///
/// let login = Login::new("MY_SERVICE").scope(Scope::Email).claim(Claim::GivenName);
/// ```
pub type Login = AuthorizationRequest<service::Login>;

/// An identification: the person is identified by at least one claim.
///
/// ```compile_fail,E0061
/// # use itsme_core::Identification;
/// let nothing_asked = Identification::new("MY_SERVICE");
/// ```
pub type Identification = AuthorizationRequest<service::Identification>;

/// Sharing of data: the person hands over at least one claim. In V1 it travels as a request object.
///
/// ```
/// use itsme_core::{Claim, ShareData};
///
/// let share = ShareData::new("MY_SERVICE", Claim::Address.essential()).claim(Claim::Birthdate);
/// ```
///
/// ```compile_fail,E0061
/// # use itsme_core::ShareData;
/// let nothing_asked = ShareData::new("MY_SERVICE");
/// ```
pub type ShareData = AuthorizationRequest<service::ShareData>;

/// A confirmation: the person reads a text or a payment in the app, and agrees. It always travels as
/// a request object, so that nobody on the way can change what is confirmed.
///
/// ```
/// use itsme_core::{Acr, Confirm, FreeText};
///
/// let confirm = Confirm::new("MY_SERVICE", FreeText::new("Close the account <b>for good</b>?"))
///     .known_user("the sub that is stored with the account")
///     .acr(Acr::Advanced);
/// ```
///
/// ```compile_fail,E0061
/// # use itsme_core::Confirm;
/// let nothing_to_confirm = Confirm::new("MY_SERVICE");
/// ```
pub type Confirm = AuthorizationRequest<service::Confirm>;

/// What an [`Identification`] or a [`ShareData`] asks for at least: a scope or a claim.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DataRequest {
    /// A scope.
    Scope(Scope),
    /// A claim.
    Claim(ClaimRequest),
}

impl From<Scope> for DataRequest {
    fn from(scope: Scope) -> Self {
        Self::Scope(scope)
    }
}

impl<C: Into<ClaimRequest>> From<C> for DataRequest {
    fn from(claim: C) -> Self {
        Self::Claim(claim.into())
    }
}

impl AuthorizationRequest<service::Login> {
    /// A login by the service code that itsme gave out at onboarding. The scopes `openid` and
    /// `service:CODE` are made of it.
    pub fn new(service_code: impl Into<String>) -> Self {
        Self::with_delivery(service_code, Delivery::Query)
    }
}

impl AuthorizationRequest<service::Identification> {
    /// An identification by the service code that itsme gave out, and what is asked for at least.
    pub fn new(service_code: impl Into<String>, first_asked: impl Into<DataRequest>) -> Self {
        Self::with_delivery(service_code, Delivery::Query).first(first_asked.into())
    }
}

impl AuthorizationRequest<service::ShareData> {
    /// Sharing of data by the service code that itsme gave out, and what is asked for at least.
    pub fn new(service_code: impl Into<String>, first_asked: impl Into<DataRequest>) -> Self {
        Self::with_delivery(service_code, Delivery::QueryButInV1).first(first_asked.into())
    }
}

impl AuthorizationRequest<service::Confirm> {
    /// A confirmation by the service code that itsme gave out, and what is to be confirmed.
    pub fn new(service_code: impl Into<String>, template: impl Into<Template>) -> Self {
        let mut request = Self::with_delivery(service_code, Delivery::Value);
        request.wish.template = Some(template.into());
        request
    }

    /// Asks the person with this `sub` and nobody else: the app skips the identification, and an
    /// answer of another person is refused. Default: whoever it is.
    #[must_use]
    pub fn known_user(mut self, sub: impl Into<String>) -> Self {
        self.wish.known_user = Some(sub.into());
        self
    }
}
