//! URLs, in each place that takes one: none panics, and whatever is accepted is called at the host that was checked.
//! Several parsers read a URL: the `url` crate like a browser, `http::Uri` like HTTP clients, and reqwest one after
//! the other.
//!
//! `ITSME_URLS=1000000` tries that many.

use std::time::Duration;

use itsme_core::{
    AuthorizationRequest, Client, Environment, FreeText, JwtProtection, LoggedIn, LoginState,
    Provider, Request, Response, Scope, Settings, Step,
};
use itsme_testkit::{
    CLIENT_ID, CONFIRM_SERVICE, FakeOp, Person, SERVICE, World, play, private_keys,
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};
use url::Url;

use super::config;

/// Texts that could be URLs.
fn texts() -> impl Strategy<Value = [String; 2]> {
    let part = |all: &'static [&'static str]| proptest::sample::select(all);
    let scheme = part(&[
        "https",
        "https",
        "https",
        "https",
        "https",
        "http",
        "HTTPS",
        "hTTp",
        "ftp",
        "",
        "https ",
        "view-source",
    ]);
    let slashes = part(&[
        "://", "://", "://", "://", "://", "://", "://", "://", "://", "://", ":", ":/", ":///",
        "://///", ":\\\\", "//", ":/\\", ":?//", ":#//",
    ]);
    let user = part(&[
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "me@",
        "a:b@",
        "@",
        ":@",
        "rp.example@",
        "%40",
    ]);
    let host = part(&[
        "rp.example",
        "rp.example",
        "rp.example",
        "rp.example",
        "rp.example",
        "RP.example",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "0x7f.1",
        "0177.1",
        "2130706433",
        "127.1",
        "",
        "rp%2eexample",
        "rp.example.",
        ".",
        "..",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:0:0:1]",
        "[::1%25lo]",
        "xn--bcher-kva.example",
        "bücher.example",
        "rp_x.example",
        "*.example",
        "a..b",
        "1.2.3.4.5",
        "😀",
        "rp.example\t",
        "LOCALHOST",
        "%6c%6fcalhost",
        "rp.example;x",
        "rp,example",
        "[",
        "]",
        "[::1",
        "a b",
    ]);
    let port = part(&[
        "", "", ":443", ":80", ":0", ":", ":65535", ":65536", ":0443", ":-1", ":x", ":443:443",
    ]);
    let rest = part(&[
        "",
        "/",
        "/cb?x=1",
        "?x",
        "#",
        "/a/../b",
        "/\\evil",
        "//evil.example",
        "/@evil",
        "?@evil#",
    ]);

    let random = proptest::string::string_regex("([ -~é]{0,3})?").expect("a pattern");
    let parts = (scheme, slashes, user, host, port, (rest, random));
    parts.prop_map(|(scheme, slashes, user, host, port, (rest, random))| {
        [
            format!("{scheme}{slashes}{user}{host}{port}{rest}{random}"),
            format!("{scheme}{slashes}{user}{random}{host}{port}{rest}"),
        ]
    })
}

/// If a text was accepted as a URL: as read by one parser and by another.
fn is_one_host(text: &str, asked: &http::Uri) -> Result<(), TestCaseError> {
    let read = Url::parse(text).expect("a browser can go there");
    let again = Url::parse(&asked.to_string()).expect("reqwest reads it like this");
    prop_assert!(["http", "https"].contains(&asked.scheme_str().unwrap_or_default()), "{}", text);
    let host = asked.host().expect("it has a host").to_ascii_lowercase();
    // An IPv6 address has several spellings, and is compared below as reqwest reads it.
    if !host.starts_with('[') {
        prop_assert_eq!(Some(host.as_str()), read.host_str());
    }
    prop_assert_eq!(read.host_str(), again.host_str());
    prop_assert_eq!(read.port_or_known_default(), again.port_or_known_default());
    Ok(())
}

/// Clients of an OP at `rp.example` that know it, and a person who was logged in.
struct Places {
    world: World,
    op: FakeOp,
    by_keys: Client,
    by_secret: Client,
    provider: Value,
    state: String,
    who: LoggedIn,
}

