//! Records a flow step by step. Machines and loops need no code for this: an observed flow, unlike other flows, has an
//! additional box around its machine.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Flow, KeyMade, Running, Turn,
    attempt::{Attempt, SendFailure},
    key_operation::{KeyFailure, KeyOperation},
    machine::{Context, Event},
    platform::Platform,
    recorded_answer::{Bytes, RecordedAnswer},
};
use crate::{
    error::{EntropyError, Error},
    ground::time::UnixTime,
    http::{Request, endpoint::Endpoint},
    jose,
};

/// The maximum number of response bytes on a tape, 1 MiB. The rest is cut.
const MAX_ANSWERS: usize = 1024 * 1024;

/// All steps that a flow has taken so far.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Tape {
    pub(crate) steps: Vec<TapeStep>,
    /// The number of response bytes that were cut.
    pub(crate) cut: usize,
}

/// One step of a flow: the event that was reported to it, and what it needed done next.
#[derive(Serialize, Deserialize)]
pub(crate) struct TapeStep {
    pub(crate) at: UnixTime,
    /// What had changed outside the flow since the previous step, in the observer's format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) around: Option<Value>,
    pub(crate) told: Told,
    /// The random bytes that were drawn. An entry is `None` if none were available.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) drawn: Vec<Option<Bytes>>,
    pub(crate) want: Want,
}

/// An event that is reported to a flow.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Told {
    Begin,
    Answer(RecordedAnswer),
    Failed(#[serde(with = "SendFailureName")] SendFailure),
    KeyMade(Bytes),
    KeyFailed(#[serde(with = "KeyFailureName")] KeyFailure),
}

/// What a flow needs done next.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Want {
    Send {
        method: String,
        url: String,
        #[serde(with = "EndpointName")]
        endpoint: Endpoint,
        attempt: u32,
        /// The digest of the whole request, except for the parts that OpenSSL randomizes itself.
        digest: String,
    },
    /// The time to wait, in milliseconds.
    Wait(u64),
    UseKey {
        kid: String,
        algorithm: String,
    },
    /// Nothing: the flow has ended. The text describes how.
    End(String),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "SendFailure", rename_all = "snake_case")]
enum SendFailureName {
    NotSent,
    Lost,
    TimedOut,
    TooLarge,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "KeyFailure", rename_all = "snake_case")]
enum KeyFailureName {
    DoesNotUnwrap,
    Unavailable,
    Refused,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Endpoint", rename_all = "snake_case")]
enum EndpointName {
    Backchannel,
    Discovery,
    KeySet,
    Picture,
    Revocation,
    Token,
    UserDiscovery,
    Userinfo,
}

/// Observes a flow and receives its recording.
pub(crate) trait Observer: Send {
    /// Called before a step. Returns what has changed outside the flow since the last step.
    fn around(&mut self) -> Option<Value>;

    /// Called after a step.
    fn stepped(&mut self);

    /// Called after the last step. `fill` supplies random bytes.
    fn ended(&mut self, tape: Tape, end: End<'_>, fill: &mut Fill<'_>);
}

/// Fills a buffer with random bytes.
pub(crate) type Fill<'a> = dyn FnMut(&mut [u8]) -> Result<(), EntropyError> + 'a;

/// How a flow ended.
#[derive(Clone, Copy)]
pub(crate) enum End<'a> {
    Well,
    Error(&'a Error),
    /// The flow ended with the error of the HTTP client or the key holder.
    GaveUp,
}

impl<T: 'static> Flow<T> {
    /// Records the flow for the observer, if there is one.
    pub(crate) fn observed(self, observer: Option<Box<dyn Observer>>) -> Self {
        let Some(observer) = observer else { return self };
        let Self { name, running } = self;
        Self { name, running: Box::new(Observed { running, observer, tape: Tape::default() }) }
    }
}

/// A boxed machine that is being observed.
struct Observed<T> {
    running: Box<dyn Running<T> + Send>,
    observer: Box<dyn Observer>,
    tape: Tape,
}

impl<T> Running<T> for Observed<T> {
    fn step(&mut self, event: Event, cx: &mut Context<'_>) -> Result<Turn<T>, Error> {
        let told = match &event {
            Event::Begin | Event::KeyUsed(_) => Told::Begin,
            Event::Response(response) => {
                let left = MAX_ANSWERS.saturating_sub(self.tape.answers());
                let answer = RecordedAnswer::of(response, left);
                self.tape.cut += answer.cut;
                Told::Answer(answer)
            }
            Event::Failed(why) => Told::Failed(*why),
        };
        self.turn(told, cx, |running, cx| running.step(event, cx))
    }

