//! Tests that the transport conforms to the protocol's requirements.

use itsme_testkit::conformance;
use itsme_ureq::Transport;
use ureq::Agent;

#[test]
fn ureq_conforms() {
    let agent: Agent = Agent::config_builder().proxy(None).build().into();
    conformance::blocking(|timeouts| {
        let transport = Transport::with_agent(agent, timeouts);
        move |request| transport.send(request)
    });
}
