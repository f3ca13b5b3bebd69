//! Times on the command line.

use std::time::Duration;

use itsme_core::UnixTime;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The offset of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    /// The clock is ahead by this much.
    Ahead(Duration),
    /// The clock is behind by this much.
    Behind(Duration),
}

impl Shift {
    /// Returns what the clock shows at this time.
    pub fn of(self, time: UnixTime) -> UnixTime {
        match self {
            Self::Ahead(by) => time.after(by),
            Self::Behind(by) => time.before(by),
        }
    }
}

/// Parses a time: `2026-01-31T23:59:00Z`, or seconds since 1970.
pub fn time(text: &str) -> Result<UnixTime, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(UnixTime::from_secs(seconds));
    }
    let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|error| {
        format!("{error}; expected a time such as 2026-01-31T23:59:00Z, or seconds since 1970")
    })?;
    let seconds = u64::try_from(time.unix_timestamp()).map_err(|_| "the time is before 1970")?;
    Ok(UnixTime::from_secs(seconds))
}

/// Formats a time as in `2026-01-31T23:59:00Z`.
pub fn rfc3339(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    let time = OffsetDateTime::from_unix_timestamp(seconds).ok();
    let text = time.and_then(|time| time.format(&Rfc3339).ok());
    text.unwrap_or_else(|| format!("{seconds} s after 1970"))
}

/// Parses an offset: `+90s`, `-10m`, `+2h`, `+1d`.
pub fn shift(text: &str) -> Result<Shift, String> {
    let parse = || {
        let (sign, rest) = text.split_at_checked(1)?;
        let (number, unit) = rest.split_at_checked(rest.len().checked_sub(1)?)?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86400,
            _ => return None,
        };
        let digits = number.chars().all(|c| c.is_ascii_digit());
        let by = number.parse::<u64>().ok().filter(|_| digits)?.checked_mul(seconds)?;
        let by = Duration::from_secs(by);
        match sign {
            "+" => Some(Shift::Ahead(by)),
            "-" => Some(Shift::Behind(by)),
            _ => None,
        }
    };
    parse().ok_or_else(|| "expected an offset such as +90s, -10m, +2h or +1d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_both_forms() {
        let expected = UnixTime::from_secs(1_767_225_600);
        for text in ["1767225600", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00"] {
            assert_eq!(time(text), Ok(expected), "{text}");
        }
        assert_eq!(rfc3339(expected), "2026-01-01T00:00:00Z");
        assert_eq!(time(&rfc3339(expected)), Ok(expected));
        for text in ["", "now", "2026-01-01", "1969-12-31T23:59:59Z", "-1"] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_clock_is_ahead_or_behind() {
        let at = UnixTime::from_secs(100_000);
        for (text, seconds) in
            [("+90s", 100_090), ("-10m", 99_400), ("+2h", 107_200), ("+1d", 186_400), ("-9d", 0)]
        {
            let shifted = shift(text).map(|shift| shift.of(at));
            assert_eq!(shifted, Ok(UnixTime::from_secs(seconds)), "{text}");
        }
        for text in
            ["", "+", "+s", "90s", "+90", "+-9s", "++9s", "+9é", "é9s", "+99999999999999999999d"]
        {
            assert!(shift(text).is_err(), "{text}");
        }
    }
}
