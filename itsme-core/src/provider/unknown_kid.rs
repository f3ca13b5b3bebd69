//! How often a token can make us fetch the OP's keys anew.
//!
//! A token that names a key which we do not know, or names none that fits, has the keys fetched once;
//! then not for [`REFETCH_PAUSE`], whatever names come in. The pause counts from the last such fetch
//! and not from any fetch, so that a rotation right after the start is followed. The same pause holds
//! for fetches on a suspicion (see [`Cache::suspect`](super::cache::Cache::suspect)), and after a
//! failed fetch while what has expired still serves.

use std::time::Duration;

use super::freshness::AHEAD;
use crate::ground::time::UnixTime;

pub(super) const REFETCH_PAUSE: Duration = Duration::from_secs(60);

/// A clock put back must not make the pause longer.
pub(super) fn within_pause(last: Option<UnixTime>, now: UnixTime) -> bool {
    last.is_some_and(|last| last <= now.after(AHEAD) && now.since(last) < REFETCH_PAUSE)
}

/// The later of two refetches. One that is far ahead of the other is from before the clock was put back.
pub(super) fn later(known: Option<UnixTime>, new: Option<UnixTime>) -> Option<UnixTime> {
    match (known, new) {
        (Some(known), Some(new)) if known.since(new) < REFETCH_PAUSE => Some(known.max(new)),
        (known, new) => new.or(known),
    }
}
