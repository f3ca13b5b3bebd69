//! Tests that failed logins over ureq are recorded, and end in the same way when they are
//! replayed.

use std::time::Instant;

use itsme_core::{AuthorizationRequest, Request, Response, SendFailure, Timeouts};
use itsme_testkit::{Clock, Fault, Person, SERVICE, Server, faults};
use itsme_ureq::{Client, SendError, Transport};
use recorded::{Recorded, replay, sample};
use ureq::Agent;

#[path = "../../itsme-testkit/tests/recorded/mod.rs"]
mod recorded;

fn transport(timeouts: Timeouts) -> Transport {
    Transport::with_agent(Agent::config_builder().proxy(None).build().into(), timeouts)
}

fn sending(
    timeouts: Timeouts,
) -> impl FnMut(Request) -> Result<Response, (SendFailure, SendError)> {
    let transport = transport(timeouts);
    move |request| transport.send(request)
}

#[test]
fn fifty_faults_end_as_they_did() {
    let begun = Instant::now();
    for fault in sample(Fault::all()) {
        let expected = fault.outcome().clone();
        let recorded = Recorded::default();
        let equip = |client: itsme_core::Client| client.on_failure(recorded.recorder());
        let name = fault.name().to_owned();
        faults::blocking_with(vec![fault], equip, sending);
        let [recording] = &recorded.take()[..] else { panic!("{name}: one flow fails") };
        assert_eq!(faults::Outcome::of(&replay(recording).result), expected, "{name}");
    }
    println!("{:?}", begun.elapsed());
}

#[test]
fn a_client_hands_its_failures_over() {
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let core = itsme_core::Client::new(server.settings()).expect("the settings are sound");
    let recorded = Recorded::default();
    let itsme = Client::with_transport(core, transport(Timeouts::default()));
    let itsme = itsme.on_failure(recorded.recorder());
    let login = itsme.authorize(AuthorizationRequest::login(SERVICE)).expect("a URL");
    let callback = server.approve(&login.url, &Person::ann());
    Fault::named("ID token: another issuer").expect("it is known").inject(&mut server.op());
    let error = itsme.finish_login(login.state, callback).expect_err("a refusal");
    let [recording] = &recorded.take()[..] else { panic!("one login has failed") };
    assert_eq!(replay(recording).outcome, error.to_string());
}
