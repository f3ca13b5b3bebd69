//! Limits how often tokens can make the client refetch the OP's keys.
//!
//! A token whose `kid` is unknown, or for which there is no matching key, triggers a fetch. After that, no
//! token triggers a fetch for [`REFETCH_PAUSE`], whatever `kid`s arrive. The pause starts with the last
//! fetch that a token triggered, not with the last fetch of any kind, so that a key rotation right after
//! startup is noticed. The same pause applies between fetches that are made because the keys are suspected to
//! have changed (see [`Cache::suspect`](super::cache::Cache::suspect)). It also applies after a failed fetch,
//! as long as expired data can still be used.

use std::time::Duration;

use super::freshness::AHEAD;
use crate::ground::time::UnixTime;

pub(super) const REFETCH_PAUSE: Duration = Duration::from_secs(60);

/// Whether the pause since `last` is still running. Setting the clock back does not lengthen the pause.
pub(super) fn within_pause(last: Option<UnixTime>, now: UnixTime) -> bool {
    last.is_some_and(|last| last <= now.after(AHEAD) && now.since(last) < REFETCH_PAUSE)
}

/// Returns the later of two refetch times. If the known time is far ahead of the new one, it dates from before
/// the clock was set back, and the new time is returned.
pub(super) fn later(known: Option<UnixTime>, new: Option<UnixTime>) -> Option<UnixTime> {
    match (known, new) {
        (Some(known), Some(new)) if known.since(new) < REFETCH_PAUSE => Some(known.max(new)),
        (known, new) => new.or(known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_refetch_counts_unless_the_clock_was_set_back() {
        let time = |seconds| Some(UnixTime::from_secs(seconds));
        for (known, new, kept) in [
            (None, None, None),
            (None, time(1000), time(1000)),
            (time(1000), None, time(1000)),
            (time(1000), time(1001), time(1001)),
            (time(1059), time(1000), time(1059)),
            (time(1060), time(1000), time(1000)),
        ] {
            assert_eq!(later(known, new), kept, "{known:?}, {new:?}");
        }
    }
}
