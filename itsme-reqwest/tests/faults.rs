//! A login over reqwest under every fault of the testkit's list.

use itsme_reqwest::Transport;
use itsme_testkit::faults;

#[path = "../../itsme-testkit/tests/bounds/mod.rs"]
mod bounds;

#[tokio::test]
async fn each_fault_ends_as_documented_in_bounded_time_and_memory() {
    let before = bounds::resident();
    let verdicts = faults::asynchronous(|timeouts| {
        let builder = reqwest::Client::builder().no_proxy();
        let transport = Transport::with_builder(builder, timeouts).expect("a client");
        move |request| {
            let transport = transport.clone();
            async move { transport.send(request).await }
        }
    })
    .await;
    bounds::assert_kept(&verdicts, before);
}
