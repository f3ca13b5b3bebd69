//! Foreign text, made fit for errors and logs.

/// Replaces every run of 16 or more characters that looks like a token, a code or a key: an OP may quote
/// what it was sent. The names of parameters stay.
pub(crate) fn without_secrets(text: impl AsRef<str>) -> String {
    let part_of_secret = |c: char| c.is_ascii_alphanumeric() || "-_.~+/=%".contains(c);
    let is_secret = |run: &str| {
        let has = |kind: fn(&char) -> bool| run.chars().any(|c| kind(&c));
        let mixed = has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase);
        run.len() >= 16 && (has(char::is_ascii_digit) || mixed)
    };
    let mut kept = String::new();
    let mut run = String::new();
    for c in text.as_ref().chars().chain(['\n']) {
        if part_of_secret(c) {
            run.push(c);
            continue;
        }
        kept.push_str(if is_secret(&run) { "…" } else { &run });
        run.clear();
        kept.push(c);
    }
    kept.pop();
    kept
}

/// Foreign text made fit for a log line: one line, at most 512 characters.
pub(crate) fn printable(text: &str) -> String {
    text.chars().take(512).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
