use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    claims::{ClaimRequest, RequestedClaims, Scope, acr::Acr},
    confirm::Template,
    ground::secret::Secret,
};

/// A request to a user, for [`Client::authorize`](crate::Client::authorize) (OIDC Core §3.1.2.1, itsme: authorization
/// request).
///
/// Each of itsme's services has a constructor that takes what the service requires. The flow's first
/// step checks the whole request before anything is sent, and returns an error if the request is invalid.
#[derive(Clone)]
pub struct AuthorizationRequest {
    pub(crate) service_code: String,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) scopes_in_id_token: bool,
    pub(crate) claims: RequestedClaims,
    pub(crate) template: Option<Template>,
    pub(crate) known_user: Option<String>,
    pub(crate) acr: Option<Acr>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) prompts: Vec<Prompt>,
    pub(crate) ui_locales: Vec<UiLocale>,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<Secret>,
    pub(crate) code_verifier: Option<Secret>,
    pub(crate) travels: Travels,
}

/// How the parameters reach the OP.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Travels {
    /// As parameters in the query.
    InQuery,
    /// As parameters in the query, or as a request object if the dialect requires one for sharing data.
    AsSharedData,
    /// As a request object.
    InRequestObject,
}

/// A scope or a claim. An [identification](AuthorizationRequest::identification) or a request to
/// [share data](AuthorizationRequest::share_data) must include at least one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DataRequest {
    /// A scope, which is a group of claims.
    Scope(Scope),
    /// A single claim.
    Claim(ClaimRequest),
}

/// What the user must do again (`prompt`, OIDC Core §3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Prompt {
    /// The user must authenticate, even if they have just done so.
    Login,
    /// The user must consent, even if they have consented before.
    Consent,
}

/// A language for itsme's pages (`ui_locales`, OIDC Core §3.1.2.1).
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

impl AuthorizationRequest {
    /// Requests a login: the user proves who they are, and the application receives their `sub`.
    ///
    /// itsme assigns a service code to each of your services during onboarding. It is sent in the scope, as `openid
    /// service:CODE`.
    ///
    /// ```
    /// use itsme_core::{AuthorizationRequest, Claim, Scope};
    ///
    /// let login = AuthorizationRequest::login("MY_SERVICE")
    ///     .scope(Scope::Email)
    ///     .claim(Claim::GivenName);
    /// ```
    pub fn login(service_code: impl Into<String>) -> Self {
        Self {
            service_code: service_code.into(),
            scopes: Vec::new(),
            scopes_in_id_token: true,
            claims: RequestedClaims::default(),
            template: None,
            known_user: None,
            acr: None,
            max_age: None,
            prompts: Vec::new(),
            ui_locales: Vec::new(),
            redirect_uri: None,
            state: None,
            nonce: None,
            code_verifier: None,
            travels: Travels::InQuery,
        }
    }

    /// Requests an identification, which is a login that also returns at least one claim.
    ///
    /// ```compile_fail,E0061
    /// # use itsme_core::AuthorizationRequest;
    /// let nothing_asked = AuthorizationRequest::identification("MY_SERVICE");
    /// ```
    pub fn identification(service_code: impl Into<String>, first: impl Into<DataRequest>) -> Self {
        Self::login(service_code).first(first.into())
    }

    /// Asks the user to share data, that is, at least one claim. In V1, the request is sent as a request object.
    ///
    /// ```
    /// use itsme_core::{AuthorizationRequest, Claim};
    ///
    /// let share = AuthorizationRequest::share_data("MY_SERVICE", Claim::Address.essential())
    ///     .claim(Claim::Birthdate);
    /// ```
    ///
    /// ```compile_fail,E0061
    /// # use itsme_core::AuthorizationRequest;
    /// let nothing_asked = AuthorizationRequest::share_data("MY_SERVICE");
    /// ```
    pub fn share_data(service_code: impl Into<String>, first: impl Into<DataRequest>) -> Self {
        let request = Self::login(service_code).first(first.into());
        Self { travels: Travels::AsSharedData, ..request }
    }

    /// Requests a confirmation: the user reviews some text or a payment in the app and agrees to it. The request is
    /// always sent as a request object, so that nobody can change what is confirmed while it is in transit.
    ///
    /// ```
    /// use itsme_core::{Acr, AuthorizationRequest, FreeText};
    ///
    /// let text = FreeText::new("Close the account <b>for good</b>?");
    /// let confirm = AuthorizationRequest::confirm("MY_SERVICE", text)
    ///     .known_user("the sub that is stored with the account")
    ///     .acr(Acr::Advanced);
    /// ```
    ///
    /// ```compile_fail,E0061
    /// # use itsme_core::AuthorizationRequest;
    /// let nothing_to_confirm = AuthorizationRequest::confirm("MY_SERVICE");
    /// ```
    pub fn confirm(service_code: impl Into<String>, template: impl Into<Template>) -> Self {
        let request = Self::login(service_code).as_request_object();
        Self { template: Some(template.into()), ..request }
    }

    fn first(self, first: DataRequest) -> Self {
        match first {
            DataRequest::Scope(scope) => self.scope(scope),
            DataRequest::Claim(claim) => self.claim(claim),
        }
    }

