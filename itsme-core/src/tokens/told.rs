//! How `explain` reports the claims that several kinds of token share. It never shows the value of a claim about the
//! user.

use std::cmp::Ordering;

use serde_json::Value;

use super::claims::{MADE_BEFORE, TokenClaims, TokenParties, TokenTimes, known};
use crate::ground::{check::Told, text::printable, time::UnixTime};

/// The maximum number of characters of a claim to show.
const SHOWN: usize = 200;

/// Shows a value that is not about the user, or its type if it is not a string.
fn shown(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => format!("`{}`", shortened(text)),
        Some(Value::Array(values)) if values.iter().all(Value::is_string) => {
            let texts: Vec<_> = values.iter().take(8).map(|text| shown(Some(text))).collect();
            format!("[{}]", texts.join(", "))
        }
        Some(value) => kind(value).to_owned(),
    }
}

fn shortened(text: &str) -> String {
    printable(text).chars().take(SHOWN).collect()
}

/// The type of a value, without quoting it.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(text) if text.is_empty() => "an empty string",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The difference between two times, in whole seconds.
fn apart(time: UnixTime, other: UnixTime, name: &str) -> String {
    let (time, other) = (time.as_secs(), other.as_secs());
    let seconds = time.abs_diff(other);
    match time.cmp(&other) {
        Ordering::Less | Ordering::Equal => format!("{seconds} s before {name}"),
        Ordering::Greater => format!("{seconds} s after {name}"),
    }
}

/// The difference between a time and the client's clock, in whole seconds.
fn by_clock(time: UnixTime, now: UnixTime) -> String {
    let (time, now) = (time.as_secs(), now.as_secs());
    let seconds = time.abs_diff(now);
    let direction = if time > now { "in the future" } else { "ago" };
    format!("{seconds} s {direction}, according to your clock")
}

