//! What is known of the OP, and how it is kept fresh.
//!
//! ```text
//! metadata.rs  the discovery document      metadata_checks.rs  what it is held against
//! endpoint_rules.rs  where its endpoints may be
//! published_keys.rs  what the OP's keys together must be good for
//! fetch.rs     the flow that fetches metadata and keys
//! cache.rs     one fetch at a time         freshness.rs  how long answers serve
//! unknown_kid.rs  when a token has the keys fetched anew
//! ```

pub(crate) mod cache;
pub(crate) mod endpoint_rules;
pub(crate) mod fetch;
pub(crate) mod freshness;
pub(crate) mod metadata;
pub(crate) mod metadata_checks;
pub(crate) mod published_keys;
mod unknown_kid;

use serde::{Deserialize, Serialize};

use self::{
    cache::Cache, endpoint_rules::EndpointRules, freshness::Freshness, metadata::Metadata,
    published_keys::SigningKeys,
};
use crate::{
    error::Error,
    ground::{check::Subject, time::UnixTime, version::Version},
    http::{Response, endpoint::Endpoint, response},
    jose::KeySet,
};

/// Where metadata and keys come from, and what is known of them: shared by the clients of one
/// environment.
pub(crate) struct ProviderSource {
    pub(crate) rules: EndpointRules,
    pub(crate) cache: Cache<Provider>,
}

/// What the client knows of the OP: its metadata and its keys, with their times.
///
/// [`Client::provider`](crate::Client::provider) gives it out and
/// [`Client::import_provider`](crate::Client::import_provider) takes it in, so that a process that
/// lives for one request, or a fleet, need not fetch for each login. It is serde, versioned, and
/// holds nothing secret; whoever can change it decides whose signatures are believed, so keep it
/// where you keep configuration.
#[derive(Clone, Serialize, Deserialize)]
pub struct Provider {
    v: Version<2>,
    pub(crate) metadata: Metadata,
    pub(crate) metadata_freshness: Freshness,
    pub(crate) keys: KeySet,
    pub(crate) keys_freshness: Freshness,
}

/// Reads the OP's keys, and how long they are fresh.
pub(crate) fn read_keys(response: Response, now: UnixTime) -> Result<(KeySet, Freshness), Error> {
    let endpoint = Endpoint::KeySet;
    let freshness = Freshness::of(response.headers(), now);
    let keys = KeySet::parse(&response::body(endpoint, response)?);
    let keys = keys.map_err(|error| Error::malformed(endpoint, error.to_string()))?;
    SigningKeys(&keys).verify()?;
    Ok((keys, freshness))
}

impl Provider {
    pub(crate) fn new(
        (metadata, metadata_freshness): (Metadata, Freshness),
        (keys, keys_freshness): (KeySet, Freshness),
    ) -> Self {
        Self { v: Version, metadata, metadata_freshness, keys, keys_freshness }
    }

    /// Who the OP is.
    pub fn issuer(&self) -> &str {
        &self.metadata.issuer
    }

    /// Which keys of the OP's key set are of no use here, each with its reason: an algorithm that is not agreed, a form that
    /// cannot be read. Most sets have some. Not known of a provider that was stored.
    pub fn passed_over_keys(&self) -> &[String] {
        self.keys.passed_over()
    }

    /// When the OP's keys were fetched: how old they are is worth a metric. An hour is usual; more than a day means that
    /// they cannot be fetched.
    pub fn keys_fetched_at(&self) -> UnixTime {
        self.keys_freshness.at()
    }

    pub(crate) fn is_newer_than(&self, other: &Self) -> bool {
        self.keys_freshness.at() > other.keys_freshness.at()
    }

    /// Nothing needs fetching.
    pub(crate) fn is_fresh(&self, now: UnixTime) -> bool {
        self.metadata_freshness.is_fresh(now) && self.keys_freshness.is_fresh(now)
    }

    /// It can serve while the OP is away.
    pub(crate) fn is_usable(&self, now: UnixTime) -> bool {
        self.metadata_freshness.is_usable(now) && self.keys_freshness.is_usable(now)
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.metadata.issuer).finish_non_exhaustive()
    }
}
