//! A recorded flow: what it did, and every document that it processed.

use itsme_core::{
    Credentials, DriveError, Endpoint, Error, Recording, Replay, Replayed, ReplayedStep,
    ReplayedWhat, SendFailure, SystemPlatform, drive,
    explain::{Document, Explanation},
};
use serde_json::{Map, Value, json};

use super::{
    advice,
    given::Given,
    layer::{Finding, Layer, Outcome, visible},
};
use crate::options::rfc3339;

/// Opens the text of a recording, without sending anything.
///
/// # Errors
/// If it is damaged, or was sealed to other keys or to a key in an HSM.
pub fn open(text: &str, credentials: Credentials) -> Result<Replay, DriveError<SendFailure>> {
    let recording: Recording = text.parse().map_err(itsme_core::Error::from)?;
    let nothing_is_sent = |_| Err((SendFailure::NotSent, SendFailure::NotSent));
    drive(recording.open(credentials), &mut SystemPlatform::new(), nothing_is_sent, |_| ())
}

/// What is needed to open a recording of a client whose key is in an HSM.
pub const KEY_HOLDER: &str = "the key in the HSM: run `Recording::open` with your key holder";

/// All documents in it, if it can be opened with what is given.
pub fn layers(text: &str, given: &Given) -> Vec<Layer> {
    let opened = given.credentials().map(|credentials| open(text, credentials));
    let outcome = match &opened {
        Some(Ok(_)) => Outcome::Passed,
        Some(Err(DriveError::Flow(Error::NoKeyHolder { .. }))) => Outcome::NotMade(KEY_HOLDER),
        Some(Err(error)) => {
            Outcome::Failed { error: Some(error.to_string()), advice: advice::SEALED }
        }
        None => Outcome::NotMade(Given::CREDENTIALS),
    };
    let found = if outcome == Outcome::Passed { "it opens" } else { "it does not open" };
    let sealed = ("seal", "itsme-core: recordings");
    let mut first = Layer::new("recording");
    first.findings.push(Finding::new(sealed, ("sealed to the given keys", found), outcome));
    let Some(Ok(replay)) = opened else { return vec![first] };
    let replayed = replay.run();
    let mut layers = vec![first.show("flow", Some(told(&replay, &replayed)))];
    layers[0].ended_by = replayed.result.is_err().then(|| visible(&replayed.outcome));
    layers.extend(of_callback(&replayed));
    layers.extend(replayed.steps.iter().flat_map(of_step));
    layers
}

/// Which flow it is, and how it ended. Anyone with the public key can make a recording, so nothing
/// in it may control the terminal.
pub fn told(replay: &Replay, replayed: &Replayed) -> Map<String, Value> {
    let mut told = Map::new();
    told.insert("name".into(), json!(replay.flow()));
    told.insert("client_id".into(), json!(visible(replay.client_id())));
    told.insert("issuer".into(), json!(visible(replay.issuer())));
    told.insert("begun".into(), json!(rfc3339(replay.begun_at())));
    told.insert("ended".into(), json!(visible(&replayed.recorded_outcome)));
    if replay.missing_bytes() > 0 {
        told.insert("missing_bytes".into(), json!(replay.missing_bytes()));
    }
    told
}

/// The callback, if there was one.
pub fn of_callback(replayed: &Replayed) -> Option<Layer> {
    replayed.callback.as_ref().map(|callback| layer(None, callback))
}

/// The documents in the answer to a step.
pub fn of_step(step: &ReplayedStep) -> impl Iterator<Item = Layer> {
    let endpoint = match &step.what {
        ReplayedWhat::Request { attempt, .. } => Some(attempt.endpoint),
        _ => None,
    };
    step.documents.iter().map(move |document| layer(endpoint, document))
}

/// A document that came from an endpoint or with a browser. The recording contains everything that
/// it is checked against.
fn layer(endpoint: Option<Endpoint>, explanation: &Explanation) -> Layer {
    let token = match endpoint {
        Some(Endpoint::Userinfo) => "userinfo answer",
        _ => "ID token",
    };
    let name = explanation.name.as_deref().unwrap_or_default();
    let title = match explanation.document {
        Document::KeySet => "the OP's key set".to_owned(),
        Document::Key => Layer::name_of_key(name),
        Document::ServiceEndpoint => name.to_owned(),
        Document::Encryption => format!("{token}: encryption"),
        Document::Signature => format!("{token}: signature"),
        Document::IdToken | Document::Userinfo => format!("{token}: claims"),
        document => document.to_string(),
    };
    Layer::explained_but(title, explanation, |_| None)
        .advise("code", "look up the error code in docs/guide/errors.md")
        .advise(
            "exp",
            "was your clock fast? `replay --clock -5m` replays it with a clock five minutes slower",
        )
        .advise(
            "iat",
            "was your clock slow? `replay --clock +5m` replays it with a clock five minutes faster",
        )
}
