//! Tests both adapters with a sandbox as other people might run it: over TLS, on a different
//! address, with its own issuer.

use std::net::TcpListener;

use itsme_core::{AuthorizationRequest, Client, Timeouts};
use itsme_testkit::{Clock, FakeOp, Person, SERVICE, Server, Tls};

/// Starts a server at 127.0.0.2, and returns it with the CA to trust.
fn sandbox() -> (Server, String) {
    let listener = TcpListener::bind("127.0.0.2:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (tls, ca) = Tls::generate(&["127.0.0.2"]).expect("a certificate");
    let op = FakeOp::with_issuer(format!("https://{address}/a/sandbox"), Clock::system());
    (Server::serve_tls(listener, op, tls).expect("a thread"), ca)
}

fn client(server: &Server) -> Client {
    Client::new(server.settings()).expect("the settings are sound")
}

#[tokio::test]
async fn a_person_logs_in_over_reqwest() {
    let (server, ca) = sandbox();
    let ca = reqwest::Certificate::from_pem(ca.as_bytes()).expect("a certificate");
    let builder = reqwest::Client::builder().no_proxy().tls_certs_only([ca]);
    let transport = itsme_reqwest::Transport::with_builder(builder, Timeouts::default());
    let transport = transport.expect("a transport");
    let itsme = itsme_reqwest::Client::with_transport(client(&server), transport);

    let login = itsme.authorize(AuthorizationRequest::login(SERVICE)).await.expect("a URL");
    let callback = server.approve(&login.url, &Person::ann());
    let who = itsme.finish_login(login.state, callback).await.expect("a person");
    let ann = server.op().sub_of(&Person::ann());
    assert_eq!(who.user.sub, ann);
}

#[test]
fn a_person_logs_in_over_ureq() {
    let (server, ca) = sandbox();
    let ca = ureq::tls::Certificate::from_pem(ca.as_bytes()).expect("a certificate");
    let tls = ureq::tls::TlsConfig::builder();
    let tls = tls.root_certs(ureq::tls::RootCerts::from(vec![ca])).build();
    let agent = ureq::Agent::config_builder().proxy(None).tls_config(tls).build().into();
    let transport = itsme_ureq::Transport::with_agent(agent, Timeouts::default());
    let itsme = itsme_ureq::Client::with_transport(client(&server), transport);

    let login = itsme.authorize(AuthorizationRequest::login(SERVICE)).expect("a URL");
    let callback = server.approve(&login.url, &Person::ann());
    let who = itsme.finish_login(login.state, callback).expect("a person");
    let ann = server.op().sub_of(&Person::ann());
    assert_eq!(who.user.sub, ann);
}
