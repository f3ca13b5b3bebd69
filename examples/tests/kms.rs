//! Runs every flow with keys held in a fake KMS, with both protocol versions and over both
//! adapters.

mod flows;

use itsme_examples::kms::{blocking_key_holder, key_holder};
use itsme_testkit::{FakeKms, KmsServer, Reaction};

fn everywhere(kms: &KmsServer) {
    let (keys, client) = {
        let kms = kms.kms();
        (kms.keys(), kms.client())
    };
    let holder = key_holder(client.clone()).expect("an HTTP client");
    flows::run_everywhere(&keys, &holder, &blocking_key_holder(client));
}

#[test]
fn every_flow_works() {
    let kms = KmsServer::start().expect("loopback has a free port");
    everywhere(&kms);
    let kms = kms.kms();
    let times =
        |algorithm: &str| kms.calls().iter().filter(|call| call.algorithm == algorithm).count();
    assert!(times("RS256") > 40 && times("RSA-OAEP-256") > 20, "the KMS performed the operations");
}

/// The KMS responds to every third call with 429. `itsme-core` retries these calls, so every flow
/// succeeds.
#[test]
fn every_flow_gets_over_throttling() {
    let kms = KmsServer::start().expect("loopback has a free port");
    let mut asked = 0_u32;
    kms.kms().react_when(move |_| {
        asked += 1;
        asked.is_multiple_of(3).then(|| Reaction::Reply(FakeKms::error(429, "Throttled")))
    });
    everywhere(&kms);
}
