use std::{marker::PhantomData, time::Duration};

use serde_json::{Value, json};

use crate::{
    acr::Acr,
    asked::Asked,
    claims::{ClaimRequest, RequestedClaims, Scope},
    confirm::Template,
    dialect::Dialect,
    error::RequestError,
    jose,
    secret::Secret,
    settings::Settings,
    time::UnixTime,
    url_rules,
};

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

/// The same without the service, as the flow takes it.
#[derive(Clone, Default)]
pub(crate) struct Wish {
    service_code: String,
    scopes: Vec<Scope>,
    claims: RequestedClaims,
    template: Option<Template>,
    known_user: Option<String>,
    acr: Option<Acr>,
    max_age: Option<Duration>,
    prompts: Vec<Prompt>,
    ui_locales: Vec<UiLocale>,
    redirect_uri: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<Secret>,
    pub(crate) code_verifier: Option<Secret>,
    delivery: Delivery,
}

/// How the parameters reach the OP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// In the query.
    #[default]
    Query,
    /// In the query in V2, in a request object in V1.
    QueryButInV1,
    /// In a request object, in the query.
    Value,
    /// In a request object that is hosted, for so long.
    Reference(String, Duration),
}

/// What an [`Identification`] or a [`ShareData`] asks for at least: a scope or a claim.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FirstAsked {
    /// A scope.
    Scope(Scope),
    /// A claim.
    Claim(ClaimRequest),
}

impl From<Scope> for FirstAsked {
    fn from(scope: Scope) -> Self {
        Self::Scope(scope)
    }
}

