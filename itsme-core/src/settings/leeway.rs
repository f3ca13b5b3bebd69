use std::time::Duration;

use crate::ground::time::UnixTime;

/// How far the OP's clock may be from ours, in both directions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leeway(pub(crate) Duration);

impl Leeway {
    pub(crate) const DEFAULT: Self = Self(Duration::from_secs(60));

    /// Whether a time of the OP's is over for certain.
    pub(crate) fn is_past(self, time: UnixTime, now: UnixTime) -> bool {
        now >= time.after(self.0)
    }

    /// Whether a time of the OP's, or one that was stored, is yet to come for certain.
    pub(crate) fn is_future(self, time: UnixTime, now: UnixTime) -> bool {
        time > now.after(self.0)
    }

    /// The earliest time of ours that the OP may have meant by this one.
    pub(crate) fn earliest(self, time: UnixTime) -> UnixTime {
        time.before(self.0)
    }
}
