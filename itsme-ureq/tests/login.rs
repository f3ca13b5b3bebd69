//! Logins over a real socket.

use std::{thread, time::Duration};

use itsme_core::{
    AuthorizationRequest, Claim, DriveError, Error, JoseError, LoggedIn, Scope, Step,
    SystemPlatform, Timeouts, TokenError,
};
use itsme_testkit::{Clock, Person, Reaction, SERVICE, Server, World};
use itsme_ureq::{Client, Transport};
use ureq::Agent;

fn server_and_client() -> (Server, Client) {
    server_and_client_in(Clock::system())
}

fn server_and_client_in(clock: Clock) -> (Server, Client) {
    let server = Server::start(clock).expect("loopback has a free port");
    let agent = Agent::config_builder().proxy(None).build().into();
    let transport = Transport::with_agent(agent, Timeouts::default());
    let core = itsme_core::Client::new(server.op().settings()).expect("the settings are sound");
    (server, Client::with_transport(core, transport))
}

#[test]
fn a_person_logs_in() {
    let (server, itsme) = server_and_client();
    let request = AuthorizationRequest::login(SERVICE)
        .scope(Scope::Email)
        .scopes_by_userinfo()
        .claim(Claim::Name);
    let login = itsme.authorize(request).expect("an authorization URL");
    let callback = server.op().approve(&login.url, &Person::ann());
    let who = itsme.finish_login(login.state, callback).expect("a person");
    assert_eq!(who.user.sub, server.op().sub_of(&Person::ann()));
    assert_eq!(who.user.name.as_deref(), Some("Ann Peeters"));
    assert_eq!(who.user.email.as_deref(), Some("ann.peeters@mail.example"));
    assert_eq!(
        server.op().asked(),
        ["GET /.well-known/openid-configuration", "GET /jwkSet", "POST /token", "GET /userinfo"]
    );
}

#[test]
fn a_hundred_cold_logins_share_one_fetch() {
    let (server, itsme) = server_and_client();
    thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                let login = itsme
                    .authorize(AuthorizationRequest::login(SERVICE))
                    .expect("an authorization URL");
                let callback = server.op().approve(&login.url, &Person::daan());
                let flow = itsme.core().finish_login(login.state, callback);
                let who =
                    itsme.transport().run_in(flow, &mut SystemPlatform::new()).expect("a person");
                assert_eq!(who.user.sub, server.op().sub_of(&Person::daan()));
            });
        }
    });
    let op = server.op();
    let times = |request| op.asked().iter().filter(|asked| **asked == request).count();
    assert_eq!(times("GET /.well-known/openid-configuration"), 1);
    assert_eq!(times("GET /jwkSet"), 1);
    assert_eq!(times("POST /token"), 100);
}

/// The OP is locked for this long. One login fetches and waits for the OP, and all others wait for
/// that fetch.
const UNTIL_ALL_WAIT: Duration = Duration::from_millis(500);

#[test]
fn a_failed_fetch_ends_those_who_wait_for_it() {
    let (server, itsme) = server_and_client();
    let page = http::Response::builder().status(503).body(Vec::new()).expect("a response");
    let mut op = server.op();
    op.react("/.well-known/openid-configuration", Reaction::Reply(page));
    let errors = thread::scope(|scope| {
        let logins: Vec<_> = (0..100)
            .map(|_| {
                scope.spawn(|| {
                    itsme.authorize(AuthorizationRequest::login(SERVICE)).expect_err("no OP")
                })
            })
            .collect();
        thread::sleep(UNTIL_ALL_WAIT);
        drop(op);
        logins.into_iter().map(|login| login.join().expect("it ends")).collect::<Vec<_>>()
    });
    let waited = errors
        .iter()
        .filter(|error| matches!(error, DriveError::Flow(Error::ProviderUnavailable { .. })));
    assert_eq!(waited.count(), 99);
    assert_eq!(server.op().asked(), ["GET /.well-known/openid-configuration"]);
    assert!(itsme.refresh().is_ok(), "later flows fetch again");
}

#[test]
fn an_abandoned_fetch_is_made_by_another() {
    let (server, itsme) = server_and_client();
    let leader = itsme
        .core()
        .authorize(AuthorizationRequest::login(SERVICE))
        .start(&mut SystemPlatform::new());
    let Ok(Step::Send(_, pending)) = leader else { panic!("it fetches") };
    thread::scope(|scope| {
        for _ in 0..99 {
            scope.spawn(|| {
                itsme.authorize(AuthorizationRequest::login(SERVICE)).expect("an authorization URL")
            });
        }
        thread::sleep(UNTIL_ALL_WAIT);
        assert_eq!(server.op().asked(), [""; 0], "all of them wait");
        drop(pending);
    });
    assert_eq!(server.op().asked(), ["GET /.well-known/openid-configuration", "GET /jwkSet"]);
}

fn log_in(
    server: &Server,
    itsme: &Client,
    world: &mut World,
) -> Result<LoggedIn, itsme_ureq::Error> {
    let (core, transport) = (itsme.core(), itsme.transport());
    let login = transport.run_in(core.authorize(AuthorizationRequest::login(SERVICE)), world)?;
    let callback = server.approve(&login.url, &Person::ann());
    transport.run_in(core.finish_login(login.state, callback), world)
}

#[test]
fn a_second_rotation_within_a_minute_is_one_too_many() {
    let mut world = World::new();
    let (server, itsme) = server_and_client_in(world.clock());
    log_in(&server, &itsme, &mut world).expect("a person");
    server.op().rotate_signing_key();
    log_in(&server, &itsme, &mut world).expect("the new key was fetched");
    server.op().rotate_signing_key();
    server.op().forget_asked();
    world.advance(Duration::from_secs(59));
    let error = log_in(&server, &itsme, &mut world).expect_err("it is too early to fetch");
    let DriveError::Flow(Error::IdToken(error)) = error else { panic!("another error: {error}") };
    assert_eq!(
        error,
        TokenError::Jose(JoseError::UnknownSigningKey {
            kid: Some("s3".into()),
            published: vec!["s2".into()],
        })
    );
    assert_eq!(server.op().asked(), ["POST /token"]);
    world.advance(Duration::from_secs(1));
    log_in(&server, &itsme, &mut world).expect("a minute later it is fetched");
    assert_eq!(server.op().asked(), ["POST /token", "POST /token", "GET /jwkSet"]);
}
