//! A login over ureq under every fault of the testkit's list.

use itsme_testkit::faults;
use itsme_ureq::Transport;
use ureq::Agent;

#[path = "../../itsme-testkit/tests/bounds/mod.rs"]
mod bounds;

#[test]
fn each_fault_ends_as_documented_in_bounded_time_and_memory() {
    let before = bounds::resident();
    let verdicts = faults::blocking(|timeouts| {
        let agent: Agent = Agent::config_builder().proxy(None).build().into();
        let transport = Transport::with_agent(agent, timeouts);
        move |request| transport.send(request)
    });
    bounds::assert_kept(&verdicts, before);
}
