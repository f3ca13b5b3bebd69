//! Checks of the numbers on Belgian documents, for applications that want them.
//!
//! A verified token is never refused because a number fails these: what itsme has verified is true,
//! whatever a checksum says.

/// Whether the check digits of a Belgian national number are correct: 11 digits, or
/// `YY.MM.DD-xxx.cd`.
///
/// The last two digits are 97 minus the first nine modulo 97; for people born since 2000, a 2 is put
/// before the nine. The date is not checked: month and day can be 00 if unknown, and numbers of
/// people who are not registered (BIS) add 20 or 40 to the month. Do not compare it with the
/// birthdate either.
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

/// Whether a Belgian identity card number is correct: 12 digits, or `xxx-xxxxxxx-yy`, whose last two
/// digits are the first ten modulo 97 (97 for 0); or a residence card number, which is a letter and
/// nine digits without a check.
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

/// Only the digits; punctuation is dropped only if it is in the right places.
fn digits(text: &str, punctuated: bool) -> Option<String> {
    let kept: String = text.chars().filter(|c| c.is_ascii_digit() || !punctuated).collect();
    kept.bytes().all(|byte| byte.is_ascii_digit()).then_some(kept)
}

/// The first `N - 2` of `N` digits, and the last two.
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
        assert!(is_national_number("85073003328"), "from 1985, from the tax service's own pages");
        assert!(is_national_number("17073003384"), "from 2017, from the same pages");
        assert!(is_national_number("85.07.30-033.28"));
        assert!(is_national_number("00000000097"), "month and day can be 00, the check 97");
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
