//! Logins over a real socket.

use std::time::Duration;

use itsme_core::{
    AuthorizationRequest, Claim, DriveError, Error, JoseError, LoggedIn, Scope, SystemPlatform,
    Timeouts, TokenError,
};
use itsme_reqwest::{Client, Transport};
use itsme_testkit::{Clock, Person, Reaction, SERVICE, Server, World};
use tokio::task::JoinSet;

fn server_and_client() -> (Server, Client) {
    server_and_client_in(Clock::system())
}

fn server_and_client_in(clock: Clock) -> (Server, Client) {
    let server = Server::start(clock).expect("loopback has a free port");
    let builder = reqwest::Client::builder().no_proxy();
    let transport = Transport::with_builder(builder, Timeouts::default()).expect("a client");
    let core = itsme_core::Client::new(server.op().settings()).expect("the settings are sound");
    (server, Client::with_transport(core, transport))
}

#[tokio::test]
async fn a_person_logs_in() {
    let (server, itsme) = server_and_client();
    let request = AuthorizationRequest::login(SERVICE)
        .scope(Scope::Email)
        .scopes_by_userinfo()
        .claim(Claim::Name);
    let login = itsme.authorize(request).await.expect("an authorization URL");
    let callback = server.op().approve(&login.url, &Person::ann());
    let who = itsme.finish_login(login.state, callback).await.expect("a person");
    assert_eq!(who.user.sub, server.op().sub_of(&Person::ann()));
    assert_eq!(who.user.name.as_deref(), Some("Ann Peeters"));
    assert_eq!(who.user.email.as_deref(), Some("ann.peeters@mail.example"));
    assert_eq!(
        server.op().asked(),
        ["GET /.well-known/openid-configuration", "GET /jwkSet", "POST /token", "GET /userinfo"]
    );
}

/// Also checks that the futures are `Send`; otherwise they could not be spawned.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_cold_logins_share_one_fetch() {
    let (server, itsme) = server_and_client();
    let server = std::sync::Arc::new(server);
    let mut logins = JoinSet::new();
    for _ in 0..100 {
        let (server, itsme) = (server.clone(), itsme.clone());
        logins.spawn(async move {
            let login = itsme
                .authorize(AuthorizationRequest::login(SERVICE))
                .await
                .expect("an authorization URL");
            let callback = server.op().approve(&login.url, &Person::daan());
            let flow = itsme.core().finish_login(login.state, callback);
            let mut env = SystemPlatform::new();
            let who = itsme.transport().run_in(flow, &mut env).await.expect("a person");
            assert_eq!(who.user.sub, server.op().sub_of(&Person::daan()));
        });
    }
    while let Some(login) = logins.join_next().await {
        login.expect("a login");
    }
    let op = server.op();
    let times = |request| op.asked().iter().filter(|asked| **asked == request).count();
    assert_eq!(times("GET /.well-known/openid-configuration"), 1);
    assert_eq!(times("GET /jwkSet"), 1);
    assert_eq!(times("POST /token"), 100);
}

/// The OP is locked for this long. One login fetches and waits for the OP, and all others wait for
/// that fetch.
const UNTIL_ALL_WAIT: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_fetch_ends_those_who_wait_for_it() {
    let (server, itsme) = server_and_client();
    let mut logins = JoinSet::new();
    tokio::task::block_in_place(|| {
        let page = http::Response::builder().status(503).body(Vec::new()).expect("a response");
        let mut op = server.op();
        op.react("/.well-known/openid-configuration", Reaction::Reply(page));
        for _ in 0..100 {
            let itsme = itsme.clone();
            logins
                .spawn(async move { itsme.authorize(AuthorizationRequest::login(SERVICE)).await });
        }
        std::thread::sleep(UNTIL_ALL_WAIT);
    });
    let mut waited = 0;
    while let Some(login) = logins.join_next().await {
        let error = login.expect("it ends").expect_err("no OP");
        waited += usize::from(matches!(error, DriveError::Flow(Error::ProviderUnavailable { .. })));
    }
    assert_eq!(waited, 99);
    assert_eq!(server.op().asked(), ["GET /.well-known/openid-configuration"]);
    assert!(itsme.refresh().await.is_ok(), "a later fetch tries again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aborted_fetch_is_made_by_another() {
    let (server, itsme) = server_and_client();
    let mut logins = JoinSet::new();
    let begin = || {
        let itsme = itsme.clone();
        async move { itsme.authorize(AuthorizationRequest::login(SERVICE)).await }
    };
    let leader = tokio::task::block_in_place(|| {
        let op = server.op();
        let leader = tokio::spawn(begin());
        std::thread::sleep(UNTIL_ALL_WAIT);
        for _ in 0..99 {
            logins.spawn(begin());
        }
        std::thread::sleep(UNTIL_ALL_WAIT);
        leader.abort();
        drop(op);
        leader
    });
    assert!(leader.await.expect_err("the task was aborted").is_cancelled());
    while let Some(login) = logins.join_next().await {
        login.expect("it ends").expect("an authorization URL");
    }
    let op = server.op();
    let times = |request| op.asked().iter().filter(|asked| **asked == request).count();
    assert_eq!(times("GET /jwkSet"), 1);
    assert_eq!(
        times("GET /.well-known/openid-configuration"),
        2,
        "the leader's fetch and one more"
    );
}

async fn log_in(
    server: &Server,
    itsme: &Client,
    world: &mut World,
) -> Result<LoggedIn, itsme_reqwest::Error> {
    let (core, transport) = (itsme.core(), itsme.transport());
    let login =
        transport.run_in(core.authorize(AuthorizationRequest::login(SERVICE)), world).await?;
    let callback = server.approve(&login.url, &Person::ann());
    transport.run_in(core.finish_login(login.state, callback), world).await
}

#[tokio::test]
async fn a_second_rotation_within_a_minute_is_one_too_many() {
    let mut world = World::new();
    let (server, itsme) = server_and_client_in(world.clock());
    log_in(&server, &itsme, &mut world).await.expect("a person");
    server.op().rotate_signing_key();
    log_in(&server, &itsme, &mut world).await.expect("the new key was fetched");
    server.op().rotate_signing_key();
    server.op().forget_asked();
    world.advance(Duration::from_secs(59));
    let error = log_in(&server, &itsme, &mut world).await.expect_err("it is too early to fetch");
    let DriveError::Flow(Error::IdToken(error)) = error else {
        panic!("unexpected error: {error}")
    };
    assert_eq!(
        error,
        TokenError::Jose(JoseError::UnknownSigningKey {
            kid: Some("s3".into()),
            published: vec!["s2".into()],
        })
    );
    assert_eq!(server.op().asked(), ["POST /token"]);
    world.advance(Duration::from_secs(1));
    log_in(&server, &itsme, &mut world).await.expect("a minute later, the key is fetched");
    assert_eq!(server.op().asked(), ["POST /token", "POST /token", "GET /jwkSet"]);
}
