use std::{
    cell::RefCell,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;
use zeroize::Zeroizing;

use super::{
    cursor::{Cursor, RecordedPlatform},
    documents::{Asked, Documents},
    input::Input,
    payload::Payload,
    replayed::{ReplayError, Replayed, steps},
};
use crate::{
    authorization::callback::Callback,
    client::Client,
    error::{Error, RecordingError},
    flow::{
        Flow,
        drive::{DriveError, drive_with_keys},
        tape::{End, Fill, Observer, Tape, Told, Want},
    },
    ground::{
        opaque::opaque,
        time::{ClockShift, UnixTime},
    },
    http::endpoint::Endpoint,
    provider::{Provider, ProviderSource},
    settings::{Settings, credentials::Credentials},
};

/// An opened recording: a flow that can be run again any number of times, instantly and without a network.
///
/// With the recorded clock and randomness, the flow performs every check again exactly as before. Nobody is logged in.
/// `Debug` shows none of the content.
///
/// ```
/// use std::time::Duration;
/// use itsme_core::{Replay, ReplayedWhat};
///
/// # fn example(replay: Replay) {
/// // Find out whether the clock was fast.
/// let replayed = replay.clock_behind(Duration::from_secs(600)).run();
/// for step in &replayed.steps {
///     if let ReplayedWhat::Request { method, attempt, answer, .. } = &step.what {
///         println!("{:?}: {method} to the {}: {answer:?}", step.at, attempt.endpoint);
///     }
/// }
/// println!("now: {}", replayed.outcome);
/// println!("then: {}", replayed.recorded_outcome);
/// # }
/// ```
pub struct Replay {
    /// As JSON.
    text: Zeroizing<String>,
    recorded: Payload,
    credentials: Credentials,
    shift: ClockShift,
}

fn read(text: &str) -> Result<Payload, RecordingError> {
    serde_json::from_str(text).map_err(|_| RecordingError::Malformed)
}

impl Replay {
    pub(crate) fn new(text: Zeroizing<String>, credentials: Credentials) -> Result<Self, Error> {
        let recorded = read(&text)?;
        if recorded.tape.end().is_none() {
            return Err(RecordingError::Malformed.into());
        }
        Ok(Self { text, recorded, credentials, shift: ClockShift::default() })
    }

    /// The flow's name: the method of [`Client`] that created it.
    pub fn flow(&self) -> &'static str {
        self.recorded.input.flow()
    }

    /// The time when the flow was started, according to the client's clock.
    pub fn begun_at(&self) -> UnixTime {
        self.recorded.tape.steps.first().map_or(UnixTime::from_secs(0), |step| step.at)
    }

    /// The client id of the client that ran the flow.
    pub fn client_id(&self) -> &str {
        &self.recorded.client.client_id
    }

    /// The issuer in the client's settings.
    pub fn issuer(&self) -> &str {
        self.recorded.client.environment.issuer()
    }

    /// The number of response bytes that are missing from the recording. If it is not zero, the replay may end
    /// differently.
    pub fn missing_bytes(&self) -> usize {
        self.recorded.tape.cut
    }

    /// Assumes that the client's clock was ahead by this much. Also shifts the stored times: the start of a login, the
    /// deadline of a ticket, and the age of the OP's keys.
    #[must_use]
    pub fn clock_ahead(self, ahead: Duration) -> Self {
        Self { shift: ClockShift { ahead, ..ClockShift::default() }, ..self }
    }

    /// Assumes that the client's clock was behind by this much; see [`clock_ahead`](Self::clock_ahead).
    #[must_use]
    pub fn clock_behind(self, behind: Duration) -> Self {
        Self { shift: ClockShift { behind, ..ClockShift::default() }, ..self }
    }

    /// Assumes that the client had these keys or this secret. By default, it has those with which the recording was
    /// opened.
    #[must_use]
    pub fn credentials(self, credentials: impl Into<Credentials>) -> Self {
        Self { credentials: credentials.into(), ..self }
    }

    /// Runs the flow again.
    pub fn run(&self) -> Replayed {
        match self.flow_again() {
            Ok(replayed) => replayed,
            Err(error) => Replayed {
                callback: None,
                steps: Vec::new(),
                outcome: error.to_string(),
                recorded_outcome: self.recorded_outcome(),
                is_same: false,
                result: Err(error.into()),
            },
        }
    }

    fn recorded_outcome(&self) -> String {
        self.recorded.tape.end().unwrap_or_default().to_owned()
    }

    /// Reads the input again, because each run consumes it.
    fn input(&self) -> Option<Input> {
        read(&self.text).ok().map(|payload| payload.input.shifted(self.shift))
    }

    /// Recreates the flow by calling the same method on a new client that is in the same state as the recorded one.
    fn flow_again(&self) -> Result<Replayed, Error> {
        let Payload { client, input, tape } = read(&self.text)?;
        let settings = client.with(&self.credentials);
        let client = Client::new(settings.clone())?;
        let malformed = || Error::from(RecordingError::Malformed);
        Ok(match input.shifted(self.shift) {
            Input::Authorize(request) => {
                let request = request.request().ok_or_else(malformed)?;
                self.driven((&settings, &client), tape, client.authorize(request))
            }
            Input::RequestObject { request, request_uri, lifetime } => {
                let request = request.request().ok_or_else(malformed)?;
                self.driven(
                    (&settings, &client),
                    tape,
                    client.request_object(request, request_uri, lifetime),
                )
            }
            Input::FinishLogin { login, callback } => self.driven(
                (&settings, &client),
                tape,
                client.finish_login(login, Callback(callback)),
            ),
            Input::NextQrStep(stage) => {
                let login = stage.login().ok_or_else(malformed)?;
                self.driven((&settings, &client), tape, client.next_qr_step(login))
            }
            Input::DiscoverUser => self.driven((&settings, &client), tape, client.discover_user()),
            Input::PollUserDiscovery(ticket) => {
                self.driven((&settings, &client), tape, client.poll_user_discovery(ticket))
            }
            Input::StartBackchannel(request) => {
                let request = request.request().ok_or_else(malformed)?;
                self.driven((&settings, &client), tape, client.start_backchannel(request))
            }
            Input::PollBackchannel(ticket) => {
                self.driven((&settings, &client), tape, client.poll_backchannel(ticket))
            }
        })
    }

    /// Drives the flow using only the tape, and drops the flow's result.
    fn driven<T: 'static>(
        &self,
        (settings, client): (&Settings, &Client),
        tape: Tape,
        flow: Flow<T>,
    ) -> Replayed {
        let recorded: Vec<Want> = tape.steps.iter().map(|step| step.want.clone()).collect();
        let cursor = RefCell::new(Cursor::new(tape, self.shift, client.source()));
        let kept = Arc::new(Mutex::new(Kept::default()));
        let flow = flow
            .observed(Some(Box::new(Keeping { kept: Arc::clone(&kept), source: client.source() })));
        let result = drive_with_keys(
            flow,
            &mut RecordedPlatform(&cursor),
            |request| cursor.borrow_mut().send(&request),
            |time| cursor.borrow_mut().sleep(time),
            |operation| cursor.borrow_mut().use_key(&operation),
        );
        let result: Result<(), DriveError<ReplayError>> = result.map(drop);
        let unanswered = cursor.into_inner().unanswered();
        let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let replayed = &kept.tape;
        let wanted = replayed.steps.iter().map(|step| &step.want);
        let outcome = match &result {
            Err(DriveError::Transport { source: ReplayError::NotRecorded, .. }) => {
                result.as_ref().map_err(with_source).err()
            }
            _ => replayed.end().map(str::to_owned),
        };
        let asked = self.input().and_then(Asked::by);
        let known = kept.known();
        let provider = known.first().cloned().flatten();
        let documents = Documents::new(settings, provider, asked.as_ref());
        let begun = replayed.steps.first().map_or(UnixTime::from_secs(0), |step| step.at);
        Replayed {
            callback: documents.callback(begun),
            steps: steps(replayed, &recorded, &unanswered, documents, &known),
            outcome: outcome.unwrap_or_default(),
            recorded_outcome: self.recorded_outcome(),
            is_same: wanted.eq(&recorded),
            result,
        }
    }
}

