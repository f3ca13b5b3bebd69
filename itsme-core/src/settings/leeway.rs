use std::time::Duration;

use crate::ground::time::UnixTime;

/// How far the OP's clock may differ from ours, in either direction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leeway(pub(crate) Duration);

impl Leeway {
    pub(crate) const DEFAULT: Self = Self(Duration::from_secs(60));

    /// Whether a time from the OP's clock has passed, even if the clocks differ by the leeway.
    pub(crate) fn is_past(self, time: UnixTime, now: UnixTime) -> bool {
        now >= time.after(self.0)
    }

    /// Whether a time from the OP's clock, or a stored time, is in the future even if the clocks differ by the
    /// leeway.
    pub(crate) fn is_future(self, time: UnixTime, now: UnixTime) -> bool {
        time > now.after(self.0)
    }

    /// Converts a time on the OP's clock to the earliest time on our clock that it can correspond to.
    pub(crate) fn earliest(self, time: UnixTime) -> UnixTime {
        time.before(self.0)
    }
}
