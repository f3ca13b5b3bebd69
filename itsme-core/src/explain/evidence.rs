use super::document::{Document, Explanation};
use crate::{error::EvidenceError, evidence::Evidence};

/// Explains the tokens in an archived [`Evidence`]: the signature and the claims of each token.
///
/// # Errors
/// The text cannot be read: it is not evidence, it has changed, or its ID token was signed with the client
/// secret.
pub fn evidence(text: &str) -> Result<Vec<Explanation>, EvidenceError> {
    let tokens = Evidence::explain(text)?.into_iter();
    let explained = tokens.flat_map(|token| {
        let layers = [(Document::Signature, token.signature), (Document::Evidence, token.claims)];
        layers.map(|(document, checks)| {
            Explanation::new(document, checks).named(token.name.to_owned())
        })
    });
    Ok(explained.collect())
}