    fn key_used(&mut self, made: KeyMade, cx: &mut Context<'_>) -> Result<Turn<T>, Error> {
        let told = match &made {
            Ok(made) => Told::KeyMade(Bytes(made.clone())),
            Err(why) => Told::KeyFailed(*why),
        };
        self.turn(told, cx, |running, cx| running.key_used(made, cx))
    }
}

impl<T> Observed<T> {
    fn turn(
        &mut self,
        told: Told,
        cx: &mut Context<'_>,
        take: impl FnOnce(&mut dyn Running<T>, &mut Context<'_>) -> Result<Turn<T>, Error>,
    ) -> Result<Turn<T>, Error> {
        let (at, around) = (cx.now, self.observer.around());
        let mut listening = Listening { platform: &mut *cx.platform, drawn: Vec::new() };
        let turn = take(&mut *self.running, &mut Context { now: at, platform: &mut listening });
        let drawn = listening.drawn;
        self.observer.stepped();
        let want = match &turn {
            Ok(Turn::Send(request, attempt)) => Want::send(request, *attempt),
            Ok(Turn::Wait(time)) => Want::Wait(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
            Ok(Turn::UseKey(operation)) => Want::use_key(operation),
            Ok(Turn::Done(_)) => Want::End(WELL.to_owned()),
            Ok(Turn::GiveUp) => Want::End(self.tape.why_given_up(&told)),
            Err(error) => Want::End(error.to_string()),
        };
        let end = match &turn {
            Ok(Turn::Done(_)) => Some(End::Well),
            Ok(Turn::GiveUp) => Some(End::GaveUp),
            Err(error) => Some(End::Error(error)),
            _ => None,
        };
        self.tape.steps.push(TapeStep { at, around, told, drawn, want });
        if let Some(end) = end {
            let tape = std::mem::take(&mut self.tape);
            self.observer.ended(tape, end, &mut |buf| cx.platform.fill(buf));
        }
        turn
    }
}

/// The description of a successful outcome.
const WELL: &str = "it succeeded";

impl Tape {
    /// The number of response bytes on the tape.
    pub(crate) fn answers(&self) -> usize {
        let answers = self.steps.iter().map(|step| match &step.told {
            Told::Answer(answer) => answer.len(),
            _ => 0,
        });
        answers.sum()
    }

    /// Describes a failure in the same words as the driving loop's error.
    fn why_given_up(&self, told: &Told) -> String {
        let asked = self.steps.last().map(|step| &step.want);
        match (asked, told) {
            (Some(Want::Send { endpoint, attempt, .. }), Told::Failed(failure)) => {
                format!("no response from the {endpoint} (attempt {attempt}): {failure}")
            }
            (Some(Want::UseKey { kid, algorithm }), Told::KeyFailed(failure)) => {
                format!("{algorithm} with the key `{kid}` failed: {failure}")
            }
            _ => "given up".to_owned(),
        }
    }

    /// Describes how the flow ended.
    pub(crate) fn end(&self) -> Option<&str> {
        match &self.steps.last()?.want {
            Want::End(end) => Some(end),
            _ => None,
        }
    }
}

impl Want {
    fn send(request: &Request, attempt: Attempt) -> Self {
        Self::Send {
            method: request.method().to_string(),
            url: request.uri().to_string(),
            endpoint: attempt.endpoint,
            attempt: attempt.number,
            digest: digest(request),
        }
    }

    fn use_key(operation: &KeyOperation) -> Self {
        let (kid, algorithm) = (operation.kid().to_owned(), operation.algorithm().to_owned());
        Self::UseKey { kid, algorithm }
    }
}

/// The digest of a request. It leaves out the encrypted keys of JWEs, because OpenSSL randomizes these itself.
fn digest(request: &Request) -> String {
    let mut parts = vec![request.method().as_str().as_bytes()];
    let uri = request.uri().to_string();
    parts.push(uri.as_bytes());
    for (name, value) in request.headers() {
        parts.extend([name.as_str().as_bytes(), value.as_bytes()]);
    }
    for parameter in request.body().split(|byte| *byte == b'&') {
        let is_jwe = parameter.iter().filter(|byte| **byte == b'.').count() == 4;
        for (at, part) in parameter.split(|byte| *byte == b'.').enumerate() {
            if !(is_jwe && at == 1) {
                parts.push(part);
            }
        }
    }
    jose::base64url(jose::sha256(&parts))
}

/// A platform that records what is drawn from it.
struct Listening<'a> {
    platform: &'a mut dyn Platform,
    drawn: Vec<Option<Bytes>>,
}

impl Platform for Listening<'_> {
    fn now(&self) -> UnixTime {
        self.platform.now()
    }

    fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
        let filled = self.platform.fill(buf);
        self.drawn.push(filled.is_ok().then(|| Bytes::of(buf)));
        filled
    }
}
