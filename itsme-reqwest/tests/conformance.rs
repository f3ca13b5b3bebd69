//! Tests that the transport conforms to the protocol's requirements.

use itsme_reqwest::Transport;
use itsme_testkit::conformance;

#[tokio::test]
async fn reqwest_conforms() {
    conformance::asynchronous(|timeouts| {
        let builder = reqwest::Client::builder().no_proxy();
        let transport = Transport::with_builder(builder, timeouts).expect("a client");
        move |request| {
            let transport = transport.clone();
            async move { transport.send(request).await }
        }
    })
    .await;
}
