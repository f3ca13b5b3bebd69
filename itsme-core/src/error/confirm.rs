use thiserror::Error;

use crate::ground::text::printable;

/// What is wrong with a free text. Positions count characters of the text as given, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FreeTextError {
    /// There is no text.
    #[error("the text is empty")]
    Empty,
    /// A character that the app cannot show.
    #[error(
        "the character `{}` at position {position} is not in the app's character set \
         (`plain_typography` replaces typographic quotes and dashes; a line ends with <br>)",
        character.escape_debug()
    )]
    Character {
        /// The character.
        character: char,
        /// Where it stands.
        position: usize,
    },
    /// Something in angle brackets that the app does not know.
    #[error("the tag `{}` at position {position} is none of <b> <i> <u> <br>", printable(tag))]
    Tag {
        /// The tag, or as much of it as there is.
        tag: String,
        /// Where it begins.
        position: usize,
    },
    /// A tag that is not closed, or closed where another one is open.
    #[error("the tag `{}` at position {position} has no counterpart", printable(tag))]
    Unbalanced {
        /// The tag.
        tag: String,
        /// Where it begins.
        position: usize,
    },
    /// More characters than the app shows, tags included.
    #[error("the text has {characters} characters as it is sent, {limit} are possible")]
    TooLong {
        /// How many there are.
        characters: usize,
        /// How many there may be.
        limit: usize,
    },
    /// More lines than the app shows. V1.
    #[error("the text has {lines} lines, {limit} are possible")]
    TooManyLines {
        /// How many there are.
        lines: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A line with more characters than the app shows. V1.
    #[error("line {line} has {characters} characters, {limit} are possible")]
    LineTooLong {
        /// Which line, from 1.
        line: usize,
        /// How many there are.
        characters: usize,
        /// How many there may be.
        limit: usize,
    },
}

/// What is wrong with a payment.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PaymentError {
    /// Not a whole number.
    #[error("the amount is not a whole number in digits, without sign, point or leading zero")]
    Amount,
    /// Not a currency of ISO 4217.
    #[error("the currency is not a code of ISO 4217, such as EUR")]
    Currency,
    /// Not an IBAN: its country, its length for that country, or its check digits are wrong.
    #[error("the IBAN is wrong: {0}")]
    Iban(&'static str),
}
