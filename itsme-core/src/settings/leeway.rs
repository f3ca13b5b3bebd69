use std::time::Duration;

use crate::ground::time::UnixTime;

/// How far the OP's clock may differ from ours, in either direction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leeway(pub(crate) Duration);

impl Leeway {
    pub(crate) const DEFAULT: Self = Self(Duration::from_secs(60));

    /// Whether a time by the OP's clock has certainly passed.
    pub(crate) fn is_past(self, time: UnixTime, now: UnixTime) -> bool {
        now >= time.after(self.0)
    }

    /// Whether a time by the OP's clock, or a stored one, is certainly in the future.
    pub(crate) fn is_future(self, time: UnixTime, now: UnixTime) -> bool {
        time > now.after(self.0)
    }

    /// The earliest time by our clock that the OP may have meant.
    pub(crate) fn earliest(self, time: UnixTime) -> UnixTime {
        time.before(self.0)
    }
}
