use thiserror::Error;

use crate::ground::text::printable;

/// What is wrong with the free text. Positions are counted in characters, from 1, in the text that the caller passed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FreeTextError {
    /// The text is empty.
    #[error("the text is empty")]
    Empty,
    /// The text contains a character that the app cannot show.
    #[error(
        "the character `{}` at position {position} is not in the app's character set \
         (`plain_typography` replaces typographic quotes and dashes; end lines with <br>)",
        character.escape_debug()
    )]
    Character {
        /// The character.
        character: char,
        /// The character's position.
        position: usize,
    },
    /// The text contains something in angle brackets that is not a tag the app supports.
    #[error(
        "the tag `{}` at position {position} is not supported; use only <b>, <i>, <u> and <br>",
        printable(tag)
    )]
    Tag {
        /// The tag, or just `<` if no `>` follows within about 20 bytes.
        tag: String,
        /// The tag's position.
        position: usize,
    },
    /// A tag is never opened, never closed, or closed while another tag is still open.
    #[error("the tag `{}` at position {position} has no matching tag", printable(tag))]
    Unbalanced {
        /// The tag.
        tag: String,
        /// The tag's position.
        position: usize,
    },
    /// The text has more characters than the app shows, counting tags.
    #[error("the text has {characters} characters, counting tags; the limit is {limit}")]
    TooLong {
        /// The number of characters in the text.
        characters: usize,
        /// The maximum number of characters.
        limit: usize,
    },
    /// The text has more lines than the app shows (V1 only).
    #[error("the text has {lines} lines; the limit is {limit}")]
    TooManyLines {
        /// The number of lines in the text.
        lines: usize,
        /// The maximum number of lines.
        limit: usize,
    },
    /// A line has more characters than the app shows (V1 only).
    #[error("line {line} has {characters} characters; the limit is {limit}")]
    LineTooLong {
        /// The line number, counting from 1.
        line: usize,
        /// The number of characters in the line.
        characters: usize,
        /// The maximum number of characters in a line.
        limit: usize,
    },
}

/// What is wrong with a payment.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PaymentError {
    /// The amount is not a whole number.
    #[error(
        "the amount is not a whole number in digits, with no sign, decimal point or leading zero"
    )]
    Amount,
    /// The currency is not an ISO 4217 code.
    #[error("the currency is not an ISO 4217 code, such as EUR")]
    Currency,
    /// The text is not a valid IBAN: its country, its length for that country, or its check digits are
    /// wrong.
    #[error("the IBAN is not valid: {0}")]
    Iban(&'static str),
}
