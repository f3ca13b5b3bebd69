use std::mem;

use super::{
    document::{Document, Explanation},
    explainer::Explainer,
};
use crate::{
    error::Error,
    ground::{
        check::{CheckOutcome, CheckReport, Subject},
        json::{self, JsonError, without_nulls},
    },
    http::endpoint::Endpoint,
    jose::KeySet,
    provider::{
        metadata_checks::{MetadataMembers, ServiceEndpoint},
        published_keys::{EncryptionKey, SigningKeys},
    },
    settings::{credentials::Credentials, protection::JwtProtection},
};

/// The text is not a JSON object, or has the same member twice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it must be a JSON object without repeated members: {0}")]
pub struct NotJson(&'static str);

impl From<JsonError> for NotJson {
    fn from(error: JsonError) -> Self {
        Self(error.as_str())
    }
}

const SERVICE_ENDPOINTS: [&str; 3] = [
    "revocation_endpoint",
    "backchannel_authentication_endpoint",
    "user_discovery_sessions_endpoint",
];

impl Explainer<'_> {
    /// Explains a discovery document and each endpoint in it that only some services need.
    ///
    /// # Errors
    /// The text is not a JSON object, or has the same member twice.
    pub fn metadata(&self, text: &[u8]) -> Result<Vec<Explanation>, NotJson> {
        let members = without_nulls(json::object(text)?);
        let needed = MetadataMembers::read(&members, &self.rules).explain();
        let of_services = SERVICE_ENDPOINTS.into_iter().filter_map(|member| {
            let url = Some(members.get(member)?.as_str().unwrap_or_default());
            let checks = ServiceEndpoint { member, url, rules: &self.rules }.explain();
            Some(Explanation::new(Document::ServiceEndpoint, checks).named(member.to_owned()))
        });
        let needed = Explanation::new(Document::Metadata, needed);
        Ok([needed].into_iter().chain(of_services).collect())
    }

    /// Explains the OP's JWK set and each key in it.
    pub fn key_set(&self, text: &[u8]) -> Vec<Explanation> {
        let explained = KeySet::explain(text);
        let mut set = explained.set;
        for report in &mut set {
            if let CheckOutcome::Failed { error } = &mut report.outcome {
                *error = Error::malformed(Endpoint::KeySet, mem::take(error)).to_string();
            }
        }
        let is_set = !set.iter().any(CheckReport::is_failed);
        set.extend(match is_set {
            true => SigningKeys(&explained.usable).explain(),
            false => SigningKeys::explain_absence(),
        });
        set.extend(match is_set && self.encrypts() {
            true => EncryptionKey::of(&explained.usable).explain(),
            false => EncryptionKey::explain_absence(),
        });
        let keys = explained.keys.into_iter();
        let keys = keys.map(|(name, checks)| Explanation::new(Document::Key, checks).named(name));
        [Explanation::new(Document::KeySet, set)].into_iter().chain(keys).collect()
    }

    /// Whether every login sends the OP something encrypted.
    fn encrypts(&self) -> bool {
        let by_keys = matches!(self.settings.keyring.current(), Credentials::PrivateKeys(_));
        by_keys && self.settings.client_assertion == JwtProtection::Nested
    }
}
