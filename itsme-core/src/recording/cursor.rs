use std::{
    cell::RefCell,
    collections::{BTreeSet, VecDeque},
    error::Error as StdError,
    sync::Arc,
    time::Duration,
};

use super::{replayed::ReplayError, surroundings};
use crate::{
    error::EntropyError,
    flow::{
        attempt::{Attempt, SendFailure},
        drive::KeyResult,
        key_operation::{KeyFailure, KeyOperation},
        platform::Platform,
        recorded_answer::Bytes,
        tape::{Tape, TapeStep, Told, Want},
    },
    ground::time::{ClockShift, UnixTime},
    http::{Request, Response},
    provider::ProviderSource,
};

/// The position of a replay on the tape: what the flow is told next, and when.
///
/// As long as the flow does the same thing as when it was recorded, its steps are taken in order. If it does something
/// different, because of a shifted clock or different keys, a request gets the first unused response from its endpoint.
pub(super) struct Cursor {
    steps: Vec<TapeStep>,
    taken: BTreeSet<usize>,
    at: usize,
    now: UnixTime,
    drawn: VecDeque<Option<Bytes>>,
    asked: usize,
    /// The requests and key operations for which the tape has no result.
    unanswered: BTreeSet<usize>,
    shift: ClockShift,
    source: Arc<ProviderSource>,
}

impl Cursor {
    /// At the beginning of the tape, for a client that has not done anything yet.
    pub(super) fn new(tape: Tape, shift: ClockShift, source: Arc<ProviderSource>) -> Self {
        let mut cursor = Self {
            steps: tape.steps,
            taken: BTreeSet::new(),
            at: 0,
            now: UnixTime::from_secs(0),
            drawn: VecDeque::new(),
            asked: 0,
            unanswered: BTreeSet::new(),
            shift,
            source,
        };
        cursor.enter(0);
        cursor
    }

    pub(super) fn unanswered(self) -> BTreeSet<usize> {
        self.unanswered
    }

    /// Takes a step from the tape.
    fn enter(&mut self, step: usize) {
        let Some(TapeStep { at, around, drawn, .. }) = self.steps.get_mut(step) else { return };
        self.now = self.shift.of(*at);
        self.drawn = std::mem::take(drawn).into();
        if let Some(around) = around.take() {
            surroundings::restore(around, self.shift, &self.source);
        }
        self.at = step;
        self.taken.insert(step);
    }

    /// What the flow was told after asking for something like this, if there is an unused step for it.
    fn told(&mut self, wanted: impl Fn(&Want) -> bool) -> Option<&Told> {
        let mut steps = 1..self.steps.len();
        let found =
            steps.find(|step| !self.taken.contains(step) && wanted(&self.steps[step - 1].want));
        if found.is_none() {
            self.unanswered.insert(self.asked);
        }
        self.asked += 1;
        self.enter(found?);
        Some(&self.steps[found?].told)
    }

    pub(super) fn send(
        &mut self,
        request: &Request,
    ) -> Result<Response, (SendFailure, ReplayError)> {
        let asked = request.extensions().get().map(|attempt: &Attempt| attempt.endpoint);
        let told = self
            .told(|want| matches!(want, Want::Send { endpoint, .. } if Some(*endpoint) == asked));
        let answer = match told {
            Some(Told::Answer(answer)) => answer.response(),
            Some(Told::Failed(why)) => return Err((*why, ReplayError::Recorded(*why))),
            _ => None,
        };
        // This failure causes neither a retry nor a further poll.
        answer.ok_or((SendFailure::TooLarge, ReplayError::NotRecorded))
    }

    pub(super) fn use_key(&mut self, operation: &KeyOperation) -> KeyResult {
        let told = self.told(|want| {
            matches!(want, Want::UseKey { kid, algorithm }
                if kid == operation.kid() && algorithm == operation.algorithm())
        });
        let failed = |why, error: Box<dyn StdError + Send + Sync>| Err((why, error));
        match told {
            Some(Told::KeyMade(made)) => Ok(made.0.clone()),
            Some(Told::KeyFailed(why)) => failed(*why, Box::new(*why)),
            _ => failed(KeyFailure::Refused, Box::new(ReplayError::NotRecorded)),
        }
    }

    pub(super) fn sleep(&mut self, time: Duration) {
        match self.steps.get(self.at).map(|step| &step.want) {
            // There is a next step, because the last one is an end (see `Replay::new`).
            Some(Want::Wait(_)) => self.enter(self.at + 1),
            _ => self.now = self.now.after(time),
        }
    }

    fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
        match self.drawn.pop_front() {
            Some(None) => return Err(EntropyError),
            Some(Some(Bytes(drawn))) if drawn.len() == buf.len() => buf.copy_from_slice(&drawn),
            // The replay differs from the recording, and sends nothing, so it does not matter which bytes it gets.
            _ => buf.fill(0),
        }
        Ok(())
    }
}

/// The clock and randomness of a recording.
pub(super) struct RecordedPlatform<'a>(pub(super) &'a RefCell<Cursor>);

impl Platform for RecordedPlatform<'_> {
    fn now(&self) -> UnixTime {
        self.0.borrow().now
    }

    fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
        self.0.borrow_mut().fill(buf)
    }
}
