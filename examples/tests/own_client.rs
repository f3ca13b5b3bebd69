//! Tests of a third HTTP client: it conforms to the protocol, its code is short, and a user can log
//! in over it.

use itsme_core::{AuthorizationRequest, Client, Timeouts};
use itsme_examples::own_client::OwnClient;
use itsme_testkit::{Clock, Person, SERVICE, Server, conformance};

#[tokio::test]
async fn hyper_conforms() {
    conformance::asynchronous(|timeouts| {
        let client = OwnClient::new(timeouts);
        move |request| {
            let client = client.clone();
            async move { client.send(request, timeouts.total).await }
        }
    })
    .await;
}

#[test]
fn send_has_at_most_thirty_lines() {
    let source = include_str!("../src/own_client.rs");
    let lines = source.lines().skip_while(|line| !line.contains("pub async fn send("));
    let length = lines.take_while(|line| *line != "    }").count() + 1;
    assert!((5..=30).contains(&length), "{length} lines");
}

#[tokio::test]
async fn a_person_logs_in_over_hyper() {
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let itsme = Client::new(server.op().settings()).expect("the settings are sound");
    let http = OwnClient::new(Timeouts::default());
    let login =
        http.run(itsme.authorize(AuthorizationRequest::login(SERVICE))).await.expect("a URL");
    let callback = server.op().approve(&login.url, &Person::ioana());
    let who = http.run(itsme.finish_login(login.state, callback)).await.expect("a person");
    assert_eq!(who.user.sub, server.op().sub_of(&Person::ioana()));
}
