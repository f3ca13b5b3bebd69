//! Runs a login over reqwest with each fault and each quirk in the testkit's lists.

use std::pin::Pin;

use itsme_core::{Request, Response, SendFailure, Timeouts};
use itsme_reqwest::{SendError, Transport};
use itsme_testkit::{Fault, faults, quirks};

type BoxFuture = Pin<Box<dyn Future<Output = Result<Response, (SendFailure, SendError)>>>>;

#[path = "../../itsme-testkit/tests/bounds/mod.rs"]
mod bounds;

#[tokio::test]
async fn each_fault_ends_as_documented_in_bounded_time_and_memory() {
    let before = bounds::resident();
    bounds::assert_kept(&faults::asynchronous(sending).await, &Fault::all(), before);
}

#[tokio::test]
async fn each_quirk_is_lived_with_in_bounded_time_and_memory() {
    let before = bounds::resident();
    bounds::assert_kept(&quirks::asynchronous(sending).await, &quirks::all(), before);
}

fn sending(timeouts: Timeouts) -> impl FnMut(Request) -> BoxFuture {
    let builder = reqwest::Client::builder().no_proxy();
    let transport = Transport::with_builder(builder, timeouts).expect("a client");
    move |request| {
        let transport = transport.clone();
        Box::pin(async move { transport.send(request).await })
    }
}
