use crate::{
    dialect::{Dialect, TextLimit},
    error::FreeTextError,
    ground::opaque::opaque,
};

/// Some text for the user to confirm. It can contain the tags `<b>`, `<i>`, `<u>` and `<br>` (itsme: free text).
///
/// The flow's first step checks the text before anything is sent. Otherwise, a single character that itsme cannot
/// display, such as a curly quote, would make the whole confirmation fail on the user's phone.
///
/// ```
/// use itsme_core::{Dialect, FreeText, FreeTextError};
///
/// assert_eq!(FreeText::new("Pay <b>20 €</b>?<br>To Ann.").check(Dialect::V2), Ok(()));
/// assert_eq!(
///     FreeText::new("It’s fine").check(Dialect::V2),
///     Err(FreeTextError::Character { character: '’', position: 3 })
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct FreeText(pub(crate) String);

const BREAK: &str = "<br>";
/// Each opening tag with its closing tag.
const STYLES: [(&str, &str); 3] = [("<b>", "</b>"), ("<i>", "</i>"), ("<u>", "</u>")];

impl FreeText {
    /// Creates the text from the content that the user should see. `</br>`, which occurs in itsme's older
    /// documentation, is treated as `<br>`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Checks whether the text can be displayed.
    ///
    /// # Errors
    /// [`FreeTextError`] says what is wrong with the text, and where.
    pub fn check(&self, dialect: Dialect) -> Result<(), FreeTextError> {
        self.checked(dialect).map(drop)
    }

    /// Checks the text and returns it in the form in which it is sent.
    pub(crate) fn checked(&self, dialect: Dialect) -> Result<String, FreeTextError> {
        if self.0.is_empty() {
            return Err(FreeTextError::Empty);
        }
        let mut sent = String::new();
        let mut open: Vec<(&str, &str, usize)> = Vec::new();
        let mut rest = self.0.as_str();
        let mut position = 1;
        while let Some(character) = rest.chars().next() {
            let length = match tag(rest) {
                Some("</br>" | BREAK) => {
                    sent.push_str(BREAK);
                    if rest.starts_with(BREAK) { BREAK.len() } else { "</br>".len() }
                }
                Some(tag) => {
                    nest(&mut open, tag, position)?;
                    sent.push_str(tag);
                    tag.len()
                }
                None if character == '<' => {
                    // The error quotes only the part of the text that looks like a tag.
                    let end = rest.find('>').filter(|end| *end <= 20).map_or(1, |end| end + 1);
                    let tag = rest[..end].to_owned();
                    return Err(FreeTextError::Tag { tag, position });
                }
                None if !is_shown(character, dialect) => {
                    return Err(FreeTextError::Character { character, position });
                }
                None => {
                    sent.push(character);
                    character.len_utf8()
                }
            };
            position += rest[..length].chars().count();
            rest = &rest[length..];
        }
        if let Some((tag, _, position)) = open.pop() {
            return Err(FreeTextError::Unbalanced { tag: tag.to_owned(), position });
        }
        check_length(&sent, dialect)?;
        Ok(sent)
    }
}

opaque!(FreeText);

/// Returns the tag at the start of the text, if it is one of the known tags.
fn tag(text: &str) -> Option<&'static str> {
    let styles = STYLES.into_iter().flat_map(|(start, end)| [start, end]);
    [BREAK, "</br>"].into_iter().chain(styles).find(|tag| text.starts_with(tag))
}

fn nest(
    open: &mut Vec<(&'static str, &'static str, usize)>,
    tag: &'static str,
    position: usize,
) -> Result<(), FreeTextError> {
    if let Some((start, end)) = STYLES.into_iter().find(|(start, _)| *start == tag) {
        open.push((start, end, position));
        return Ok(());
    }
    match open.pop() {
        Some((_, end, _)) if end == tag => Ok(()),
        _ => Err(FreeTextError::Unbalanced { tag: tag.to_owned(), position }),
    }
}

/// Whether the app can display the character. V2 displays the characters of ISO 8859-15 except for control characters.
/// V1 displays only those that are also in ISO 8859-1.
fn is_shown(character: char, dialect: Dialect) -> bool {
    match character {
        '¤' | '¦' | '¨' | '´' | '¸' | '¼' | '½' | '¾' => false,
        '€' | 'Š' | 'š' | 'Ž' | 'ž' | 'Œ' | 'œ' | 'Ÿ' => dialect.habits().shows_latin_9,
        ' '..='~' | '\u{a0}'..='ÿ' => true,
        _ => false,
    }
}

