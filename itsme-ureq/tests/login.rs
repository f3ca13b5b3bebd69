//! Logins over a real socket.

use std::thread;

use itsme_core::{Claim, Login, Scope, SystemEnv, Timeouts};
use itsme_testkit::{Clock, Person, SERVICE, Server};
use itsme_ureq::{Client, Transport};
use ureq::Agent;

fn server_and_client() -> (Server, Client) {
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let agent = Agent::config_builder().proxy(None).build().into();
    let transport = Transport::with_agent(agent, Timeouts::default());
    let core = itsme_core::Client::new(server.op().settings()).expect("the settings are sound");
    (server, Client::with_transport(core, transport))
}

#[test]
fn a_person_logs_in() {
    let (server, itsme) = server_and_client();
    let request = Login::new(SERVICE).scope(Scope::Email).claim(Claim::Name);
    let login = itsme.authorize(request).expect("an authorization URL");
    let callback = server.op().approve(&login.url, &Person::ann());
    let who = itsme.user(login.state, callback).expect("a person");
    assert_eq!(who.sub, server.op().sub_of(&Person::ann()));
    assert_eq!(who.name.as_deref(), Some("Ann Peeters"));
    assert_eq!(who.email.as_deref(), Some("ann.peeters@mail.example"));
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
                let login = itsme.authorize(Login::new(SERVICE)).expect("an authorization URL");
                let callback = server.op().approve(&login.url, &Person::daan());
                let flow = itsme.core().user(login.state, callback);
                let who = itsme.transport().run_in(flow, &mut SystemEnv::new()).expect("a person");
                assert_eq!(who.sub, server.op().sub_of(&Person::daan()));
            });
        }
    });
    let op = server.op();
    let times = |request| op.asked().iter().filter(|asked| **asked == request).count();
    assert_eq!(times("GET /.well-known/openid-configuration"), 1);
    assert_eq!(times("GET /jwkSet"), 1);
    assert_eq!(times("POST /token"), 100);
}
