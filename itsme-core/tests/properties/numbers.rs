//! Numbers with check digits: made here by their definitions, and spoilt.

use itsme_core::{
    Payment,
    belgium::{is_eid_number, is_national_number},
};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::config;

/// The remainder modulo 97 of a text in which letters stand for 10 to 35 (ISO 7064).
fn modulo_97(text: &str) -> u32 {
    text.chars().fold(0, |sum, character| {
        let value = character.to_digit(36).expect("a digit or a letter");
        (sum * if value < 10 { 10 } else { 100 } + value) % 97
    })
}

/// An IBAN of a country whose account numbers mix no letters with digits, so that 97 finds each
/// slip: of Austria, Belgium, Germany, Spain, and the Netherlands with their four letters.
fn iban() -> impl Strategy<Value = String> {
    let digits = |length: usize| vec(select(b"0123456789".as_slice()), length);
    let bban = prop_oneof![
        digits(16).prop_map(|bban| ("AT", bban)),
        digits(12).prop_map(|bban| ("BE", bban)),
        digits(18).prop_map(|bban| ("DE", bban)),
        digits(20).prop_map(|bban| ("ES", bban)),
        digits(10).prop_map(|digits| ("NL", [b"ABNA".as_slice(), &digits].concat())),
    ];
    bban.prop_map(|(country, bban)| {
        let bban = String::from_utf8(bban).expect("ASCII");
        let check = 98 - modulo_97(&format!("{bban}{country}00"));
        format!("{country}{check:02}{bban}")
    })
}

fn is_iban(text: &str) -> bool {
    Payment::new("1", "EUR", text).check().is_ok()
}

/// The text with one character in place of another one.
fn with(text: &str, place: usize, character: u8) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes[place] = character;
    String::from_utf8(bytes).expect("ASCII")
}

fn groups_of_four(iban: &str) -> String {
    iban.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four) + " ").collect()
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn an_iban_is_accepted_and_no_slip_in_it(iban in iban()) {
        prop_assert!(is_iban(&iban), "{}", iban);
        prop_assert!(is_iban(&groups_of_four(&iban)), "{}", iban);
        for place in 0..iban.len() {
            for character in (b'0'..=b'9').chain(b'A'..=b'Z') {
                let changed = with(&iban, place, character);
                prop_assert_eq!(is_iban(&changed), changed == iban, "{}", changed);
            }
        }
        for place in 1..iban.len() {
            let mut bytes = iban.clone().into_bytes();
            bytes.swap(place - 1, place);
            let swapped = String::from_utf8(bytes).expect("ASCII");
            prop_assert_eq!(is_iban(&swapped), swapped == iban, "{}", swapped);
        }
    }
}

/// Nine digits and what 97 lacks to divide them, after a 2 for people born from 2000 on.
fn national_number(body: u32, from_2000: bool) -> String {
    let counted = if from_2000 { format!("2{body:09}") } else { format!("{body:09}") };
    format!("{body:09}{:02}", 97 - modulo_97(&counted))
}

/// Whether a national number is one of the other century's as well.
fn fits_the_other_century(number: &str, from_2000: bool) -> bool {
    let body = number[..9].parse().expect("nine digits");
    national_number(body, !from_2000) == number
}

/// Ten digits and their remainder, 97 for none.
fn eid_number(body: u64) -> String {
    let check = modulo_97(&format!("{body:010}"));
    format!("{body:010}{:02}", if check == 0 { 97 } else { check })
}

fn dotted(number: &str) -> String {
    let [a, b, c, d, e] = [(0, 2), (2, 4), (4, 6), (6, 9), (9, 11)].map(|(i, j)| &number[i..j]);
    format!("{a}.{b}.{c}-{d}.{e}")
}

fn dashed(number: &str) -> String {
    format!("{}-{}-{}", &number[..3], &number[3..10], &number[10..])
}

/// Every text that differs from this one in one digit.
fn slips(number: &str) -> impl Iterator<Item = String> {
    let all = (0..number.len()).flat_map(|place| (b'0'..=b'9').map(move |digit| (place, digit)));
    all.map(|(place, digit)| with(number, place, digit)).filter(move |other| other != number)
}

proptest! {
    #![proptest_config(config(256))]

    /// One slip leads to no other number of the same century; to one of the other century's it can.
    #[test]
    fn a_national_number_is_accepted_and_no_slip_in_it(
        body in 0_u32..1_000_000_000, from_2000: bool,
    ) {
        let number = national_number(body, from_2000);
        prop_assert!(is_national_number(&number), "{}", number);
        for slip in slips(&number) {
            let expected = fits_the_other_century(&slip, from_2000);
            prop_assert_eq!(is_national_number(&slip), expected, "{}", slip);
        }
    }

    #[test]
    fn an_eid_number_is_accepted_and_no_slip_in_it(body in 0_u64..10_000_000_000) {
        let number = eid_number(body);
        prop_assert!(is_eid_number(&number), "{}", number);
        for slip in slips(&number) {
            prop_assert!(!is_eid_number(&slip), "{}", slip);
        }
    }

    #[test]
    fn punctuation_changes_nothing(
        body in 0_u32..1_000_000_000, from_2000: bool, card in 0_u64..10_000_000_000,
        check in 0_u32..100,
    ) {
        for number in [national_number(body, from_2000), format!("{body:09}{check:02}")] {
            prop_assert_eq!(is_national_number(&dotted(&number)), is_national_number(&number));
        }
        for number in [eid_number(card), format!("{card:010}{check:02}")] {
            prop_assert_eq!(is_eid_number(&dashed(&number)), is_eid_number(&number));
        }
    }

    #[test]
    fn other_texts_are_refused_without_panic(text: String) {
        prop_assume!(!text.bytes().any(|byte| byte.is_ascii_digit()));
        prop_assert!(!is_national_number(&text) && !is_eid_number(&text) && !is_iban(&text));
    }
}
