use std::{collections::BTreeSet, sync::Arc, time::Duration};

use http::StatusCode;
use zeroize::Zeroizing;

use super::documents::Documents;
use crate::{
    explain::{CheckOutcome, CheckReport, Document, Explanation},
    flow::{
        attempt::{Attempt, SendFailure},
        drive::DriveError,
        key_operation::KeyFailure,
        tape::{Tape, TapeStep, Told, Want},
    },
    ground::time::UnixTime,
    http::endpoint::Endpoint,
    provider::Provider,
};

/// The result of running a flow again.
#[derive(Debug)]
#[non_exhaustive]
pub struct Replayed {
    /// The callback that the flow was given, with all checks made on it.
    pub callback: Option<Explanation>,
    /// What the flow did, in chronological order.
    pub steps: Vec<ReplayedStep>,
    /// Whether the flow succeeded, without its result.
    pub result: Result<(), DriveError<ReplayError>>,
    /// The outcome as text.
    pub outcome: String,
    /// The outcome of the recorded flow, as text.
    pub recorded_outcome: String,
    pub(super) is_same: bool,
}

/// Something that a flow did when it was run again.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReplayedStep {
    /// The time, according to the replay's clock.
    pub at: UnixTime,
    /// What the flow did.
    pub what: ReplayedWhat,
    /// The documents in the response, with all checks made on them: metadata, a key set and its keys, a token response
    /// and the layers of its token, or a userinfo response. Empty for an error response, or if nothing can be read.
    pub documents: Vec<Explanation>,
    /// Whether the recorded flow did exactly the same thing at this point.
    pub is_same: bool,
}

/// An action of a flow. URLs are not shown, because they can contain a session id.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplayedWhat {
    /// The flow sent a request.
    #[non_exhaustive]
    Request {
        /// `GET` or `POST`.
        method: String,
        /// The host that it was sent to.
        host: String,
        /// The endpoint and the number of the attempt.
        attempt: Attempt,
        /// The status of the response, or why there is none.
        answer: Result<StatusCode, ReplayError>,
    },
    /// The flow requested an operation with an external key.
    #[non_exhaustive]
    KeyOperation {
        /// The key's `kid`.
        kid: String,
        /// `RS256`, `RSA-OAEP` or `RSA-OAEP-256`.
        algorithm: String,
        /// Why the operation failed, if it did.
        failure: Option<KeyFailure>,
    },
    /// The flow waited.
    Wait(Duration),
}

/// Why a request in a replay has no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// It had no response when it was recorded either.
    #[error("{0}, when it was recorded")]
    Recorded(SendFailure),
    /// The recorded flow did not make this request.
    #[error("the recording has no response to it")]
    NotRecorded,
}

impl Replayed {
    /// Whether the flow made the same requests as when it was recorded, and ended in the same way.
    pub fn is_same(&self) -> bool {
        self.is_same
    }

    /// The failed check that caused the error, with its document. `None` if the flow succeeded, or failed for a
    /// different reason. Other checks may have failed earlier without consequences, such as those on an ignored key, or
    /// on a key set that was to replace a valid one.
    pub fn refusal(&self) -> Option<(&Explanation, &CheckReport)> {
        let Err(DriveError::Flow(error)) = &self.result else { return None };
        let error = error.to_string();
        // The error's text starts with the name of the token.
        let is_cause = |report: &CheckReport| {
            let CheckOutcome::Failed { error: cause } = &report.outcome else { return false };
            error.ends_with(cause)
        };
        let documents = self.documents().filter(|document| document.document != Document::Key);
        let causes = documents
            .filter_map(|document| Some((document, document.failed().find(|it| is_cause(it))?)));
        causes.last()
    }

    /// All documents that the flow received, in order.
    pub fn documents(&self) -> impl Iterator<Item = &Explanation> {
        self.callback.iter().chain(self.steps.iter().flat_map(|step| &step.documents))
    }
}