    /// Requests a scope, which is a group of claims. In V2, its claims are also requested in the ID token. Default:
    /// none.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        if !self.scopes.contains(&scope) {
            self.scopes.push(scope);
        }
        self
    }

    /// Requests the claims of scopes only through the scopes, not in the ID token, so every login calls the userinfo
    /// endpoint. Default: in V2, these claims are also requested in the ID token, as itsme recommends. The userinfo
    /// endpoint is then called only if the ID token has none of them, or lacks a claim that every user has
    /// ([`Claim::Name`], [`FamilyName`], [`PhoneNumber`], [`PhoneNumberVerified`], [`IdDocumentSn`],
    /// [`IdDocumentType`], [`IdIssuingCountry`]).
    ///
    /// The user shares the same data either way. The userinfo response also contains claims that itsme has added
    /// to a scope but that this library does not support yet (in [`User::extra`](crate::User::extra)).
    /// Requests that include a claim [in userinfo](ClaimRequest::in_userinfo) or [by
    /// value](ClaimRequest::value) always behave this way.
    ///
    /// [`Claim::Name`]: crate::Claim::Name
    /// [`FamilyName`]: crate::Claim::FamilyName
    /// [`PhoneNumber`]: crate::Claim::PhoneNumber
    /// [`PhoneNumberVerified`]: crate::Claim::PhoneNumberVerified
    /// [`IdDocumentSn`]: crate::Claim::IdDocumentSn
    /// [`IdDocumentType`]: crate::Claim::IdDocumentType
    /// [`IdIssuingCountry`]: crate::Claim::IdIssuingCountry
    #[must_use]
    pub fn scopes_by_userinfo(self) -> Self {
        Self { scopes_in_id_token: false, ..self }
    }

    /// Requests a single claim, in the ID token unless the [`ClaimRequest`] specifies otherwise. Default: none.
    #[must_use]
    pub fn claim(mut self, claim: impl Into<ClaimRequest>) -> Self {
        self.claims.add(claim.into());
        self
    }

    /// Accepts only the user with this `sub`: the app skips identification, and a response from a different user is
    /// refused. Default: any user may respond.
    #[must_use]
    pub fn known_user(self, sub: impl Into<String>) -> Self {
        Self { known_user: Some(sub.into()), ..self }
    }

    /// Requires authentication that is at least this strong; a login with weaker authentication is refused. Default: no
    /// `acr_values`, which itsme treats as basic.
    #[must_use]
    pub fn acr(self, acr: Acr) -> Self {
        Self { acr: Some(acr), ..self }
    }

    /// Requires the user to have authenticated at most this long ago, in whole seconds. Default: no
    /// `max_age`. itsme authenticates the user every time anyway.
    #[must_use]
    pub fn max_age(self, max_age: Duration) -> Self {
        Self { max_age: Some(Duration::from_secs(max_age.as_secs())), ..self }
    }

    /// Makes the user authenticate or consent again. You can call this once for each. Default: no `prompt`.
    #[must_use]
    pub fn prompt(mut self, prompt: Prompt) -> Self {
        if !self.prompts.contains(&prompt) {
            self.prompts.push(prompt);
        }
        self
    }

    /// Sets the languages for itsme's pages, in order of preference. Default: the browser's languages.
    #[must_use]
    pub fn ui_locales(self, locales: impl IntoIterator<Item = UiLocale>) -> Self {
        Self { ui_locales: locales.into_iter().collect(), ..self }
    }

    /// Sets the redirect URI, to which the user returns. It must match, byte for byte, the one registered with itsme.
    /// Default: [`Settings::redirect_uri`](crate::Settings::redirect_uri).
    #[must_use]
    pub fn redirect_uri(self, redirect_uri: impl Into<String>) -> Self {
        Self { redirect_uri: Some(redirect_uri.into()), ..self }
    }

    /// Sets your own `state`. It must have at least 16 characters and be new for each login. Default: 256 random bits.
    #[must_use]
    pub fn state(self, state: impl Into<String>) -> Self {
        Self { state: Some(state.into()), ..self }
    }

    /// Sets your own `nonce`. It must have at least 16 characters and be new for each login. Default: 256 random bits.
    #[must_use]
    pub fn nonce(self, nonce: impl Into<String>) -> Self {
        Self { nonce: Some(Secret::new(nonce)), ..self }
    }

    /// Sets your own PKCE code verifier. It must have 43 to 128 unreserved characters (RFC 7636 §4.1) and be new for
    /// each login. Default: 256 random bits.
    #[must_use]
    pub fn code_verifier(self, verifier: impl Into<String>) -> Self {
        Self { code_verifier: Some(Secret::new(verifier)), ..self }
    }

    /// Sends the parameters as a signed and encrypted request object, so that nobody can read or change them in
    /// transit. Default: only for a [confirmation](Self::confirm), and for [shared
    /// data](Self::share_data) in V1. Requests without a browser are always signed and never
    /// encrypted.
    #[must_use]
    pub fn as_request_object(self) -> Self {
        Self { travels: Travels::InRequestObject, ..self }
    }
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

impl Prompt {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Consent => "consent",
        }
    }
}

impl UiLocale {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Dutch => "nl",
            Self::English => "en",
            Self::French => "fr",
            Self::German => "de",
        }
    }
}

impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest")
            .field("service_code", &self.service_code)
            .finish_non_exhaustive()
    }
}