impl<C: Into<ClaimRequest>> From<C> for FirstAsked {
    fn from(claim: C) -> Self {
        Self::Claim(claim.into())
    }
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

impl AuthorizationRequest<service::Login> {
    /// A login by the service code that itsme gave out at onboarding. The scopes `openid` and
    /// `service:CODE` are made of it.
    pub fn new(service_code: impl Into<String>) -> Self {
        Self::with_delivery(service_code, Delivery::Query)
    }
}

impl AuthorizationRequest<service::Identification> {
    /// An identification by the service code that itsme gave out, and what is asked for at least.
    pub fn new(service_code: impl Into<String>, first_asked: impl Into<FirstAsked>) -> Self {
        Self::with_delivery(service_code, Delivery::Query).first(first_asked.into())
    }
}

impl AuthorizationRequest<service::ShareData> {
    /// Sharing of data by the service code that itsme gave out, and what is asked for at least.
    pub fn new(service_code: impl Into<String>, first_asked: impl Into<FirstAsked>) -> Self {
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

impl<S> AuthorizationRequest<S> {
    fn with_delivery(service_code: impl Into<String>, delivery: Delivery) -> Self {
        let service_code = service_code.into();
        Self { wish: Wish { service_code, delivery, ..Wish::default() }, service: PhantomData }
    }

    fn first(self, asked: FirstAsked) -> Self {
        match asked {
            FirstAsked::Scope(scope) => self.scope(scope),
            FirstAsked::Claim(claim) => self.claim(claim),
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

    /// Where the person comes back to, octet by octet as registered with itsme. Default:
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
    /// or change them. Default: for a [`Confirm`], and for a [`ShareData`] in V1.
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

impl Wish {
    /// Everything that can be wrong before a request is made; gives the redirect URI to use.
    pub(crate) fn check(&self, settings: &Settings) -> Result<String, RequestError> {
        if self.service_code.is_empty() {
            return Err(RequestError::EmptyServiceCode);
        }
        let scope_character = |octet: u8| octet.is_ascii_graphic() && !b"\"\\".contains(&octet);
        if !self.service_code.bytes().all(scope_character) {
            return Err(RequestError::ServiceCode);
        }
        self.claims.check(settings.dialect())?;
        self.template_claims(settings.dialect())?;
        if self.known_user.as_ref().is_some_and(String::is_empty) {
            return Err(RequestError::EmptyKnownUser);
        }
        for (name, own) in
            [("state", self.state.as_deref()), ("nonce", self.nonce.as_ref().map(Secret::expose))]
        {
            if own.is_some_and(|own| own.chars().count() < 16) {
                return Err(RequestError::TooShort(name));
            }
        }
        if self.code_verifier.as_ref().is_some_and(|verifier| !is_code_verifier(verifier.expose()))
        {
            return Err(RequestError::CodeVerifier);
        }
        let plain_http = settings.plain_http();
        if let Delivery::Reference(uri, _) = &self.delivery {
            url_rules::check_request_uri(uri, plain_http).map_err(RequestError::RequestUri)?;
        }
        let redirect_uri = self.redirect_uri.as_ref().or(settings.redirect_uri.as_ref());
        let redirect_uri = redirect_uri.ok_or(RequestError::NoRedirectUri)?;
        url_rules::check(redirect_uri, plain_http).map_err(RequestError::RedirectUri)?;
        Ok(redirect_uri.clone())
    }

    fn template_claims(&self, dialect: Dialect) -> Result<Vec<(String, Value)>, RequestError> {
        self.template.as_ref().map_or_else(|| Ok(Vec::new()), |template| template.claims(dialect))
    }

    /// How the parameters travel in this dialect.
    pub(crate) fn delivery(&self, dialect: Dialect) -> Delivery {
        match (&self.delivery, dialect) {
            (Delivery::QueryButInV1, Dialect::V1) => Delivery::Value,
            (Delivery::QueryButInV1, _) => Delivery::Query,
            (delivery, _) => delivery.clone(),
        }
    }

    /// What must come back.
    pub(crate) fn asked(&self, at: UnixTime, dialect: Dialect) -> Asked {
        let v1_photo = dialect == Dialect::V1 && self.scopes.contains(&Scope::Profile);
        Asked {
            at,
            service: self.service_code.clone(),
            claims_sha256: None,
            scopes: self.scopes.clone(),
            in_userinfo: self.claims.any_in_userinfo(dialect),
            image: self.claims.any_image() || v1_photo,
            sub: self.known_user.clone(),
            acr: self.acr,
            max_age: self.max_age,
        }
    }

    /// `scope`.
    pub(crate) fn scope(&self) -> String {
        let mut scope = format!("openid service:{}", self.service_code);
        for name in self.scopes.iter().map(|scope| scope.as_str()) {
            scope.push(' ');
            scope.push_str(name);
        }
        scope
    }

    /// The parameters that say how it is asked and for what, in the order of OIDC Core: as a request
    /// object writes them, whose `claims` are an object and `max_age` a number.
    pub(crate) fn parameters(
        &self,
        dialect: Dialect,
    ) -> Result<Vec<(&'static str, Value)>, RequestError> {
        let joined = |words: Vec<&str>| (!words.is_empty()).then(|| json!(words.join(" ")));
        let prompt = joined(self.prompts.iter().map(|prompt| prompt.as_str()).collect());
        let locales = joined(self.ui_locales.iter().map(|locale| locale.as_str()).collect());
        let template = self.template_claims(dialect)?;
        let claims = self.claims.parameter(dialect, self.known_user.as_deref(), &template);
        let optional = [
            ("prompt", prompt),
            ("max_age", self.max_age.map(|age| json!(age.as_secs()))),
            ("ui_locales", locales),
            ("acr_values", self.acr.map(|acr| json!(acr.name(dialect)))),
            ("claims", claims),
        ];
        Ok(optional.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
    }
}

/// The S256 challenge of a code verifier (RFC 7636 §4.2).
pub(crate) fn code_challenge(verifier: &Secret) -> String {
    jose::base64url(jose::sha256(&[verifier.expose().as_bytes()]))
}

fn is_code_verifier(text: &str) -> bool {
    let unreserved = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~".contains(&octet);
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}

impl Prompt {
    fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Consent => "consent",
        }
    }
}

impl UiLocale {
    fn as_str(self) -> &'static str {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_s256() {
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(code_challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
