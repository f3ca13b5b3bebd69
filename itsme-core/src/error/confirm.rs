use thiserror::Error;

use crate::ground::text::printable;

/// What is wrong with a free text. Positions count the characters of the text as given, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FreeTextError {
    /// The text is empty.
    #[error("the text is empty")]
    Empty,
    /// A character that the app cannot show.
    #[error(
        "the character `{}` at position {position} is not in the app's character set \
         (`plain_typography` replaces typographic quotes and dashes; end lines with <br>)",
        character.escape_debug()
    )]
    Character {
        /// The character.
        character: char,
        /// Its position.
        position: usize,
    },
    /// Something in angle brackets that is not a tag the app supports.
    #[error("the tag `{}` at position {position} is not one of <b> <i> <u> <br>", printable(tag))]
    Tag {
        /// The tag, or as much of it as there is.
        tag: String,
        /// Its position.
        position: usize,
    },
    /// A tag that is never closed, or closed while another is open.
    #[error("the tag `{}` at position {position} has no counterpart", printable(tag))]
    Unbalanced {
        /// The tag.
        tag: String,
        /// Its position.
        position: usize,
    },
    /// More characters than the app shows, counting tags.
    #[error("the text has {characters} characters as sent; the limit is {limit}")]
    TooLong {
        /// How many characters the text has.
        characters: usize,
        /// How many it may have.
        limit: usize,
    },
    /// More lines than the app shows (V1 only).
    #[error("the text has {lines} lines; the limit is {limit}")]
    TooManyLines {
        /// How many lines the text has.
        lines: usize,
        /// How many it may have.
        limit: usize,
    },
    /// A line with more characters than the app shows (V1 only).
    #[error("line {line} has {characters} characters; the limit is {limit}")]
    LineTooLong {
        /// The number of the line, from 1.
        line: usize,
        /// How many characters the line has.
        characters: usize,
        /// How many it may have.
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
    /// The text is not an IBAN: its country, its length for that country, or its check digits are
    /// wrong.
    #[error("the IBAN is not valid: {0}")]
    Iban(&'static str),
}
