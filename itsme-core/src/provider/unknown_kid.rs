//! How often tokens can make us fetch the OP's keys again.
//!
//! A token whose `kid` is unknown, or without a fitting key, triggers one fetch; then none for
//! [`REFETCH_PAUSE`], whatever `kid`s arrive. The pause counts from the last such fetch and not from any
//! fetch, so that a key rotation right after startup is noticed. The same pause applies to fetches on a
//! suspicion (see [`Cache::suspect`](super::cache::Cache::suspect)), and after a failed fetch while
//! expired data can still be used.

use std::time::Duration;

use super::freshness::AHEAD;
use crate::ground::time::UnixTime;

pub(super) const REFETCH_PAUSE: Duration = Duration::from_secs(60);

/// A clock that was set back must not lengthen the pause.
pub(super) fn within_pause(last: Option<UnixTime>, now: UnixTime) -> bool {
    last.is_some_and(|last| last <= now.after(AHEAD) && now.since(last) < REFETCH_PAUSE)
}

/// The later of two refetches. One far ahead of the other dates from before the clock was set back.
pub(super) fn later(known: Option<UnixTime>, new: Option<UnixTime>) -> Option<UnixTime> {
    match (known, new) {
        (Some(known), Some(new)) if known.since(new) < REFETCH_PAUSE => Some(known.max(new)),
        (known, new) => new.or(known),
    }
}