/// Pairs each request or wait with what the flow was told next.
pub(super) fn steps(
    replayed: &Tape,
    recorded: &[Want],
    unanswered: &BTreeSet<usize>,
    mut documents: Documents<'_>,
    known: &[Option<Arc<Provider>>],
) -> Vec<ReplayedStep> {
    let mut asked = 0;
    let mut steps = Vec::new();
    for (place, pair) in replayed.steps.windows(2).enumerate() {
        let [TapeStep { at, want, .. }, TapeStep { at: told_at, told, .. }] = pair else {
            continue;
        };
        let is_missing = unanswered.contains(&asked);
        asked += usize::from(!matches!(want, Want::Wait(_)));
        let what = match want {
            Want::Send { method, url, endpoint, attempt, .. } => ReplayedWhat::Request {
                method: method.clone(),
                host: host(url),
                attempt: Attempt { endpoint: *endpoint, number: *attempt },
                answer: answer(told, is_missing),
            },
            Want::UseKey { kid, algorithm } => ReplayedWhat::KeyOperation {
                kid: kid.clone(),
                algorithm: algorithm.clone(),
                failure: match told {
                    Told::KeyFailed(why) => Some(*why),
                    _ => None,
                },
            },
            Want::Wait(time) => ReplayedWhat::Wait(Duration::from_millis(*time)),
            Want::End(_) => continue,
        };
        let documents = match (want, told) {
            (Want::Send { endpoint, .. }, Told::Answer(answer)) => {
                let with_it = steps_with(*endpoint, &replayed.steps[place + 1..]);
                documents.unwrapped = unwrapped(with_it);
                documents.provider = known.get(place + with_it.len()).cloned().flatten();
                let now = with_it.last().map_or(*told_at, |step| step.at);
                documents.of(*endpoint, answer, now)
            }
            _ => Vec::new(),
        };
        let is_same = recorded.get(place) == Some(want);
        steps.push(ReplayedStep { at: *at, what, documents, is_same });
    }
    steps
}

/// The steps, starting with the first, that still process the same response: there can be several, because a token may
/// require an external key or the OP's newer keys. The first step received a response from this endpoint.
fn steps_with(endpoint: Endpoint, steps: &[TapeStep]) -> &[TapeStep] {
    let is_of_provider = |endpoint| matches!(endpoint, Endpoint::Discovery | Endpoint::KeySet);
    let goes_on = |step: &TapeStep| match &step.want {
        Want::UseKey { .. } | Want::Wait(_) => true,
        Want::Send { endpoint, .. } => is_of_provider(*endpoint),
        Want::End(_) => false,
    };
    let more = match is_of_provider(endpoint) {
        true => 0,
        false => steps.iter().take_while(|step| goes_on(step)).count(),
    };
    &steps[..(more + 1).min(steps.len())]
}

/// The result of using external keys to decrypt the encrypted key in the response that these steps process. `None` if
/// they were not asked or never responded.
fn unwrapped(steps: &[TapeStep]) -> Option<Vec<Zeroizing<Vec<u8>>>> {
    let (mut made, mut has_answered) = (Vec::new(), false);
    for pair in steps.windows(2) {
        let Want::UseKey { algorithm, .. } = &pair[0].want else { continue };
        if !algorithm.starts_with("RSA-OAEP") {
            continue;
        }
        // An unreachable key may be reachable the second time.
        has_answered = match &pair[1].told {
            Told::KeyMade(unwrapped) => {
                made.push(unwrapped.0.clone());
                true
            }
            told => matches!(told, Told::KeyFailed(KeyFailure::DoesNotUnwrap)),
        };
    }
    has_answered.then_some(made)
}

fn answer(told: &Told, is_missing: bool) -> Result<StatusCode, ReplayError> {
    match told {
        Told::Answer(answer) => {
            StatusCode::from_u16(answer.status).map_err(|_| ReplayError::NotRecorded)
        }
        Told::Failed(why) if !is_missing => Err(ReplayError::Recorded(*why)),
        _ => Err(ReplayError::NotRecorded),
    }
}

fn host(url: &str) -> String {
    let uri = url.parse::<http::Uri>().ok();
    uri.and_then(|uri| uri.authority().map(ToString::to_string)).unwrap_or_default()
}