/// All generated hosts are allowed, so that texts get as far as possible.
fn settings(settings: Settings) -> Settings {
    let hosts = ["localhost", "127.0.0.1", "[::1]"];
    let settings = hosts.into_iter().fold(settings, Settings::endpoint_host);
    settings.danger_http_on_loopback().client_assertion(JwtProtection::Signed)
}

impl Places {
    fn new() -> Self {
        let mut world = World::new();
        let mut op = FakeOp::with_issuer("https://rp.example/v2", world.clock());
        let client = |settings| Client::new(settings).expect("the settings are sound");
        let by_keys = client(settings(op.settings()));
        let by_secret = client(settings(op.secret_settings()));
        let provider = play(by_keys.refresh(), &mut op, &mut world).expect("the OP answers");
        let mut provider = serde_json::to_value(&*provider).expect("JSON");
        // Logins may take long, and nothing is encrypted to the OP.
        provider["keys"] = json!({ "keys": [] });
        play(by_secret.refresh(), &mut op, &mut world).expect("the OP answers");
        let login = AuthorizationRequest::login(SERVICE).scope(Scope::Profile).scopes_by_userinfo();
        let login = play(by_secret.authorize(login), &mut op, &mut world).expect("a URL");
        let state = serde_json::to_string(&login.state).expect("JSON");
        let callback = op.approve(&login.url, &Person::ann());
        let who = by_secret.finish_login(login.state, callback);
        let who = play(who, &mut op, &mut world).expect("a person");
        Self { world, op, by_keys, by_secret, provider, state, who }
    }

    /// The first request of a flow, if it gets that far.
    fn first<T>(&mut self, flow: itsme_core::Flow<T>) -> Option<Request> {
        match flow.start(&mut self.world) {
            Ok(Step::Send(request, _)) => Some(request),
            _ => None,
        }
    }

    /// A client to which an earlier process has passed the OP's metadata.
    fn knowing(&self, client: &Client, member: &str, text: &str) -> Option<Client> {
        let mut provider = self.provider.clone();
        provider["metadata"][member] = json!(text);
        let provider: Provider = serde_json::from_value(provider).expect("a provider");
        let settings = settings(if client.public_jwks_response().is_some() {
            self.op.settings()
        } else {
            self.op.secret_settings()
        });
        let client = Client::new(settings).expect("the settings are sound");
        client.import_provider(provider).ok().map(|()| client)
    }

    fn issuer(&mut self, text: &str) -> Result<(), TestCaseError> {
        let settings = Settings::new(CLIENT_ID, private_keys(), Environment::custom(text));
        let Ok(client) = Client::new(settings.danger_http_on_loopback()) else { return Ok(()) };
        let request = self.first(client.refresh()).expect("it asks for the metadata");
        is_one_host(text, request.uri())
    }

    fn redirect_uri(&mut self, text: &str) -> Result<(), TestCaseError> {
        let client = Client::new(settings(self.op.secret_settings()).redirect_uri(text));
        let login = || AuthorizationRequest::login(SERVICE);
        let of_request = self.by_secret.authorize(login().redirect_uri(text));
        let redirect = play(of_request, &mut self.op, &mut self.world).ok();
        prop_assert_eq!(client.is_ok(), redirect.is_some(), "{}", text);
        if let Some(redirect) = redirect {
            let sent = Url::parse(&redirect.url).expect("an authorization URL");
            let sent = sent.query_pairs().find(|(name, _)| name == "redirect_uri");
            prop_assert_eq!(sent.expect("it is sent").1, text, "byte for byte");
            let uri = text.parse().expect("an HTTP client can ask it");
            is_one_host(text, &uri)?;
        }
        Ok(())
    }

    fn request_uri(&mut self, text: &str) -> Result<(), TestCaseError> {
        let request = AuthorizationRequest::confirm(CONFIRM_SERVICE, FreeText::new("Yes?"));
        let hosted = self.by_secret.request_object(request, text, Duration::from_secs(60));
        if play(hosted, &mut self.op, &mut self.world).is_ok() {
            is_one_host(text, &text.parse().expect("an HTTP client can ask it"))?;
        }
        Ok(())
    }

