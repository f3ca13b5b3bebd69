//! A recorded flow: its steps, and every document that it processed.

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

/// Opens a recording without sending anything.
///
/// # Errors
/// If the recording is damaged, or was sealed to different keys or to a key in an HSM.
pub fn open(text: &str, credentials: Credentials) -> Result<Replay, DriveError<SendFailure>> {
    let recording: Recording = text.parse().map_err(itsme_core::Error::from)?;
    let nothing_is_sent = |_| Err((SendFailure::NotSent, SendFailure::NotSent));
    drive(recording.open(credentials), &mut SystemPlatform::new(), nothing_is_sent, |_| ())
}

/// What is needed to open a recording if the client's key is in an HSM.
pub const KEY_HOLDER: &str = "the key in the HSM: run `Recording::open` with your key holder";

/// Returns a layer for each document in the recording, if the given credentials can open it.
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
    let found = if outcome == Outcome::Passed { "it can be opened" } else { "it cannot be opened" };
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

/// Describes which flow was recorded, and how it ended. Anyone with the public key can make a
/// recording, so its contents must not be able to control the terminal.
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

/// Returns a layer for the callback, if there was one.
pub fn of_callback(replayed: &Replayed) -> Option<Layer> {
    replayed.callback.as_ref().map(|callback| layer(None, callback))
}

/// Returns a layer for each document in the response to a step.
pub fn of_step(step: &ReplayedStep) -> impl Iterator<Item = Layer> {
    let endpoint = match &step.what {
        ReplayedWhat::Request { attempt, .. } => Some(attempt.endpoint),
        _ => None,
    };
    step.documents.iter().map(move |document| layer(endpoint, document))
}

/// Creates the layer for a document from an endpoint or from the browser. The recording contains
/// all facts that the document is checked against, so no option is missing.
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
            "check whether your clock was fast: `replay --clock -5m` replays the login with the clock set back by \
                five minutes",
        )
        .advise(
            "iat",
            "check whether your clock was slow: `replay --clock +5m` replays the login with the clock set forward by \
                five minutes",
        )
}
