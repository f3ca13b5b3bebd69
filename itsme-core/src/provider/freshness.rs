use std::time::Duration;

use http::{HeaderMap, header::CACHE_CONTROL};
use serde::{Deserialize, Serialize};

use crate::ground::time::{ClockShift, UnixTime};

/// How far ahead of our clock a stored time may be. If it is further ahead, the clock is assumed to have
/// been set back. Small differences are normal, because a thread that reads the clock after us may take
/// the lock before us, and because the clocks of different machines differ slightly.
pub(super) const AHEAD: Duration = Duration::from_secs(5);
/// How long expired data is still used when nothing newer is available.
const USABLE_STALE: Duration = Duration::from_secs(24 * 3600);

const SHORTEST: Duration = Duration::from_secs(5 * 60);
const LONGEST: Duration = Duration::from_secs(24 * 3600);
const WHEN_SILENT: Duration = Duration::from_secs(3600);

/// The time when something was fetched, and the time until which it is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Freshness {
    at: UnixTime,
    until: UnixTime,
}

impl Freshness {
    /// Reads `Cache-Control: max-age` (RFC 9111 §5.2.2) and limits it to between 5 minutes and 24 hours.
    /// If there is no `max-age`, the lifetime is one hour, or 5 minutes for `no-store` and `no-cache`.
    pub(crate) fn of(headers: &HeaderMap, now: UnixTime) -> Self {
        let mut lifetime = None;
        for value in headers.get_all(CACHE_CONTROL) {
            for directive in value.to_str().unwrap_or_default().split(',') {
                let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
                let seconds = match name.trim().to_ascii_lowercase().as_str() {
                    "no-store" | "no-cache" => Some(0),
                    "max-age" => delta_seconds(argument),
                    _ => None,
                };
                lifetime = match (lifetime, seconds) {
                    (Some(known), Some(new)) => Some(std::cmp::min::<u64>(known, new)),
                    (known, new) => known.or(new),
                };
            }
        }
        let lifetime = lifetime.map_or(WHEN_SILENT, Duration::from_secs);
        Self { at: now, until: now.after(lifetime.clamp(SHORTEST, LONGEST)) }
    }

    /// The time of the fetch.
    pub(crate) fn at(&self) -> UnixTime {
        self.at
    }

    /// Converts both times to a clock that differs by `shift`.
    pub(crate) fn shifted(self, shift: ClockShift) -> Self {
        Self { at: shift.of(self.at), until: shift.of(self.until) }
    }

    /// Whether the data is fresh. If `now` is before the fetch, one of the two times is wrong, so the data
    /// counts as stale.
    pub(crate) fn is_fresh(&self, now: UnixTime) -> bool {
        self.at <= now.after(AHEAD) && now < self.until
    }

    /// Whether the data is fresh, or expired so recently that it can be used while the OP is unavailable.
    pub(crate) fn is_usable(&self, now: UnixTime) -> bool {
        self.at <= now.after(AHEAD) && now < self.until.after(USABLE_STALE)
    }
}

/// Parses a number of seconds (RFC 9111 §1.2.2). A number that is too large means "forever". Text that is
/// not a number is ignored.
fn delta_seconds(text: &str) -> Option<u64> {
    let digits = text.trim().trim_matches('"');
    let only_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    only_digits.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

    fn lifetime(cache_control: &[&str]) -> u64 {
        let mut headers = HeaderMap::new();
        for value in cache_control {
            headers.append(CACHE_CONTROL, value.parse().expect("a header value"));
        }
        Freshness::of(&headers, NOW).until.since(NOW).as_secs()
    }

    #[test]
    fn max_age_is_honoured_within_limits() {
        assert_eq!(lifetime(&[]), 3600);
        assert_eq!(lifetime(&["public"]), 3600);
        assert_eq!(lifetime(&["public, Max-Age=7200"]), 7200);
        assert_eq!(lifetime(&["max-age = \"600\""]), 600);
        assert_eq!(lifetime(&["max-age=1"]), 300);
        assert_eq!(lifetime(&["no-store"]), 300);
        assert_eq!(lifetime(&["max-age=7200", "no-cache"]), 300);
        assert_eq!(lifetime(&["max-age=99999999999999999999999"]), 86_400);
        assert_eq!(lifetime(&["max-age=soon"]), 3600);
        assert_eq!(lifetime(&["max-age=-1"]), 3600);
        assert_eq!(lifetime(&["max-age"]), 3600);
        assert_eq!(lifetime(&["s-maxage=9"]), 3600);
    }

    #[test]
    fn a_clock_before_the_fetch_makes_it_stale() {
        let freshness = Freshness::of(&HeaderMap::new(), NOW);
        assert!(freshness.is_fresh(NOW));
        assert!(freshness.is_fresh(NOW.before(AHEAD)), "a different thread was faster");
        assert!(freshness.is_usable(NOW.before(AHEAD)));
        assert!(!freshness.is_fresh(NOW.before(AHEAD * 2)));
        assert!(!freshness.is_usable(NOW.before(AHEAD * 2)));
        assert!(!freshness.is_fresh(NOW.after(WHEN_SILENT)));
        assert!(freshness.is_usable(NOW.after(WHEN_SILENT)));
        assert!(!freshness.is_usable(NOW.after(WHEN_SILENT).after(USABLE_STALE)));
    }
}
