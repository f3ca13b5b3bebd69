//! The OP stops responding, and the application sets no limits. At whatever point this happens, a
//! cold login ends within thirty seconds, including the connection and the second attempt.

use std::{
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use itsme_core::{AuthorizationRequest, Environment, Scope, Settings, Timeouts};
use itsme_testkit::{
    CLIENT_ID, Clock, Person, REDIRECT_URI, Reaction, SERVICE, Server, Wire, private_keys,
};
use itsme_ureq::{Client, Error, Transport};
use ureq::Agent;

const LIMIT: Duration = Duration::from_secs(30);

fn client(settings: Settings) -> Client {
    let agent: Agent = Agent::config_builder().proxy(None).build().into();
    let core = itsme_core::Client::new(settings).expect("the settings are sound");
    Client::with_transport(core, Transport::with_agent(agent, Timeouts::default()))
}

/// Returns how long a login that requests everything takes to fail.
fn log_in(path: &str, wire: Wire) -> Duration {
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let itsme = client(server.settings());
    let path = path.to_owned();
    server
        .op()
        .react_when(move |asked| asked.request.ends_with(&path).then_some(Reaction::Wire(wire)));
    let begun = Instant::now();
    let request = AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo();
    let result = itsme.authorize(request).and_then(|login| {
        let callback = server.approve(&login.url, &Person::ann());
        itsme.finish_login(login.state, callback)
    });
    assert!(matches!(result, Err(Error::Transport { .. })), "{result:?}");
    begun.elapsed()
}

/// Returns how long a login takes to fail at a host that accepts connections but never reads from
/// them.
fn at_a_deaf_host() -> Duration {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
    let issuer = format!("http://{}", listener.local_addr().expect("an address"));
    let settings = Settings::new(CLIENT_ID, private_keys(), Environment::custom(issuer));
    let itsme = client(settings.redirect_uri(REDIRECT_URI).danger_http_on_loopback());
    let begun = Instant::now();
    assert!(itsme.authorize(AuthorizationRequest::login(SERVICE)).is_err());
    begun.elapsed()
}

#[test]
fn a_silent_op_ends_a_login_within_thirty_seconds() {
    let mut logins = vec![("nobody at home".to_owned(), thread::spawn(at_a_deaf_host))];
    for path in ["/.well-known/openid-configuration", "/jwkSet", "/token", "/userinfo"] {
        for wire in [Wire::Silence, Wire::SilenceAfterHead, Wire::Trickle] {
            let name = format!("{wire:?} at {path}");
            logins.push((name, thread::spawn(move || log_in(path, wire))));
        }
    }
    for (name, login) in logins {
        let took = login.join().expect("it ends");
        println!("{name}: {took:?}");
        assert!(took < LIMIT + Duration::from_secs(1), "{name}: {took:?}");
        assert!(took > LIMIT / 2, "{name} was given up after {took:?}");
    }
}

/// A second attempt gets only the time that the first one left, and a response that is too large is
/// not requested again.
#[test]
fn a_second_try_is_no_second_wait() {
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let itsme = client(server.settings());
    let large = Wire::Large(itsme_core::MAX_RESPONSE_BYTES as u64 + 1);
    server.op().react("/jwkSet", Reaction::Wire(large));
    let error = itsme.authorize(AuthorizationRequest::login(SERVICE)).expect_err("it is large");
    assert!(error.to_string().contains("attempt 1"), "{error}");
    assert_eq!(server.op().asked().iter().filter(|asked| **asked == "GET /jwkSet").count(), 1);
}