impl TokenClaims<'_> {
    /// Reports the value of a claim that is not about the user.
    pub(super) fn tell(&self, claim: &'static str) -> Told {
        Told::found(shown(self.all.get(claim)))
    }

    /// Reports only the type of a claim that is secret or about the user.
    pub(super) fn tell_kind(&self, claim: &'static str, otherwise: &'static str) -> Told {
        Told::found(match self.all.get(claim) {
            None => "nothing",
            Some(Value::String(text)) if !text.is_empty() => otherwise,
            Some(value) => kind(value),
        })
    }

    pub(super) fn tell_presence(&self, claims: &[&'static str]) -> Told {
        let absent = claims.iter().filter(|claim| !self.all.contains_key(claim));
        let absent: Vec<_> = absent.map(|claim| format!("no `{claim}`")).collect();
        Told::found(if absent.is_empty() { "all of them".to_owned() } else { absent.join(", ") })
    }

    pub(super) fn tell_events(&self) -> Told {
        Told::found(if self.all.contains_key("events") { "`events`" } else { "none" })
    }

    pub(super) fn tell_issuer(&self, parties: TokenParties<'_>) -> Told {
        self.tell("iss").expected(format!("`{}`", parties.client.issuer))
    }

    pub(super) fn tell_audience(&self, parties: TokenParties<'_>) -> Told {
        self.tell("aud").expected(format!("`{}`", parties.client.client_id))
    }

    pub(super) fn tell_other_audiences(&self, parties: TokenParties<'_>) -> Told {
        let known = parties.other_audiences.iter();
        let names = [&parties.client.client_id].into_iter().chain(known);
        let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
        self.tell("aud").expected(format!("only {}", names.join(", ")))
    }

    pub(super) fn tell_time_form(&self) -> Told {
        let odd = ["exp", "iat"].into_iter().filter(|claim| self.time(claim).is_err());
        let odd: Vec<_> = odd
            .map(|claim| {
                let what = match self.all.get(claim) {
                    Some(Value::Number(_)) => "a number out of range, perhaps in milliseconds",
                    value => value.map_or("nothing", kind),
                };
                format!("`{claim}` is {what}")
            })
            .collect();
        Told::found(if odd.is_empty() { "times".to_owned() } else { odd.join(", ") })
    }

    pub(super) fn tell_expiry(&self, TokenTimes { now, leeway, .. }: TokenTimes) -> Told {
        let Some(exp) = self.exp else { return self.tell("exp") };
        let verb = if exp > now { "expires" } else { "expired" };
        let hint = if leeway.is_past(exp, now) { "; your clock may be fast" } else { "" };
        Told::found(format!("{verb} {}{hint}", by_clock(exp, now)))
    }

    pub(super) fn tell_issued(&self, TokenTimes { now, leeway, .. }: TokenTimes) -> Told {
        let Some(iat) = self.iat else { return self.tell("iat") };
        let hint = if leeway.is_future(iat, now) { "; your clock may be slow" } else { "" };
        Told::found(format!("issued {}{hint}", by_clock(iat, now)))
    }

    pub(super) fn tell_age(&self, TokenTimes { asked, .. }: TokenTimes) -> Told {
        let Some((iat, asked)) = self.iat.zip(asked) else { return self.tell("iat") };
        let is_old = iat < asked.before(MADE_BEFORE);
        let hint = if is_old {
            "; it may belong to a different login, or your clock may be fast"
        } else {
            ""
        };
        Told::found(format!("issued {}{hint}", apart(iat, asked, "the request")))
    }

    pub(super) fn tell_span(&self) -> Told {
        match self.exp.zip(self.iat) {
            Some((exp, iat)) => Told::found(format!("expires {}", apart(exp, iat, "`iat`"))),
            None => self.tell("exp"),
        }
    }

    pub(super) fn tell_not_before(&self, TokenTimes { now, leeway, .. }: TokenTimes) -> Told {
        let Some(nbf) = known(&self.time("nbf")) else { return self.tell("nbf") };
        let hint = if leeway.is_future(nbf, now) { "; your clock may be slow" } else { "" };
        Told::found(format!("valid from {}{hint}", by_clock(nbf, now)))
    }

    pub(super) fn tell_auth_time(&self, asked: UnixTime) -> Told {
        match known(&self.time("auth_time")) {
            Some(time) => {
                Told::found(format!("authenticated {}", apart(time, asked, "the request")))
            }
            None => self.tell("auth_time"),
        }
    }

    pub(super) fn tell_subject(&self) -> Told {
        let is_odd = self.subject().is_ok() && self.check_subject().is_err();
        let odd = "a string that is too long or has control characters";
        self.tell_kind("sub", if is_odd { odd } else { "a string" })
    }

    pub(super) fn tell_same_subject(&self, expected: Option<&str>) -> Told {
        let is_same = expected == self.subject().ok();
        self.tell_kind("sub", if is_same { "the same `sub`" } else { "a different `sub`" })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_shown_and_other_values_by_their_type() {
        for (value, expected) in [
            (json!("a\u{202e}b"), "`a b`"),
            (json!("x".repeat(300)), format!("`{}`", "x".repeat(200)).as_str()),
            (json!(["a", "b"]), "[`a`, `b`]"),
            (json!(["a", 7]), "a list"),
            (json!(null), "null"),
            (json!(true), "a boolean"),
            (json!(7), "a number"),
            (json!({ "a": 7 }), "an object"),
        ] {
            assert_eq!(shown(Some(&value)), expected, "{value}");
        }
        assert_eq!(shown(None), "nothing");
        assert_eq!([kind(&json!("")), kind(&json!("a"))], ["an empty string", "a string"]);
    }

    #[test]
    fn times_are_told_by_their_distance() {
        let [early, late] = [7, 10].map(UnixTime::from_secs);
        assert_eq!(apart(early, late, "now"), "3 s before now");
        assert_eq!(apart(late, early, "now"), "3 s after now");
        assert_eq!(apart(late, late, "now"), "0 s before now");
        assert_eq!(by_clock(early, late), "3 s ago, according to your clock");
        assert_eq!(by_clock(late, early), "3 s in the future, according to your clock");
        assert_eq!(by_clock(late, late), "0 s ago, according to your clock");
    }
}
