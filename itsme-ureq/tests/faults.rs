//! Runs a login over ureq with each fault and each quirk in the testkit's lists.

use itsme_core::{Request, Response, SendFailure, Timeouts};
use itsme_testkit::{Fault, faults, quirks};
use itsme_ureq::{SendError, Transport};
use ureq::Agent;

#[path = "../../itsme-testkit/tests/bounds/mod.rs"]
mod bounds;

#[test]
fn each_fault_ends_as_documented_in_bounded_time_and_memory() {
    let before = bounds::resident();
    bounds::assert_kept(&faults::blocking(sending), &Fault::all(), before);
}

#[test]
fn each_quirk_is_lived_with_in_bounded_time_and_memory() {
    let before = bounds::resident();
    bounds::assert_kept(&quirks::blocking(sending), &quirks::all(), before);
}

fn sending(
    timeouts: Timeouts,
) -> impl FnMut(Request) -> Result<Response, (SendFailure, SendError)> {
    let agent: Agent = Agent::config_builder().proxy(None).build().into();
    let transport = Transport::with_agent(agent, timeouts);
    move |request| transport.send(request)
}
