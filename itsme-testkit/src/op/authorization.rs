//! The front channel: the authorization request in a browser, and the person's decision.

use std::{collections::HashMap, sync::Arc, time::Duration};

use http::header;
use itsme_core::{Request, Response, UnixTime};
use url::form_urlencoded;

use super::{
    FakeOp, answer,
    grant::{Code, Grant, Presented},
    journal,
    parameters::Parameters,
    recent::{self, Recent},
    request_object::Refusal,
};
use crate::{Person, RegisteredClient};

/// How the OP rejects a request without showing it to the person.
pub(super) enum Rejected {
    /// The OP shows an error page, because the redirect URI cannot be trusted.
    Here(String),
    /// The OP redirects back with an error.
    Redirect(String),
}

/// How long a page waits for the person's decision.
const PAGE_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// A request shown on a page.
pub(super) struct OnPage {
    pub(super) id: String,
    query: String,
    pub(super) since: UnixTime,
    pub(super) stage: Stage,
}

impl OnPage {
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::Waiting(_))
    }

    pub(super) fn is_over(&self, now: UnixTime) -> bool {
        now.since(self.since) >= PAGE_LIFETIME
    }

    /// Whether the client has redeemed the code. After that, the same request starts a new login.
    fn is_redeemed(&self, codes: &Recent<Code>) -> bool {
        let Stage::Decided(callback) = &self.stage else { return false };
        let code = journal::parameter(callback, "code");
        code.is_some_and(|code| codes.get(code.as_str()).is_none_or(|code| code.redeemed))
    }
}

/// The stage that a request has reached.
pub(super) enum Stage {
    Waiting(Presented),
    /// The decision was made on the phone, but the browser has not yet been redirected to this callback URL.
    Decided(String),
}

impl FakeOp {
    /// Approves the authorization request at `url` as a person would in the app. Returns the
    /// callback URL, to which the OP redirects the browser.
    ///
    /// # Panics
    /// If the OP would show an error page instead of redirecting, because the URL is not one of its
    /// own, or the client or its redirect URI is unknown.
    pub fn approve(&mut self, url: &str, person: &Person) -> String {
        match self.decide(query(url), Some(person)) {
            Ok(callback) => callback,
            Err(reason) => panic!("the OP shows an error page: {reason}"),
        }
    }

    /// Refuses the authorization request at `url` as a person would in the app. Returns the
    /// callback URL, to which the OP redirects the browser.
    ///
    /// # Panics
    /// In the same cases as [`approve`](Self::approve).
    pub fn deny(&mut self, url: &str) -> String {
        match self.decide(query(url), None) {
            Ok(callback) => callback,
            Err(reason) => panic!("the OP shows an error page: {reason}"),
        }
    }

    /// Serves the sign-in page at the authorization endpoint. Reloading the page shows the same
    /// request.
    pub(super) fn sign_in_page(&mut self, request: &Request) -> Response {
        let query = request.uri().query().unwrap_or_default();
        let place = match self.shown(query) {
            Some(place) => place,
            None => match self.present(query) {
                Ok(presented) => {
                    let (id, query) = (self.identifier("page"), query.to_owned());
                    let (since, stage) = (self.now(), Stage::Waiting(presented));
                    recent::wait(&mut self.on_page, OnPage { id, query, since, stage });
                    self.on_page.len() - 1
                }
                Err(Rejected::Here(reason)) => return self.refused(request, &reason),
                Err(Rejected::Redirect(callback)) => return redirect(&callback),
            },
        };
        let OnPage { id, stage, .. } = &self.on_page[place];
        match stage {
            Stage::Waiting(presented) => self.sign_in(request, (id, query), presented),
            Stage::Decided(callback) => redirect(callback),
        }
    }

    /// The index of the page that shows this request.
    pub(super) fn shown(&mut self, query: &str) -> Option<usize> {
        let (now, codes) = (self.now(), &self.codes);
        self.on_page.retain(|it| !it.is_over(now) && !it.is_redeemed(codes));
        self.on_page.iter().position(|it| it.query == query)
    }

    /// Applies a decision made on the phone to a waiting page, whose browser finds out by polling.
    /// Returns the callback URL.
    pub(super) fn decide_by_phone(&mut self, id: &str, person: Option<&Person>) -> Option<String> {
        let place = self.on_page.iter().position(|it| it.id == id && it.is_waiting());
        let page = place.map(|place| self.on_page.remove(place))?;
        let OnPage { id, query, since, stage: Stage::Waiting(presented) } = page else {
            return None;
        };
        let callback = self.callback_of(presented, person);
        if let Some(journal) = &mut self.journal {
            journal.goes_on(&query, &callback);
        }
        self.on_page.push(OnPage { id, query, since, stage: Stage::Decided(callback.clone()) });
        Some(callback)
    }

    /// Handles a button click on the sign-in page.
    pub(super) fn decision(&mut self, request: &Request) -> Response {
        let form: HashMap<String, String> =
            form_urlencoded::parse(request.body()).into_owned().collect();
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        let person = self.people.iter().find(|person| person.id() == field("person")).cloned();
        let decided = match (field("decision"), person) {
            ("approve", Some(person)) => self.decide(field("request"), Some(&person)),
            ("deny", _) => self.decide(field("request"), None),
            _ => Err("the form is incomplete".to_owned()),
        };
        match decided {
            Ok(callback) => redirect(&callback),
            Err(reason) => self.refused(request, &reason),
        }
    }

