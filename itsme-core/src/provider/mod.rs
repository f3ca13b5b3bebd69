//! The OP's metadata and keys, and the cache that keeps them fresh.
//!
//! ```text
//! metadata.rs  the discovery document      metadata_checks.rs  its checks
//! endpoint_rules.rs  where its endpoints may be
//! published_keys.rs  what the OP's key set must contain
//! fetch.rs     the flow that fetches metadata and keys
//! cache.rs     one fetch at a time         freshness.rs  how long responses stay fresh
//! unknown_kid.rs  when a token triggers a key fetch
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

/// The rules for fetching metadata and keys, and the cache for both, shared by the clients of one environment.
pub(crate) struct ProviderSource {
    pub(crate) rules: EndpointRules,
    pub(crate) cache: Cache<Provider>,
}

/// A snapshot of the OP's metadata and keys, with the times when they were fetched.
///
/// [`Client::provider`](crate::Client::provider) exports a snapshot, and
/// [`Client::import_provider`](crate::Client::import_provider) imports it. This way, short-lived processes or
/// processes in a fleet do not have to fetch the metadata and keys themselves. A snapshot is serializable with serde,
/// versioned, and contains no secrets. However, anyone who can change it decides whose signatures are trusted, so
/// protect it like your configuration.
#[derive(Clone, Serialize, Deserialize)]
pub struct Provider {
    v: Version<2>,
    pub(crate) metadata: Metadata,
    pub(crate) metadata_freshness: Freshness,
    pub(crate) keys: KeySet,
    pub(crate) keys_freshness: Freshness,
}

/// Reads the OP's keys, and how long they stay fresh.
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

    /// The OP's issuer.
    pub fn issuer(&self) -> &str {
        &self.metadata.issuer
    }

    /// The keys in the OP's key set that cannot be used, each with the reason, such as an algorithm that was not agreed
    /// on or a malformed key. Most key sets contain some. The list is not serialized, so it is empty after a snapshot
    /// has been stored and loaded.
    pub fn passed_over_keys(&self) -> &[String] {
        self.keys.passed_over()
    }

    /// The time when the OP's keys were fetched. Consider monitoring their age: an hour is normal, but more than a day
    /// means that fetches are failing.
    pub fn keys_fetched_at(&self) -> UnixTime {
        self.keys_freshness.at()
    }

    pub(crate) fn is_newer_than(&self, other: &Self) -> bool {
        self.keys_freshness.at() > other.keys_freshness.at()
    }

    /// Whether both the metadata and the keys are fresh, so that nothing needs to be fetched.
    pub(crate) fn is_fresh(&self, now: UnixTime) -> bool {
        self.metadata_freshness.is_fresh(now) && self.keys_freshness.is_fresh(now)
    }

    /// Whether the metadata and keys can still be used while the OP is unavailable.
    pub(crate) fn is_usable(&self, now: UnixTime) -> bool {
        self.metadata_freshness.is_usable(now) && self.keys_freshness.is_usable(now)
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.metadata.issuer).finish_non_exhaustive()
    }
}
