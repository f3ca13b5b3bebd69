use std::sync::Arc;

use serde_json::{Value, value::RawValue};
use zeroize::Zeroizing;

use super::{
    Recording, input::InputRef, payload::PayloadRef, settings::RecordedSettings, surroundings,
};
use crate::{
    client_auth::inner::ClientInner,
    error::Error,
    flow::tape::{End, Fill, Observer, Tape},
    jose::{self, KeySet, SealTo},
    provider::{Provider, cache::Snapshot},
    settings::credentials::Credentials,
};

/// Receives recordings, and decides which flows are recorded.
#[derive(Clone)]
pub(crate) struct Recorder {
    record: Arc<dyn Fn(Recording) + Send + Sync>,
    /// Also record flows that succeed or are cancelled.
    of_all: bool,
}

impl Recorder {
    pub(crate) fn new(record: impl Fn(Recording) + Send + Sync + 'static, of_all: bool) -> Self {
        Self { record: Arc::new(record), of_all }
    }

    /// Creates an observer for one flow.
    pub(crate) fn observe(
        &self,
        client: &Arc<ClientInner>,
        input: &InputRef<'_>,
    ) -> Option<Box<dyn Observer>> {
        let input = Zeroizing::new(serde_json::to_string(input).ok()?);
        let client = Arc::clone(client);
        Some(Box::new(Observing { recorder: self.clone(), client, input, left: None }))
    }

    fn wants(&self, end: End<'_>) -> bool {
        let is_failure = !matches!(end, End::Well | End::Error(Error::Cancelled));
        is_failure || self.of_all
    }
}

struct Observing {
    recorder: Recorder,
    client: Arc<ClientInner>,
    /// As JSON.
    input: Zeroizing<String>,
    /// The state of the cache after the last step.
    left: Option<Snapshot<Provider>>,
}

impl Observer for Observing {
    fn around(&mut self) -> Option<Value> {
        let found = self.client.provider.cache.snapshot();
        if self.left.as_ref() == Some(&found) {
            return None;
        }
        surroundings::recorded(&found)
    }

    fn stepped(&mut self) {
        self.left = Some(self.client.provider.cache.snapshot());
    }

    fn ended(&mut self, tape: Tape, end: End<'_>, fill: &mut Fill<'_>) {
        if self.recorder.wants(end)
            && let Some(jwe) = self.sealed(&tape, fill)
        {
            (self.recorder.record)(Recording::sealed(&jwe));
        }
    }
}

impl Observing {
    /// Returns `None` if no recording can be made, since that failure must not affect the flow.
    fn sealed(&self, tape: &Tape, fill: &mut Fill<'_>) -> Option<String> {
        let settings = &self.client.settings;
        let payload = PayloadRef {
            client: RecordedSettings::of(settings),
            input: serde_json::from_str::<&RawValue>(&self.input).ok()?,
            tape,
        };
        // Large enough that the text is never reallocated, which would leave a copy in memory.
        let room = 2 * tape.answers() + self.input.len() + 128 * 1024;
        let mut text = Zeroizing::new(Vec::with_capacity(room));
        serde_json::to_writer(&mut *text, &payload).ok()?;
        match settings.keyring.current() {
            Credentials::PrivateKeys(keys) => {
                // The published key, read the way the OP reads it.
                let published = KeySet::parse(keys.public_jwks().as_bytes()).ok()?;
                let to = SealTo::PublicKey(published.encryption_key()?);
                jose::seal(&text, super::NAME, &to, fill).ok()?
            }
            Credentials::ClientSecret(secret) => {
                jose::seal(&text, super::NAME, &SealTo::Direct(secret.direct()), fill).ok()?
            }
        }
    }
}
