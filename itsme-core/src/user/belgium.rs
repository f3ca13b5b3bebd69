//! Optional checks for the numbers on Belgian documents.
//!
//! The library never refuses a verified token because a number fails these checks. itsme has verified the
//! number, so it counts as correct even if its check digits do not match.

/// Whether the text is a Belgian national number with correct check digits. The number must be written as
/// 11 digits or as `YY.MM.DD-xxx.cd`.
///
/// The check digits are the last two digits. They equal 97 minus the remainder of the first nine digits
/// divided by 97. For people born in 2000 or later, a 2 is prepended to the nine digits before the division.
///
/// The date in the number is not checked. The month and day can be 00 if they are unknown, and the numbers of
/// people who are not in the national register (BIS numbers) add 20 or 40 to the month. For the same
/// reasons, do not compare the date with the user's birthdate.
///
/// ```
/// use itsme_core::belgium::is_national_number;
///
/// assert!(is_national_number("85.07.30-033.28"));
/// assert!(!is_national_number("85.07.30-033.29"));
/// ```
pub fn is_national_number(text: &str) -> bool {
    let written = text.as_bytes();
    let dotted =
        written.len() == 15 && [written[2], written[5], written[8], written[12]] == *b"..-.";
    let Some(digits) = digits(text, dotted) else { return false };
    let Some((body, check)) = split::<11>(&digits) else { return false };
    let right = |body: u64| 97 - body % 97 == check;
    right(body) || right(2_000_000_000 + body)
}

/// Whether the text is a valid Belgian identity card or residence card number.
///
/// An identity card number has 12 digits and can also be written as `xxx-xxxxxxx-yy`. The last two digits
/// must be the remainder of the first ten digits divided by 97, or 97 if the remainder is 0. A residence
/// card number is a letter followed by nine digits and has no check digits.
///
/// ```
/// use itsme_core::belgium::is_eid_number;
///
/// assert!(is_eid_number("591-1234567-53"));
/// assert!(is_eid_number("B123456789"));
/// assert!(!is_eid_number("591-1234567-54"));
/// ```
pub fn is_eid_number(text: &str) -> bool {
    let written = text.as_bytes();
    if written.len() == 10 && written[0].is_ascii_uppercase() {
        return written[1..].iter().all(u8::is_ascii_digit);
    }
    let dashed = written.len() == 14 && [written[3], written[11]] == *b"--";
    let Some(digits) = digits(text, dashed) else { return false };
    let Some((body, check)) = split::<12>(&digits) else { return false };
    let expected = if body.is_multiple_of(97) { 97 } else { body % 97 };
    expected == check
}

/// Removes the punctuation from a number if `punctuated`. Returns `None` unless only digits are left.
fn digits(text: &str, punctuated: bool) -> Option<String> {
    let kept: String = text.chars().filter(|c| c.is_ascii_digit() || !punctuated).collect();
    kept.bytes().all(|byte| byte.is_ascii_digit()).then_some(kept)
}

/// Splits a number of `N` digits into its first `N - 2` digits and its last two.
fn split<const N: usize>(digits: &str) -> Option<(u64, u64)> {
    if digits.len() != N {
        return None;
    }
    let (body, check) = digits.split_at(N - 2);
    Some((body.parse().ok()?, check.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn national_numbers() {
        // Both numbers are from the tax service's website.
        assert!(is_national_number("85073003328"), "born in 1985");
        assert!(is_national_number("17073003384"), "born in 2017");
        assert!(is_national_number("85.07.30-033.28"));
        assert!(is_national_number("00000000097"), "the date can be 00, the check digits 97");
        for wrong in [
            "",
            "00000000000",
            "85073003329",
            "8507300332",
            "850730033280",
            "85-07-30-033-28",
            "85.07.30-033.2x",
            "85.07.30.033.28",
            "85073003300",
            "８5073003328",
            "85 07 30 033 28",
        ] {
            assert!(!is_national_number(wrong), "{wrong}");
        }
    }

    #[test]
    fn eid_numbers() {
        let number = |body: u64| {
            let check = if body.is_multiple_of(97) { 97 } else { body % 97 };
            format!("{body:010}{check:02}")
        };
        for body in [5_911_234_567, 0, 97, 9_999_999_999] {
            let right = number(body);
            assert!(is_eid_number(&right), "{right}");
            assert!(is_eid_number(&format!("{}-{}-{}", &right[..3], &right[3..10], &right[10..])));
        }
        for wrong in
            ["", "000000000000", "591123456754", "b123456789", "B12345678", "591-12345-6753"]
        {
            assert!(!is_eid_number(wrong), "{wrong}");
        }
    }
}
