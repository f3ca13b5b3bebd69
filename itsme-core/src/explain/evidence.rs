use super::document::{Document, Explanation};
use crate::{error::EvidenceError, evidence::Evidence};

/// The tokens in an archived [`Evidence`], each by its signature and its claims.
///
/// # Errors
/// It cannot be looked into: it is not evidence or was changed, or nobody but the client could have verified it.
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
