//! A request that has passed its checks. Deriving anything from it cannot fail.

use std::{borrow::Cow, time::Duration};

use serde_json::{Value, json, value::RawValue};

use super::{
    pkce::is_code_verifier,
    request::{AuthorizationRequest, Travels},
};
use crate::{
    claims::Scope,
    dialect::Dialect,
    error::RequestError,
    ground::{secret::Secret, time::UnixTime},
    http::url_rules,
    settings::Settings,
    tokens::requested::{Requested, claims_sha256},
};

/// The content of a request, independent of how it reaches the OP.
pub(crate) struct CheckedContent {
    pub(crate) scope: String,
    /// The optional parameters except `claims`, in the order of OIDC Core and with the types that a request object
    /// requires.
    pub(crate) parameters: Vec<(&'static str, Value)>,
    pub(crate) claims: Option<Box<RawValue>>,
    pub(crate) requested: Requested,
}

/// A request that is sent through the browser.
pub(crate) struct CheckedRequest {
    pub(super) content: CheckedContent,
    pub(super) redirect_uri: String,
    pub(super) delivery: Delivery,
    pub(super) state: Option<String>,
    pub(super) nonce: Option<Secret>,
    pub(super) code_verifier: Option<Secret>,
}

/// How the parameters reach the OP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// As parameters in the query.
    Query,
    /// As a request object in the query.
    Value,
    /// As a request object hosted at this URL, valid for this long.
    Reference(String, Duration),
}

impl CheckedRequest {
    /// Checks a request that is sent in the query, as parameters or as a request object.
    pub(crate) fn new(
        request: AuthorizationRequest,
        settings: &Settings,
    ) -> Result<Self, RequestError> {
        let in_object = match request.travels {
            Travels::InRequestObject => true,
            Travels::AsSharedData => settings.dialect().habits().shares_data_by_request_object,
            Travels::InQuery => false,
        };
        let delivery = if in_object { Delivery::Value } else { Delivery::Query };
        Self::delivered(request, delivery, settings)
    }

    /// Checks a request whose request object is hosted for itsme to fetch.
    pub(crate) fn hosted(
        request: AuthorizationRequest,
        (request_uri, lifetime): (String, Duration),
        settings: &Settings,
    ) -> Result<Self, RequestError> {
        if lifetime.as_secs() == 0 {
            return Err(RequestError::Lifetime);
        }
        url_rules::check_request_uri(&request_uri, settings.plain_http())
            .map_err(RequestError::RequestUri)?;
        Self::delivered(request, Delivery::Reference(request_uri, lifetime), settings)
    }

    fn delivered(
        request: AuthorizationRequest,
        delivery: Delivery,
        settings: &Settings,
    ) -> Result<Self, RequestError> {
        let content = CheckedContent::new(&request, request.known_user.as_deref(), settings)?;
        let AuthorizationRequest { redirect_uri, state, nonce, code_verifier, .. } = request;
        for (name, own) in
            [("state", state.as_deref()), ("nonce", nonce.as_ref().map(Secret::expose))]
        {
            if own.is_some_and(|own| own.chars().count() < 16) {
                return Err(RequestError::TooShort(name));
            }
        }
        if code_verifier.as_ref().is_some_and(|verifier| !is_code_verifier(verifier.expose())) {
            return Err(RequestError::CodeVerifier);
        }
        let redirect_uri = match redirect_uri {
            Some(own) => {
                url_rules::check(&own, settings.plain_http()).map_err(RequestError::RedirectUri)?;
                own
            }
            // This was already checked with the settings.
            None => settings.redirect_uri.clone().ok_or(RequestError::NoRedirectUri)?,
        };
        Ok(Self { content, redirect_uri, delivery, state, nonce, code_verifier })
    }
}

