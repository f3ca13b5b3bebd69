//! Tests that failed logins over reqwest are recorded, and end in the same way when they are
//! replayed.

use std::{pin::Pin, time::Instant};

use itsme_core::{AuthorizationRequest, Request, Response, SendFailure, Timeouts};
use itsme_reqwest::{Client, SendError, Transport};
use itsme_testkit::{Clock, Fault, Person, SERVICE, Server, faults};
use recorded::{Recorded, replay, sample};

#[path = "../../itsme-testkit/tests/recorded/mod.rs"]
mod recorded;

type BoxFuture = Pin<Box<dyn Future<Output = Result<Response, (SendFailure, SendError)>>>>;

fn transport(timeouts: Timeouts) -> Transport {
    let builder = reqwest::Client::builder().no_proxy();
    Transport::with_builder(builder, timeouts).expect("a client")
}

fn sending(timeouts: Timeouts) -> impl FnMut(Request) -> BoxFuture {
    let transport = transport(timeouts);
    move |request| {
        let transport = transport.clone();
        Box::pin(async move { transport.send(request).await })
    }
}

#[tokio::test]
async fn fifty_faults_end_as_they_did() {
    let begun = Instant::now();
    for fault in sample(Fault::all()) {
        let expected = fault.outcome().clone();
        let recorded = Recorded::default();
        let equip = |client: itsme_core::Client| client.on_failure(recorded.recorder());
        let name = fault.name().to_owned();
        faults::asynchronous_with(vec![fault], equip, sending).await;
        let [recording] = &recorded.take()[..] else { panic!("{name}: exactly one flow fails") };
        assert_eq!(faults::Outcome::of(&replay(recording).result), expected, "{name}");
    }
    println!("{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_client_hands_its_failures_over() {
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let core = itsme_core::Client::new(server.settings()).expect("the settings are sound");
    let recorded = Recorded::default();
    let itsme = Client::with_transport(core, transport(Timeouts::default()));
    let itsme = itsme.on_failure(recorded.recorder());
    let login = itsme.authorize(AuthorizationRequest::login(SERVICE)).await.expect("a URL");
    let callback = server.approve(&login.url, &Person::ann());
    Fault::named("ID token: another issuer")
        .expect("there is such a fault")
        .inject(&mut server.op());
    let error = itsme.finish_login(login.state, callback).await.expect_err("a refusal");
    let [recording] = &recorded.take()[..] else { panic!("exactly one login has failed") };
    assert_eq!(replay(recording).outcome, error.to_string());
}
