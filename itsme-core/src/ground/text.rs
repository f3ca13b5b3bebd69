//! Makes text from outside safe for errors and logs.

/// Replaces every run of 16 or more characters that looks like a token, a code or a key, because an OP might quote
/// what it has received. Parameter names on their own are kept.
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

/// Makes text from outside safe for a log line: one line of at most 512 characters. A character that is not
/// printable, or that changes the direction of the text after it, becomes a space.
pub(crate) fn printable(text: &str) -> String {
    text.chars().take(512).map(|c| if is_printed(c) { c } else { ' ' }).collect()
}

/// Whether Rust leaves the character unescaped in a string. It is tested after a letter, where combining marks
/// are printed.
fn is_printed(c: char) -> bool {
    let behind_a_letter: String = ['a', c].into_iter().collect();
    "'\"\\".contains(c) || behind_a_letter.escape_debug().eq(behind_a_letter.chars())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_log_line_plays_tricks() {
        for trick in [
            '\n',
            '\r',
            '\t',
            '\0',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{ad}',
            '\u{61c}',
            '\u{200b}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{fff9}',
            '\u{e0001}',
            '\u{e000}',
            '\u{3000}',
        ] {
            assert_eq!(printable(&format!("a{trick}b")), "a b", "{trick:?}");
        }
        let plain = "Déjà vu: 'x' \"y\" \\ Ἀθῆναι, e\u{301}, עברית, 東京, 🙂";
        assert_eq!(printable(plain), plain);
        assert_eq!(printable(&"x".repeat(600)).len(), 512);
    }

    #[test]
    fn long_runs_are_hidden_unless_they_are_words() {
        for (text, shown) in [
            ("code=0123456789abcdef is used", "… is used"),
            ("eyJhbGciOiJSUzI1NiJ9.e30.", "…"),
            ("(abcdefghijklmnoP)", "(…)"),
            ("a 0123456789abcde b", "a 0123456789abcde b"),
            (
                "unauthorized-client or UNAUTHORIZED-CLIENT",
                "unauthorized-client or UNAUTHORIZED-CLIENT",
            ),
            ("", ""),
        ] {
            assert_eq!(without_secrets(text), shown);
        }
    }
}
