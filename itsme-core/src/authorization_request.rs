use std::{marker::PhantomData, time::Duration};

use crate::{
    acr::Acr,
    asked::Asked,
    claims::{ABOUT_THE_TOKEN, ClaimRequest, RequestedClaims, Scope},
    error::RequestError,
    jose,
    secret::Secret,
    time::UnixTime,
    url_rules::{self, PlainHttp},
};

/// The services of itsme, each a type of [`AuthorizationRequest`].
pub mod service {
    /// A person logs in; see [`Login`](crate::Login).
    #[derive(Clone, Copy, Debug)]
    #[non_exhaustive]
    pub enum Login {}
}

/// A login: the person proves who they are, and the application learns their `sub`.
///
/// ```
/// use itsme_core::{Claim, Login, Scope};
///
/// let login = Login::new("MY_SERVICE").scope(Scope::Email).claim(Claim::GivenName);
/// ```
pub type Login = AuthorizationRequest<service::Login>;

/// What a person is asked, on the way to [`Client::authorize`](crate::Client::authorize)
/// (OIDC Core §3.1.2.1, itsme: authorization request).
///
/// Nothing is checked before the flow starts; then everything is, before any request is made.
#[derive(Clone)]
pub struct AuthorizationRequest<S> {
    wish: Wish,
    service: PhantomData<fn() -> S>,
}

/// The same without the service, as the flow takes it.
#[derive(Clone, Default)]
pub(crate) struct Wish {
    service_code: String,
    scopes: Vec<Scope>,
    claims: RequestedClaims,
    acr: Option<Acr>,
    max_age: Option<Duration>,
    prompts: Vec<Prompt>,
    ui_locales: Vec<UiLocale>,
    redirect_uri: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<Secret>,
    pub(crate) code_verifier: Option<Secret>,
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
        let wish = Wish { service_code: service_code.into(), ..Wish::default() };
        Self { wish, service: PhantomData }
    }
}

impl<S> AuthorizationRequest<S> {
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

    pub(crate) fn into_wish(self) -> Wish {
        self.wish
    }
}

impl Wish {
    /// Everything that can be wrong before a request is made; gives the redirect URI to use.
    pub(crate) fn check(
        &self,
        default_redirect_uri: Option<&str>,
        plain_http: PlainHttp,
    ) -> Result<String, RequestError> {
        if self.service_code.is_empty() {
            return Err(RequestError::EmptyServiceCode);
        }
        let scope_character = |octet: u8| octet.is_ascii_graphic() && !b"\"\\".contains(&octet);
        if !self.service_code.bytes().all(scope_character) {
            return Err(RequestError::ServiceCode);
        }
        for name in self.claims.iter().map(|request| request.claim().name()) {
            if name.is_empty() {
                return Err(RequestError::EmptyClaim);
            }
            if let Some(claim) = ABOUT_THE_TOKEN.iter().find(|claim| **claim == name) {
                return Err(RequestError::TokenClaim(claim));
            }
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
        let redirect_uri = self.redirect_uri.as_deref().or(default_redirect_uri);
        let redirect_uri = redirect_uri.ok_or(RequestError::NoRedirectUri)?;
        url_rules::check(redirect_uri, plain_http).map_err(RequestError::RedirectUri)?;
        Ok(redirect_uri.to_owned())
    }

    /// What must come back.
    pub(crate) fn asked(&self, at: UnixTime) -> Asked {
        Asked {
            at,
            scopes: self.scopes.clone(),
            in_userinfo: self.claims.any_in_userinfo(),
            image: self.claims.any_image(),
            acr: self.acr,
            max_age: self.max_age,
        }
    }

    /// The parameters that say what is asked, in the order of OIDC Core.
    pub(crate) fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut scope = format!("openid service:{}", self.service_code);
        for name in self.scopes.iter().map(|scope| scope.as_str()) {
            scope.push(' ');
            scope.push_str(name);
        }
        let joined = |words: Vec<&str>| (!words.is_empty()).then(|| words.join(" "));
        let prompt = joined(self.prompts.iter().map(|prompt| prompt.as_str()).collect());
        let locales = joined(self.ui_locales.iter().map(|locale| locale.as_str()).collect());
        let optional = [
            ("prompt", prompt),
            ("max_age", self.max_age.map(|age| age.as_secs().to_string())),
            ("ui_locales", locales),
            ("acr_values", self.acr.map(|acr| acr.as_str().to_owned())),
            ("claims", self.claims.parameter().map(|claims| claims.to_string())),
        ];
        let present = optional.into_iter().filter_map(|(name, value)| Some((name, value?)));
        std::iter::once(("scope", scope)).chain(present).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_s256() {
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(code_challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn own_values_must_be_hard_to_guess() {
        let check =
            |login: Login| login.wish.check(Some("https://rp.example/cb"), PlainHttp::Never);
        let login = || Login::new("S");
        assert_eq!(check(login()), Ok("https://rp.example/cb".to_owned()));
        assert_eq!(check(login().state("0123456789abcde")), Err(RequestError::TooShort("state")));
        assert_eq!(check(login().nonce("0123456789abcde")), Err(RequestError::TooShort("nonce")));
        assert!(check(login().state("0123456789abcdef").nonce("0123456789abcdef")).is_ok());
        for bad in ["x".repeat(42), "x".repeat(129), "ü".repeat(43), "x y".repeat(20)] {
            assert_eq!(check(login().code_verifier(bad)), Err(RequestError::CodeVerifier));
        }
        assert!(check(login().code_verifier("x".repeat(43))).is_ok());
        assert_eq!(check(Login::new("")), Err(RequestError::EmptyServiceCode));
        assert_eq!(check(Login::new("A B")), Err(RequestError::ServiceCode));
    }
}