impl CheckedContent {
    /// Checks a request that is sent without a browser. It must not have any setting that works only in a browser. The
    /// known user, if any, is named in the login hint and not in the claims.
    pub(crate) fn without_browser(
        request: &AuthorizationRequest,
        settings: &Settings,
    ) -> Result<Self, RequestError> {
        for (name, is_set) in [
            ("prompt", !request.prompts.is_empty()),
            ("max_age", request.max_age.is_some()),
            ("ui_locales", !request.ui_locales.is_empty()),
            ("redirect_uri", request.redirect_uri.is_some()),
            ("state", request.state.is_some()),
            ("nonce", request.nonce.is_some()),
            ("code_verifier", request.code_verifier.is_some()),
        ] {
            if is_set {
                return Err(RequestError::NotInBackchannel(name));
            }
        }
        Self::new(request, None, settings)
    }

    /// `named` is the known user to be named in the claims.
    fn new(
        request: &AuthorizationRequest,
        named: Option<&str>,
        settings: &Settings,
    ) -> Result<Self, RequestError> {
        let AuthorizationRequest { service_code, scopes, claims, template, known_user, .. } =
            request;
        if service_code.is_empty() {
            return Err(RequestError::EmptyServiceCode);
        }
        let scope_character = |byte: u8| byte.is_ascii_graphic() && !b"\"\\".contains(&byte);
        if !service_code.bytes().all(scope_character) {
            return Err(RequestError::ServiceCode);
        }
        let dialect = settings.dialect();
        if let Some(scope) = scopes.iter().find(|scope| !scope.exists(dialect)) {
            let scope = scope.as_str();
            return Err(RequestError::ScopeNotInDialect { scope, dialect });
        }
        let template = match template {
            Some(template) => template.claims(dialect)?,
            None => Vec::new(),
        };
        let scopes_in_id_token = request.scopes_in_id_token
            && !scopes.is_empty()
            && claims.leave_room_in_id_token(dialect);
        let asked = match scopes_in_id_token {
            true => Cow::Owned(claims.clone().with_scopes(scopes, dialect)),
            false => Cow::Borrowed(claims),
        };
        let parameter = asked.parameter(dialect, named, template)?.text();
        if known_user.as_ref().is_some_and(String::is_empty) {
            return Err(RequestError::EmptyKnownUser);
        }
        Ok(Self {
            scope: scope(service_code, scopes),
            parameters: parameters(request, dialect),
            requested: Requested {
                at: UnixTime::from_secs(0),
                service: service_code.clone(),
                claims_sha256: parameter.as_ref().map(|claims| claims_sha256(claims.get())),
                scopes: scopes.clone(),
                scopes_in_id_token,
                in_userinfo: claims.any_in_userinfo(dialect),
                image: claims.any_image() || scopes.iter().any(|scope| scope.has_image(dialect)),
                sub: known_user.clone(),
                acr: request.acr,
                max_age: request.max_age,
            },
            claims: parameter,
        })
    }
}

/// The `claims` parameter as text that the application can archive.
pub(crate) fn claims_text(claims: Option<Box<RawValue>>) -> Option<String> {
    claims.map(|claims| Box::<str>::from(claims).into_string())
}

fn scope(service_code: &str, scopes: &[Scope]) -> String {
    let mut scope = format!("openid service:{service_code}");
    for name in scopes.iter().map(|scope| scope.as_str()) {
        scope.push(' ');
        scope.push_str(name);
    }
    scope
}

fn parameters(request: &AuthorizationRequest, dialect: Dialect) -> Vec<(&'static str, Value)> {
    let joined = |words: Vec<&str>| (!words.is_empty()).then(|| json!(words.join(" ")));
    let prompt = joined(request.prompts.iter().map(|prompt| prompt.as_str()).collect());
    let locales = joined(request.ui_locales.iter().map(|locale| locale.as_str()).collect());
    let optional = [
        ("prompt", prompt),
        ("max_age", request.max_age.map(|age| json!(age.as_secs()))),
        ("ui_locales", locales),
        ("acr_values", request.acr.map(|acr| json!(acr.name(dialect)))),
    ];
    optional.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
