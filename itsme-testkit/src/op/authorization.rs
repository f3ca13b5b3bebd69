//! The front channel: the request that a person brings, and what they decide.

use std::collections::HashMap;

use http::header;
use itsme_core::{Request, Response};
use serde_json::Value;
use url::form_urlencoded;

use super::{
    FakeOp, answer,
    grant::{Grant, RequestedClaims},
    page,
};
use crate::{Person, RegisteredClient};

/// A request that the OP would show to a person.
pub(super) struct Presented {
    pub(super) client: RegisteredClient,
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) code_challenge: Option<String>,
    pub(super) acr: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) claims: RequestedClaims,
}

/// Why a request is not shown.
pub(super) enum Rejected {
    /// The OP says it on a page of its own: the redirect URI cannot be trusted.
    Here(String),
    /// The OP sends the person back with an error.
    Redirect(String),
}

impl FakeOp {
    /// The person approves in the app. Gives where their browser is sent: the callback URL.
    ///
    /// # Panics
    /// The OP would not redirect: the URL is not one of its own, or the client or its redirect URI
    /// is not known.
    pub fn approve(&mut self, url: &str, person: &Person) -> String {
        match self.decide(query(url), Some(person)) {
            Ok(callback) => callback,
            Err(reason) => panic!("the OP shows an error page: {reason}"),
        }
    }

    /// The person refuses in the app. Gives where their browser is sent: the callback URL.
    ///
    /// # Panics
    /// As [`approve`](Self::approve).
    pub fn deny(&mut self, url: &str) -> String {
        match self.decide(query(url), None) {
            Ok(callback) => callback,
            Err(reason) => panic!("the OP shows an error page: {reason}"),
        }
    }

    /// The page at the authorization endpoint.
    pub(super) fn sign_in_page(&mut self, request: &Request) -> Response {
        let query = request.uri().query().unwrap_or_default();
        match self.present(query) {
            Ok(presented) => page::sign_in(&presented, query),
            Err(Rejected::Here(reason)) => page::error(&reason),
            Err(Rejected::Redirect(callback)) => redirect(&callback),
        }
    }

    /// What was clicked on that page.
    pub(super) fn decision(&mut self, request: &Request) -> Response {
        let form: HashMap<String, String> =
            form_urlencoded::parse(request.body()).into_owned().collect();
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        let person = Person::samples().into_iter().find(|person| person.id() == field("person"));
        let decided = match (field("decision"), person) {
            ("approve", Some(person)) => self.decide(field("request"), Some(&person)),
            ("deny", _) => self.decide(field("request"), None),
            _ => Err("the form is incomplete".to_owned()),
        };
        match decided {
            Ok(callback) => redirect(&callback),
            Err(reason) => page::error(&reason),
        }
    }

    pub(super) fn decide(
        &mut self,
        query: &str,
        person: Option<&Person>,
    ) -> Result<String, String> {
        let presented = match self.present(query) {
            Ok(presented) => presented,
            Err(Rejected::Here(reason)) => return Err(reason),
            Err(Rejected::Redirect(callback)) => return Ok(callback),
        };
        let Presented { redirect_uri, state, .. } = &presented;
        let Some(person) = person else {
            let refused = [("error", "access_denied"), ("error_description", "User refused")];
            return Ok(callback(redirect_uri, state.as_deref(), &refused));
        };
        let code = self.identifier("code");
        let url = callback(redirect_uri, state.as_deref(), &[("code", &code)]);
        let grant = Grant {
            person: person.clone(),
            issued: self.clock.now(),
            redeemed: false,
            client: presented.client,
            redirect_uri: presented.redirect_uri,
            nonce: presented.nonce,
            code_challenge: presented.code_challenge,
            acr: presented.acr,
            scopes: presented.scopes,
            claims: presented.claims,
        };
        self.grants.insert(code, grant);
        Ok(url)
    }

