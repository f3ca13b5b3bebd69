use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    error::{Error, ErrorCode},
    ground::{
        json::seconds,
        time::{ClockShift, UnixTime},
    },
    settings::leeway::Leeway,
};

/// The default number of seconds between two polls, if the OP's response contains no interval (CIBA Core §7.3).
const INTERVAL: u64 = 5;

/// The number of seconds that each `slow_down` adds to the interval (CIBA Core §11).
const SLOWER: u64 = 5;

/// The time of the next poll, and the deadline. It is stored with the ticket, so that a process that continues with the
/// ticket does not poll too early or for too long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pace {
    begun: UnixTime,
    /// The time between two polls, in seconds.
    interval: u64,
    not_before: UnixTime,
    deadline: UnixTime,
}

impl Pace {
    pub(super) fn new(now: UnixTime, answer: &Map<String, Value>, lifetime: Duration) -> Self {
        let interval = seconds(answer.get("interval")).unwrap_or(INTERVAL).max(1);
        let deadline = now.after(lifetime);
        let mut pace = Self { begun: now, interval, not_before: now, deadline };
        pace.pause(now, None);
        pace
    }

    /// Whether the deadline has passed, or polling began in the future.
    pub(super) fn is_over(&self, now: UnixTime, leeway: Leeway) -> bool {
        now >= self.deadline || leeway.is_future(self.begun, now)
    }

    /// The same pace, with its times adjusted to a different clock.
    pub(super) fn shifted(self, shift: ClockShift) -> Self {
        Self {
            begun: shift.of(self.begun),
            not_before: shift.of(self.not_before),
            deadline: shift.of(self.deadline),
            ..self
        }
    }

    pub(super) fn not_before(&self) -> UnixTime {
        self.not_before
    }

    pub(super) fn deadline(&self) -> UnixTime {
        self.deadline
    }

    /// Handles a response that means "not yet". The next poll is one interval later, or later still if the response
    /// requests a longer pause.
    pub(super) fn pause(&mut self, now: UnixTime, retry_after: Option<Duration>) {
        let interval = Duration::from_secs(self.interval);
        let pause = retry_after.map_or(interval, |asked| asked.max(interval));
        self.not_before = now.after(pause).min(self.deadline);
    }

    /// Handles a response that means "too fast", or a missing response. Lengthens the interval permanently.
    pub(super) fn slow_down(&mut self, now: UnixTime, retry_after: Option<Duration>) {
        self.interval = self.interval.saturating_add(SLOWER);
        self.pause(now, retry_after);
    }

    /// Adopts a longer interval from a response. A shorter interval is ignored, because the OP may have requested a
    /// longer one earlier.
    pub(super) fn lengthen(&mut self, answer: &Map<String, Value>) {
        self.interval = self.interval.max(seconds(answer.get("interval")).unwrap_or_default());
    }

    /// Makes the next poll due immediately, because the user may have responded.
    pub(super) fn hurry(&mut self) {
        self.not_before = self.begun;
    }
}

/// Reads `Retry-After` in seconds (RFC 9110 §10.2.3). The date format is not supported.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Whether an error or an unexpected response only means "try later": the client polled too fast, or the OP or a proxy
/// in front of it has a problem. Polling then continues until the deadline.
pub(super) fn says_later(status: StatusCode, error: &Error) -> bool {
    let busy = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
    match error {
        Error::Refused(refusal) => {
            let codes =
                [ErrorCode::ServerError, ErrorCode::SlowDown, ErrorCode::TemporarilyUnavailable];
            busy || codes.contains(&refusal.code)
        }
        Error::UnexpectedReply(_) => busy,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

    fn pace(interval: Value) -> Pace {
        let Value::Object(answer) = json!({ "interval": interval }) else { return pace(json!(5)) };
        Pace::new(NOW, &answer, Duration::from_secs(600))
    }

    fn pause(pace: &Pace) -> u64 {
        pace.not_before.since(NOW).as_secs()
    }

    #[test]
    fn the_interval_is_the_ops_or_five_seconds() {
        for (interval, expected) in [
            (json!(7), 7),
            (json!("7"), 7),
            (json!(null), 5),
            (json!("soon"), 5),
            (json!(-1), 5),
            (json!(0), 1),
            (json!(100_000), 600),
        ] {
            assert_eq!(pause(&pace(interval.clone())), expected, "{interval}");
        }
    }

    #[test]
    fn each_slow_down_adds_five_seconds_for_good() {
        let mut pace = pace(json!(5));
        pace.slow_down(NOW, None);
        assert_eq!(pause(&pace), 10);
        pace.slow_down(NOW, Some(Duration::from_secs(3)));
        assert_eq!(pause(&pace), 15, "no sooner than the interval");
        pace.pause(NOW, None);
        assert_eq!(pause(&pace), 15);
        pace.pause(NOW, Some(Duration::from_secs(40)));
        assert_eq!(pause(&pace), 40);
        pace.pause(NOW, Some(Duration::MAX));
        assert_eq!(pause(&pace), 600, "no later than the deadline");
        pace.interval = u64::MAX;
        pace.slow_down(NOW, None);
        assert_eq!(pause(&pace), 600);
    }

    #[test]
    fn retry_after_is_read_in_seconds() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, value.parse().expect("a header value"));
            retry_after(&headers)
        };
        assert_eq!(read(" 7 "), Some(Duration::from_secs(7)));
        for other in ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "", "7.5"] {
            assert_eq!(read(other), None, "{other}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
