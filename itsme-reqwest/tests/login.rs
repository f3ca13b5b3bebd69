//! Logins over a real socket.

use itsme_core::{Claim, Login, Scope, SystemEnv, Timeouts};
use itsme_reqwest::{Client, Transport};
use itsme_testkit::{Clock, Person, SERVICE, Server};
use tokio::task::JoinSet;

fn server_and_client() -> (Server, Client) {
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let builder = reqwest::Client::builder().no_proxy();
    let transport = Transport::with_builder(builder, Timeouts::default()).expect("a client");
    let core = itsme_core::Client::new(server.op().settings()).expect("the settings are sound");
    (server, Client::with_transport(core, transport))
}

#[tokio::test]
async fn a_person_logs_in() {
    let (server, itsme) = server_and_client();
    let request = Login::new(SERVICE).scope(Scope::Email).claim(Claim::Name);
    let login = itsme.authorize(request).await.expect("an authorization URL");
    let callback = server.op().approve(&login.url, &Person::ann());
    let who = itsme.user(login.state, callback).await.expect("a person");
    assert_eq!(who.sub, server.op().sub_of(&Person::ann()));
    assert_eq!(who.name.as_deref(), Some("Ann Peeters"));
    assert_eq!(who.email.as_deref(), Some("ann.peeters@mail.example"));
    assert_eq!(
        server.op().asked(),
        ["GET /.well-known/openid-configuration", "GET /jwkSet", "POST /token", "GET /userinfo"]
    );
}

/// Also: the futures are `Send`, or they could not be spawned.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_cold_logins_share_one_fetch() {
    let (server, itsme) = server_and_client();
    let server = std::sync::Arc::new(server);
    let mut logins = JoinSet::new();
    for _ in 0..100 {
        let (server, itsme) = (server.clone(), itsme.clone());
        logins.spawn(async move {
            let login = itsme.authorize(Login::new(SERVICE)).await.expect("an authorization URL");
            let callback = server.op().approve(&login.url, &Person::daan());
            let flow = itsme.core().user(login.state, callback);
            let mut env = SystemEnv::new();
            let who = itsme.transport().run_in(flow, &mut env).await.expect("a person");
            assert_eq!(who.sub, server.op().sub_of(&Person::daan()));
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
