//! A recorded flow: what it did, and every document that it met.

use itsme_core::{
    Credentials, Endpoint, Recording, Replay, Replayed, ReplayedStep, ReplayedWhat, SendFailure,
    SystemPlatform, drive,
    explain::{Document, Explanation},
};
use serde_json::{Map, Value, json};

use super::{
    advice,
    given::Given,
    layer::{Finding, Layer, Outcome},
};
use crate::options::rfc3339;

/// Opens the text of a recording. Nothing is sent.
///
/// # Errors
/// It is damaged, or was sealed to other keys.
pub fn open(text: &str, credentials: Credentials) -> Result<Replay, String> {
    let recording: Recording = text.parse().map_err(|error| format!("{error}"))?;
    let nothing_is_sent = |_| Err((SendFailure::NotSent, SendFailure::NotSent));
    let opened =
        drive(recording.open(credentials), &mut SystemPlatform::new(), nothing_is_sent, |_| ());
    opened.map_err(|error| error.to_string())
}

/// All that it has met, once it was opened with what is given.
pub fn layers(text: &str, given: &Given) -> Vec<Layer> {
    let opened = given.credentials().map(|credentials| open(text, credentials));
    let outcome = match &opened {
        Some(Ok(_)) => Outcome::Passed,
        Some(Err(error)) => Outcome::Failed { error: Some(error.clone()), advice: advice::SEALED },
        None => Outcome::NotMade(Given::CREDENTIALS),
    };
    let found = if outcome == Outcome::Passed { "it opens" } else { "it does not open" };
    let sealed = ("seal", "itsme-core: recordings");
    let mut first = Layer::new("recording");
    first.findings.push(Finding::new(
        sealed,
        ("sealed to the keys that are given", found),
        outcome,
    ));
    let Some(Ok(replay)) = opened else { return vec![first] };
    let replayed = replay.run();
    let mut layers = vec![first.show("flow", Some(told(&replay, &replayed)))];
    layers.extend(replayed.callback.iter().map(|callback| layer(None, callback)));
    layers.extend(replayed.steps.iter().flat_map(of_step));
    layers
}

/// Which flow it is, and how it ended.
pub fn told(replay: &Replay, replayed: &Replayed) -> Map<String, Value> {
    let mut told = Map::new();
    told.insert("name".into(), json!(replay.flow()));
    told.insert("client_id".into(), json!(replay.client_id()));
    told.insert("issuer".into(), json!(replay.issuer()));
    told.insert("begun".into(), json!(rfc3339(replay.begun_at())));
    told.insert("ended".into(), json!(replayed.recorded_outcome));
    if replay.missing_bytes() > 0 {
        told.insert("missing_bytes".into(), json!(replay.missing_bytes()));
    }
    told
}

/// The documents in the answer to a step.
pub fn of_step(step: &ReplayedStep) -> impl Iterator<Item = Layer> {
    let endpoint = match &step.what {
        ReplayedWhat::Request { attempt, .. } => Some(attempt.endpoint),
        _ => None,
    };
    step.documents.iter().map(move |document| layer(endpoint, document))
}

/// A document that came from an endpoint, or with a browser. All that it is held against is in the recording.
pub fn layer(endpoint: Option<Endpoint>, explanation: &Explanation) -> Layer {
    let token = match endpoint {
        Some(Endpoint::Userinfo) => "userinfo answer",
        _ => "ID token",
    };
    let name = explanation.name.as_deref().unwrap_or_default();
    let title = match explanation.document {
        Document::KeySet => "the OP's key set".to_owned(),
        Document::Key => format!("key {name}"),
        Document::ServiceEndpoint => name.to_owned(),
        Document::Encryption => format!("{token}: encryption"),
        Document::Signature => format!("{token}: signature"),
        Document::IdToken | Document::Userinfo => format!("{token}: claims"),
        document => document.to_string(),
    };
    Layer::explained_but(title, explanation, |_| None)
}