    fn authorization_endpoint(&mut self, text: &str) -> Result<(), TestCaseError> {
        let known = self.knowing(&self.by_secret, "authorization_endpoint", text);
        let Some(client) = known else { return Ok(()) };
        let login = client.authorize(AuthorizationRequest::login(SERVICE));
        let login = play(login, &mut self.op, &mut self.world).expect("a URL");
        is_one_host(text, &login.url.parse().expect("a URI"))
    }

    fn token_endpoint(&mut self, text: &str) -> Result<(), TestCaseError> {
        let known = self.knowing(&self.by_secret, "token_endpoint", text);
        let Some(client) = known else { return Ok(()) };
        let state: LoginState = serde_json::from_str(&self.state).expect("a state");
        let stored: Value = serde_json::from_str(&self.state).expect("JSON");
        let callback = format!("code=x&state={}", stored["state"].as_str().expect("a state"));
        let request = self.first(client.finish_login(state, callback)).expect("it redeems");
        is_one_host(text, request.uri())
    }

    fn jwks_uri(&mut self, text: &str) -> Result<(), TestCaseError> {
        let mut document = self.provider["metadata"].clone();
        document["jwks_uri"] = json!(text);
        let client = Client::new(settings(self.op.settings())).expect("the settings are sound");
        let Ok(Step::Send(_, pending)) = client.refresh().start(&mut self.world) else {
            panic!("it asks for the metadata")
        };
        let answer = Response::new(document.to_string().into_bytes());
        match pending.receive(answer, &mut self.world) {
            Ok(Step::Send(request, _)) => is_one_host(text, request.uri()),
            _ => Ok(()),
        }
    }

    /// Endpoints that are checked when they are called.
    fn optional_endpoints(&mut self, text: &str) -> Result<(), TestCaseError> {
        let known = self.knowing(&self.by_secret, "revocation_endpoint", text);
        let client = known.expect("it is not checked before");
        let request = self.first(client.revoke(self.who.access_token.clone()));
        request.map_or(Ok(()), |request| is_one_host(text, request.uri()))?;
        // Below these, we append a path of our own.
        for member in ["user_discovery_sessions_endpoint", "backchannel_authentication_endpoint"] {
            let known = self.knowing(&self.by_keys, member, text);
            let client = known.expect("it is not checked before");
            if let Some(request) = self.first(client.discover_user()) {
                is_one_host(&request.uri().to_string(), request.uri())?;
            }
        }
        Ok(())
    }

    fn picture(&mut self, text: &str) -> Result<(), TestCaseError> {
        self.who.user.picture = Some(text.to_owned());
        let request = self.first(self.by_secret.picture(&self.who));
        request.map_or(Ok(()), |request| {
            let host = request.uri().host().unwrap_or_default();
            prop_assert!(host.eq_ignore_ascii_case("rp.example"), "{}", text);
            is_one_host(text, request.uri())
        })
    }
}

/// Most texts are not URLs, but enough of them must be.
#[test]
fn whatever_is_accepted_is_asked_where_it_was_looked_at() {
    let cases = std::env::var("ITSME_URLS").ok().and_then(|cases| cases.parse().ok());
    let places = std::cell::RefCell::new(Places::new());
    let accepted = std::cell::Cell::new(0_usize);
    let law = |texts: [String; 2]| {
        let mut places = places.borrow_mut();
        for text in &texts {
            places.issuer(text)?;
            places.redirect_uri(text)?;
            places.request_uri(text)?;
            places.authorization_endpoint(text)?;
            places.token_endpoint(text)?;
            places.jwks_uri(text)?;
            places.optional_endpoints(text)?;
            places.picture(text)?;
            let settings = Settings::new(CLIENT_ID, private_keys(), Environment::E2e);
            accepted.set(
                accepted.get() + usize::from(Client::new(settings.redirect_uri(text)).is_ok()),
            );
        }
        Ok(())
    };
    let cases = cases.unwrap_or(2_000);
    TestRunner::new(config(cases)).run(&texts(), law).expect("the law holds");
    assert!(accepted.get() > cases as usize / 100, "{} were URLs", accepted.get());
}
