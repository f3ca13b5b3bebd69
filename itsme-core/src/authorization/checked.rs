use std::time::Duration;

use serde_json::{Value, json};

use super::{
    pkce::is_code_verifier,
    request::{Prompt, UiLocale},
};
use crate::{
    claims::{RequestedClaims, Scope, acr::Acr},
    confirm::Template,
    dialect::Dialect,
    error::RequestError,
    ground::{secret::Secret, time::UnixTime},
    http::url_rules,
    settings::Settings,
    tokens::requested::Requested,
};

/// The same without the service, as the flow takes it.
#[derive(Clone, Default)]
pub(crate) struct Wish {
    pub(super) service_code: String,
    pub(super) scopes: Vec<Scope>,
    pub(super) claims: RequestedClaims,
    pub(super) template: Option<Template>,
    pub(crate) known_user: Option<String>,
    pub(super) acr: Option<Acr>,
    pub(super) max_age: Option<Duration>,
    pub(super) prompts: Vec<Prompt>,
    pub(super) ui_locales: Vec<UiLocale>,
    pub(super) redirect_uri: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<Secret>,
    pub(crate) code_verifier: Option<Secret>,
    pub(super) delivery: Delivery,
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

impl Wish {
    /// Everything that can be wrong with what is asked.
    fn check_content(&self, settings: &Settings) -> Result<(), RequestError> {
        if self.service_code.is_empty() {
            return Err(RequestError::EmptyServiceCode);
        }
        let scope_character = |byte: u8| byte.is_ascii_graphic() && !b"\"\\".contains(&byte);
        if !self.service_code.bytes().all(scope_character) {
            return Err(RequestError::ServiceCode);
        }
        let dialect = settings.dialect();
        if let Some(scope) = self.scopes.iter().find(|scope| !scope.exists(dialect)) {
            let scope = scope.as_str();
            return Err(RequestError::ScopeNotInDialect { scope, dialect });
        }
        self.claims.check(dialect)?;
        self.template_claims(settings.dialect())?;
        if self.known_user.as_ref().is_some_and(String::is_empty) {
            return Err(RequestError::EmptyKnownUser);
        }
        Ok(())
    }

    /// The same for a person who is asked without a browser: nothing that a browser would carry.
    pub(crate) fn check_backchannel(&self, settings: &Settings) -> Result<(), RequestError> {
        for (name, is_set) in [
            ("prompt", !self.prompts.is_empty()),
            ("max_age", self.max_age.is_some()),
            ("ui_locales", !self.ui_locales.is_empty()),
            ("redirect_uri", self.redirect_uri.is_some()),
            ("state", self.state.is_some()),
            ("nonce", self.nonce.is_some()),
            ("code_verifier", self.code_verifier.is_some()),
        ] {
            if is_set {
                return Err(RequestError::NotInBackchannel(name));
            }
        }
        self.check_content(settings)
    }

    /// Everything that can be wrong before a request is made; gives the redirect URI to use.
    pub(crate) fn check(&self, settings: &Settings) -> Result<String, RequestError> {
        self.check_content(settings)?;
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
        if let Delivery::Reference(uri, lifetime) = &self.delivery {
            if lifetime.as_secs() == 0 {
                return Err(RequestError::Lifetime);
            }
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
    pub(crate) fn asked(&self, at: UnixTime, dialect: Dialect) -> Requested {
        let v1_photo = dialect == Dialect::V1 && self.scopes.contains(&Scope::Profile);
        Requested {
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
    /// object writes them, whose `claims` are an object and `max_age` a number. `known_user` is who
    /// is named among the claims.
    pub(crate) fn parameters(
        &self,
        dialect: Dialect,
        known_user: Option<&str>,
    ) -> Result<Vec<(&'static str, Value)>, RequestError> {
        let joined = |words: Vec<&str>| (!words.is_empty()).then(|| json!(words.join(" ")));
        let prompt = joined(self.prompts.iter().map(|prompt| prompt.as_str()).collect());
        let locales = joined(self.ui_locales.iter().map(|locale| locale.as_str()).collect());
        let template = self.template_claims(dialect)?;
        let claims = self.claims.parameter(dialect, known_user, &template);
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
