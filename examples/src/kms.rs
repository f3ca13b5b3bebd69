//! A KMS as the key holder, async and blocking. A real KMS has its own client library, which you
//! would call in the same place.

use itsme_core::Timeouts;
use itsme_testkit::KmsClient;

/// Returns a key holder that calls the KMS via reqwest.
///
/// # Errors
/// If the HTTP client cannot be created.
pub fn key_holder(kms: KmsClient) -> Result<itsme_reqwest::KeyHolder, itsme_reqwest::SetupError> {
    let builder = reqwest::Client::builder().no_proxy();
    let transport = itsme_reqwest::Transport::with_builder(builder, Timeouts::default())?;
    Ok(itsme_reqwest::KeyHolder::new(move |operation| {
        let (kms, transport) = (kms.clone(), transport.clone());
        async move { kms.outcome(transport.send(kms.request(&operation)).await.ok()) }
    }))
}

/// Returns a key holder that calls the KMS via ureq.
pub fn blocking_key_holder(kms: KmsClient) -> itsme_ureq::KeyHolder {
    let agent = ureq::Agent::config_builder().proxy(None).build().into();
    let transport = itsme_ureq::Transport::with_agent(agent, Timeouts::default());
    itsme_ureq::KeyHolder::new(move |operation| {
        kms.outcome(transport.send(kms.request(&operation)).ok())
    })
}