    fn present(&self, query: &str) -> Result<Presented, Rejected> {
        let mut parameters = HashMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if parameters.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(Rejected::Here(format!("the parameter {name} stands twice")));
            }
        }
        let get = |name: &str| parameters.get(name).map(String::as_str);
        let here = |reason: &str| Rejected::Here(reason.to_owned());
        let client = get("client_id").and_then(|id| self.client(id));
        let client = client.ok_or_else(|| here("invalid_client_id"))?.clone();
        let redirect_uri = get("redirect_uri").unwrap_or_default().to_owned();
        if !client.redirect_uris.contains(&redirect_uri) {
            return Err(here("invalid_redirect_uri"));
        }
        let state = get("state").map(str::to_owned);
        let back = |code: &str, description: &str| {
            let error = [("error", code), ("error_description", description)];
            Rejected::Redirect(callback(&redirect_uri, state.as_deref(), &error))
        };
        if get("response_type") != Some("code") {
            return Err(back("unsupported_response_type", "response_type must be code"));
        }
        if get("request").or(get("request_uri")).is_some() {
            return Err(back("request_not_supported", "no request objects here yet"));
        }
        let scopes: Vec<String> =
            get("scope").unwrap_or_default().split(' ').map(str::to_owned).collect();
        let services: Vec<&str> =
            scopes.iter().filter_map(|scope| scope.strip_prefix("service:")).collect();
        let service = matches!(services[..], [code] if client.services.iter().any(|c| c == code));
        if !service || !scopes.iter().any(|scope| scope == "openid") {
            return Err(back("invalid_scope", "scope must have openid and one known service:CODE"));
        }
        if get("code_challenge").is_some() != (get("code_challenge_method") == Some("S256")) {
            return Err(back("invalid_request", "code_challenge goes with the method S256"));
        }
        let prompts = get("prompt").unwrap_or("login");
        if !prompts.split(' ').all(|prompt| ["login", "consent"].contains(&prompt)) {
            return Err(back("invalid_request", "prompt must be login or consent"));
        }
        if get("max_age").is_some_and(|age| age.parse::<u32>().is_err()) {
            return Err(back("invalid_request", "max_age must be a number of seconds"));
        }
        let claims = requested_claims(get("claims"))
            .ok_or_else(|| back("invalid_request", "claims must be JSON as in OIDC Core §5.5"))?;
        let acr = highest_acr(get("acr_values"))
            .map_err(|acr| back("invalid_request", &format!("acr {acr} is not known")))?;
        Ok(Presented {
            nonce: get("nonce").map(str::to_owned),
            code_challenge: get("code_challenge").map(str::to_owned),
            client,
            redirect_uri: redirect_uri.clone(),
            state: state.clone(),
            acr,
            scopes,
            claims,
        })
    }
}

fn query(url: &str) -> &str {
    url.split_once('?').map_or("", |(_, query)| query)
}

fn redirect(location: &str) -> Response {
    answer::with(302, String::new(), &[(header::LOCATION, location)])
}

fn callback(redirect_uri: &str, state: Option<&str>, parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .extend_pairs(state.map(|state| ("state", state)))
        .finish();
    let separator = if redirect_uri.contains('?') { '&' } else { '?' };
    format!("{redirect_uri}{separator}{query}")
}

fn requested_claims(text: Option<&str>) -> Option<RequestedClaims> {
    let Some(text) = text else { return Some(RequestedClaims::default()) };
    let Ok(Value::Object(mut members)) = serde_json::from_str(text) else { return None };
    let mut place = |name: &str| match members.remove(name) {
        None => Some(serde_json::Map::new()),
        Some(Value::Object(claims)) => {
            claims.values().all(|asked| asked.is_null() || asked.is_object()).then_some(claims)
        }
        Some(_) => None,
    };
    Some(RequestedClaims { id_token: place("id_token")?, userinfo: place("userinfo")? })
}

/// Both levels given means advanced; none means that nothing was asked.
fn highest_acr(text: Option<&str>) -> Result<Option<String>, String> {
    const LEVELS: [&str; 2] =
        ["http://itsme.services/v2/claim/acr_basic", "http://itsme.services/v2/claim/acr_advanced"];
    let mut highest = None;
    for acr in text.into_iter().flat_map(|text| text.split(' ')) {
        let level = LEVELS.iter().position(|known| *known == acr).ok_or(acr)?;
        highest = highest.max(Some(level));
    }
    Ok(highest.map(|level| LEVELS[level].to_owned()))
}