    pub(super) fn decide(
        &mut self,
        query: &str,
        person: Option<&Person>,
    ) -> Result<String, String> {
        // Use the request that the page showed, because a request object can only be read once.
        let shown = self.shown(query);
        let presented = match shown.map(|place| self.on_page.remove(place).stage) {
            Some(Stage::Waiting(presented)) => presented,
            Some(Stage::Decided(callback)) => return Ok(callback),
            None => match self.present(query) {
                Ok(presented) => presented,
                Err(Rejected::Here(reason)) => return Err(reason),
                Err(Rejected::Redirect(callback)) => return Ok(callback),
            },
        };
        Ok(self.callback_of(presented, person))
    }

    /// The callback URL to which a decision redirects the browser.
    fn callback_of(&mut self, presented: Presented, person: Option<&Person>) -> String {
        let Presented { request, redirect_uri, state, nonce, code_challenge } = presented;
        let sub = person.map(|person| self.pairwise_sub(&request.client.client_id, person));
        if sub.is_some_and(|sub| request.claims.known_user().is_some_and(|known| known != sub)) {
            let other = [
                ("error", "access_denied"),
                ("error_description", "a different user than the requested one"),
            ];
            return callback(&redirect_uri, state.as_deref(), &other);
        }
        let Some(person) = person else {
            let refused = [("error", "access_denied"), ("error_description", "User refused")];
            return callback(&redirect_uri, state.as_deref(), &refused);
        };
        self.know(person.clone());
        let code = self.identifier("code");
        let url = callback(&redirect_uri, state.as_deref(), &[("code", &code)]);
        let grant = Grant { request, person: person.clone(), nonce, issued: self.now() };
        self.codes.insert(&code, Code { grant, redirect_uri, code_challenge, redeemed: false });
        url
    }

    fn present(&mut self, query: &str) -> Result<Presented, Rejected> {
        let outer = Parameters::parse(query.as_bytes()).map_err(Rejected::Here)?;
        let here = |reason: &str| Rejected::Here(reason.to_owned());
        let client = outer.get("client_id").and_then(|id| self.client(id));
        let client = client.ok_or_else(|| {
            let known: Vec<&str> = self.clients.iter().map(|it| it.client_id.as_str()).collect();
            let given = outer.get("client_id").unwrap_or("nothing");
            Rejected::Here(format!("invalid_client_id: {given} is not one of {}", known.join(", ")))
        })?;
        let client = Arc::clone(client);
        let redirect_uri = outer.get("redirect_uri").ok_or_else(|| {
            here("invalid_redirect_uri: it is missing; repeat it outside the request object")
        })?;
        let redirect_uri = redirect_uri.to_owned();
        if !client.redirect_uris.contains(&redirect_uri) {
            let known = client.redirect_uris.join(", ");
            return Err(Rejected::Here(format!(
                "invalid_redirect_uri: {redirect_uri} is not one of {known}"
            )));
        }
        let back = |state: Option<&str>, (code, description): Refusal| {
            let error = [("error", code), ("error_description", &description)];
            Rejected::Redirect(callback(&redirect_uri, state, &error))
        };
        let (parameters, is_object) = self
            .request_object(&outer, &client)
            .map_err(|refusal| back(outer.get("state"), refusal))?;
        let state = parameters.get("state");
        let presented = self.read(&parameters, is_object, client, &redirect_uri);
        let presented = presented.map_err(|refusal| back(state, refusal))?;
        Ok(Presented { state: state.map(str::to_owned), ..presented })
    }

    /// Reads the request from the query or from a request object, which may be passed by value or
    /// by reference.
    fn read(
        &self,
        parameters: &Parameters,
        is_object: bool,
        client: Arc<RegisteredClient>,
        redirect_uri: &str,
    ) -> Result<Presented, Refusal> {
        let get = |name: &str| parameters.get(name);
        let invalid = |description: &str| ("invalid_request", description.to_owned());
        if get("response_type") != Some("code") {
            return Err(("unsupported_response_type", "response_type must be code".to_owned()));
        }
        if get("code_challenge").is_some() != (get("code_challenge_method") == Some("S256")) {
            return Err(invalid(
                "code_challenge requires code_challenge_method=S256, and vice versa",
            ));
        }
        let prompts = get("prompt").unwrap_or("login");
        if !prompts.split(' ').all(|prompt| ["login", "consent"].contains(&prompt)) {
            return Err(invalid("prompt must be login or consent"));
        }
        if get("max_age").is_some_and(|age| age.parse::<u32>().is_err()) {
            return Err(invalid("max_age must be a number of seconds"));
        }
        let request = self.authentication_request(parameters, is_object, client)?;
        Ok(Presented {
            nonce: get("nonce").map(str::to_owned),
            code_challenge: get("code_challenge").map(str::to_owned),
            request,
            redirect_uri: redirect_uri.to_owned(),
            state: None,
        })
    }
}

pub(crate) fn query(url: &str) -> &str {
    url.split_once('?').map_or("", |(_, query)| query)
}

pub(super) fn redirect(location: &str) -> Response {
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
