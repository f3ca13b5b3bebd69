use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ground::{
        check::Subject as _,
        time::{ClockShift, UnixTime},
    },
    provider::{Provider, ProviderSource, cache::Snapshot, metadata_checks::MetadataMembers},
};

/// What a flow can find in its client's cache.
#[derive(Serialize, Deserialize)]
struct Surroundings {
    provider: Option<Provider>,
    leased_until: Option<UnixTime>,
    last_failed: Option<UnixTime>,
    last_refetch: Option<UnixTime>,
    is_suspect: bool,
}

/// Serializes a cache's state for a recording.
pub(super) fn recorded(snapshot: &Snapshot<Provider>) -> Option<Value> {
    let surroundings = Surroundings {
        provider: snapshot.value.as_deref().cloned(),
        leased_until: snapshot.leased_until,
        last_failed: snapshot.last_failed,
        last_refetch: snapshot.last_refetch,
        is_suspect: snapshot.is_suspect,
    };
    serde_json::to_value(surroundings).ok()
}

/// Restores a cache's state, shifted to a different clock. A provider that the client would not accept is left out,
/// because anyone can create a recording.
pub(super) fn restore(recorded: Value, shift: ClockShift, source: &ProviderSource) {
    let Ok(recorded) = serde_json::from_value::<Surroundings>(recorded) else { return };
    let is_sound = |provider: &Provider| {
        MetadataMembers::of(&provider.metadata, &source.rules).verify().is_ok()
    };
    let shifted = |mut provider: Provider| {
        provider.metadata_freshness = provider.metadata_freshness.shifted(shift);
        provider.keys_freshness = provider.keys_freshness.shifted(shift);
        provider
    };
    let time = |time: Option<UnixTime>| time.map(|time| shift.of(time));
    source.cache.restore(Snapshot {
        value: recorded.provider.filter(is_sound).map(shifted).map(Arc::new),
        leased_until: time(recorded.leased_until),
        last_failed: time(recorded.last_failed),
        last_refetch: time(recorded.last_refetch),
        is_suspect: recorded.is_suspect,
    });
}
