//! The events that an application sees in its log, without the parts that vary.

use super::log::Log;

/// The events of a login with the scope `email` and nothing cached, in which the first response
/// with the keys is cut off, followed by a refresh while the OP is down.
pub const LOGIN: [&str; 6] = [
    r#"DEBUG itsme{flow="authorize"} the OP responded endpoint=Discovery host="127.0.0.1" attempt=1 status=200"#,
    r#"WARN itsme{flow="authorize"} the OP did not respond endpoint=KeySet host="127.0.0.1" attempt=1 error=the connection broke"#,
    r#"DEBUG itsme{flow="authorize"} the OP responded endpoint=KeySet host="127.0.0.1" attempt=2 status=200"#,
    r#"DEBUG itsme{flow="finish_login"} the OP responded endpoint=Token host="127.0.0.1" attempt=1 status=200"#,
    r#"DEBUG itsme{flow="finish_login"} the OP responded endpoint=Userinfo host="127.0.0.1" attempt=1 status=200"#,
    r#"WARN itsme{flow="refresh"} the OP is in trouble endpoint=Discovery host="127.0.0.1" attempt=1 status=503"#,
];

/// Returns the log lines with our target: level, spans and event, without times and causes.
pub fn events(log: &Log) -> Vec<String> {
    log.text().lines().filter_map(event).collect()
}

fn event(line: &str) -> Option<String> {
    let (head, event) = line.split_once(": itsme: ")?;
    let (_, head) = head.split_once(' ').expect("a time");
    let event = event.split(" error.sources=").next().expect("one part at least");
    let (timed, known): (Vec<_>, Vec<_>) =
        event.split(' ').partition(|word| word.starts_with("ms="));
    assert_eq!(timed.len(), 1, "every event must contain how long it took: {line}");
    Some(format!("{} {}", head.trim(), known.join(" ")))
}

/// The events of a login with cached metadata and external keys, whose holder cannot be reached the
/// first time.
pub const KEYS_OUTSIDE: [&str; 4] = [
    r#"WARN itsme{flow="finish_login"} the key failed kid="kms-sig-1" algorithm="RS256" failure=Unavailable error=the KMS responded with 429 Throttled"#,
    r#"DEBUG itsme{flow="finish_login"} the key was used kid="kms-sig-1" algorithm="RS256""#,
    r#"DEBUG itsme{flow="finish_login"} the OP responded endpoint=Token host="127.0.0.1" attempt=1 status=200"#,
    r#"DEBUG itsme{flow="finish_login"} the key was used kid="kms-enc-1" algorithm="RSA-OAEP-256""#,
];