/// Checks the length of the text in the form in which it is sent. Tags count as characters, and `<br>` ends a line.
fn check_length(sent: &str, dialect: Dialect) -> Result<(), FreeTextError> {
    let (max_lines, limit) = match dialect.habits().text_limit {
        TextLimit::Characters(limit) => {
            let characters = sent.chars().count();
            let error = FreeTextError::TooLong { characters, limit };
            return if characters > limit { Err(error) } else { Ok(()) };
        }
        TextLimit::Lines(lines, characters) => (lines, characters),
    };
    let lines: Vec<&str> = sent.split(BREAK).collect();
    if lines.len() > max_lines {
        return Err(FreeTextError::TooManyLines { lines: lines.len(), limit: max_lines });
    }
    for (line, text) in (1..).zip(lines) {
        let characters = text.chars().count();
        if characters > limit {
            return Err(FreeTextError::LineTooLong { line, characters, limit });
        }
    }
    Ok(())
}

/// Replaces typographic quotes, dashes, spaces and ellipses with plain ones. Use it for text from word processors. The
/// library never does this automatically, because the user must confirm exactly the text that the application wrote.
///
/// ```
/// assert_eq!(itsme_core::plain_typography("“It’s” 5 – 7…"), "\"It's\" 5 - 7...");
/// ```
pub fn plain_typography(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\u{2018}'..='\u{201b}' | '\u{2032}' => plain.push('\''),
            '\u{201c}'..='\u{201f}' | '\u{2033}' => plain.push('"'),
            '\u{2010}'..='\u{2015}' | '\u{2212}' => plain.push('-'),
            '\u{2026}' => plain.push_str("..."),
            '\u{2000}'..='\u{200a}' | '\u{202f}' => plain.push(' '),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v2(text: &str) -> Result<String, FreeTextError> {
        FreeText::new(text).checked(Dialect::V2)
    }

    #[test]
    fn known_tags_pass_and_breaks_are_written_in_one_way() {
        assert_eq!(
            v2("<b>a <i>b</i></b></br><u>c</u><br>d > e & f").as_deref(),
            Ok("<b>a <i>b</i></b><br><u>c</u><br>d > e & f")
        );
        assert_eq!(v2("€ Š š Ž ž Œ œ Ÿ é ÿ \u{a0}").as_deref(), Ok("€ Š š Ž ž Œ œ Ÿ é ÿ \u{a0}"));
    }

    #[test]
    fn each_fault_is_named_with_its_place() {
        let tag = |tag: &str, position| FreeTextError::Tag { tag: tag.to_owned(), position };
        let unbalanced =
            |tag: &str, position| FreeTextError::Unbalanced { tag: tag.to_owned(), position };
        for (text, expected) in [
            ("", FreeTextError::Empty),
            ("a“b", FreeTextError::Character { character: '“', position: 2 }),
            ("é<br>—", FreeTextError::Character { character: '—', position: 6 }),
            ("a\nb", FreeTextError::Character { character: '\n', position: 2 }),
            ("a¤", FreeTextError::Character { character: '¤', position: 2 }),
            ("a\u{80}", FreeTextError::Character { character: '\u{80}', position: 2 }),
            ("x<script>alert(1)</script>", tag("<script>", 2)),
            ("<B>x</B>", tag("<B>", 1)),
            ("<br/>", tag("<br/>", 1)),
            ("1 < 2", tag("<", 3)),
            ("<", tag("<", 1)),
            ("<b>x", unbalanced("<b>", 1)),
            ("x</b>", unbalanced("</b>", 2)),
            ("<b><i>x</b></i>", unbalanced("</b>", 8)),
        ] {
            assert_eq!(v2(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn all_characters_as_sent_count() {
        assert!(v2(&"x".repeat(7_500)).is_ok());
        let too_long = FreeTextError::TooLong { characters: 7_501, limit: 7_500 };
        assert_eq!(v2(&"x".repeat(7_501)), Err(too_long.clone()));
        assert_eq!(v2(&format!("{}<b>é</b>", "x".repeat(7_493))), Err(too_long));
        assert!(v2(&format!("{}</br>", "x".repeat(7_496))).is_ok(), "four characters as sent");
    }

    #[test]
    fn v1_has_three_lines_of_fifty() {
        let v1 = |text: &str| FreeText::new(text).check(Dialect::V1);
        let line = "x".repeat(50);
        assert_eq!(v1(&format!("{line}<br>{line}</br>{line}")), Ok(()));
        assert_eq!(
            v1(&format!("{line}<br>x{line}")),
            Err(FreeTextError::LineTooLong { line: 2, characters: 51, limit: 50 })
        );
        assert_eq!(v1("<br><br><br>"), Err(FreeTextError::TooManyLines { lines: 4, limit: 3 }));
        let euro = FreeTextError::Character { character: '€', position: 1 };
        assert_eq!(v1("€"), Err(euro));
    }

    #[test]
    fn plain_typography_is_what_the_app_shows() {
        let fancy = "‘a’ “b” – — … \u{202f}x ‑ ″";
        assert!(v2(fancy).is_err());
        assert!(v2(&plain_typography(fancy)).is_ok(), "{}", plain_typography(fancy));
        assert_eq!(plain_typography("é €"), "é €", "characters that the app shows are unchanged");
    }
}
