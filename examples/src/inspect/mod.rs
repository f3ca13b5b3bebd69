//! Inspects a document from a login, and explains how it would be checked.
//!
//! * `kind`: recognizes what kind of document it is;
//! * `given`: the facts that it is checked against;
//! * `tokens`, `request`, `documents`, `recording`: read and check each kind of document;
//! * `layer`: the results, as text and as JSON;
//! * `advice`: what to do about failed checks.

mod advice;
mod documents;
mod given;
mod kind;
mod layer;
pub mod recording;
mod request;
mod tokens;

pub use self::{
    given::Given,
    kind::Kind,
    layer::{Finding, Layer, Outcome, visible},
};

/// Inspects the contents of a file or an argument, and returns their layers. Returns `None` if the
/// contents are not recognized.
pub fn layers(bytes: &[u8], given: &Given) -> Option<(Kind, Vec<Layer>)> {
    let kind = Kind::of(bytes)?;
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim();
    let settings = given.settings();
    let explainer = given.explainer(&settings);
    let layers = match kind {
        Kind::EncryptedToken => tokens::encrypted("token", text, &explainer, given),
        Kind::SignedToken => tokens::signed("token", text, &explainer, given),
        Kind::TokenAnswer => tokens::answer(text, explainer, given),
        Kind::RequestObject => tokens::request_object(text, given),
        Kind::Evidence => tokens::evidence(text, given),
        Kind::Refusal => vec![documents::refusal(text, given)],
        Kind::Callback => vec![documents::callback(text, &explainer, given)],
        Kind::AuthorizationUrl => tokens::authorization(text, given),
        Kind::Metadata => documents::metadata(text, given),
        Kind::KeySet => documents::key_set(text, &explainer, given),
        Kind::PrivateKeys => vec![documents::private_keys(bytes)],
        Kind::Recording => recording::layers(text, given),
    };
    Some((kind, layers))
}