fn with_source(error: &DriveError<ReplayError>) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}

/// What is kept from a replay: its tape, and the content of the client's cache after each step.
#[derive(Default)]
struct Kept {
    tape: Tape,
    cached: Vec<Option<Arc<Provider>>>,
}

impl Kept {
    /// What the flow knew about the OP after each step. Other flows may have changed the cache, but this flow reads it
    /// only when it starts, when it waits for others, and when it has fetched keys.
    fn known(&self) -> Vec<Option<Arc<Provider>>> {
        let mut known = None;
        let mut looks = true;
        let steps = self.tape.steps.iter().zip(&self.cached);
        let after_each = steps.map(|(step, cached)| {
            if looks {
                known.clone_from(cached);
            }
            looks = match &step.want {
                Want::Send { endpoint, .. } => *endpoint == Endpoint::KeySet,
                Want::Wait(_) => !matches!(step.told, Told::KeyFailed(_)),
                Want::UseKey { .. } | Want::End(_) => false,
            };
            known.clone()
        });
        after_each.collect()
    }
}

struct Keeping {
    kept: Arc<Mutex<Kept>>,
    source: Arc<ProviderSource>,
}

impl Keeping {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Keeping {
    fn around(&mut self) -> Option<Value> {
        None
    }

    fn stepped(&mut self) {
        self.kept().cached.push(self.source.cache.peek());
    }

    fn ended(&mut self, tape: Tape, _: End<'_>, _: &mut Fill<'_>) {
        self.kept().tape = tape;
    }
}

opaque!(Replay);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{key_operation::KeyFailure, tape::TapeStep};

    /// A wait before a key operation is retried is not a wait for another flow, so it is not followed by a look at the
    /// cache.
    #[test]
    fn what_is_known_changes_only_after_a_wait_for_another_flow() {
        let stored = include_str!("../../tests/stored/format_2/provider.json");
        let cached = [(); 3].map(|()| serde_json::from_str(stored).ok().map(Arc::new));
        let [first, second, third] = &cached;
        for (told, last) in
            [(Told::KeyFailed(KeyFailure::Unavailable), first), (Told::Begin, third)]
        {
            let step = |told, want| {
                let at = UnixTime::from_secs(0);
                TapeStep { at, around: None, told, drawn: Vec::new(), want }
            };
            let key = Want::UseKey { kid: String::new(), algorithm: String::new() };
            let steps = vec![
                step(Told::Begin, key.clone()),
                step(told, Want::Wait(500)),
                step(Told::Begin, key),
            ];
            let kept = Kept { tape: Tape { steps, cut: 0 }, cached: cached.to_vec() };
            let known = kept.known();
            let is = |place: usize, provider: &Option<Arc<Provider>>| {
                Arc::ptr_eq(known[place].as_ref().expect("one"), provider.as_ref().expect("one"))
            };
            assert!(is(0, first) && is(1, first) && is(2, last) && !is(1, second));
        }
    }
}
