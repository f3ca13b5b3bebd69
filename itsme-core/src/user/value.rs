//! Reads the values of claims, which arrive in various forms.

use std::borrow::Cow;

use serde_json::Value;

use super::{Photo, about::Part, belgium::is_national_number};
use crate::{claims::country::Country, ground::json};

/// Reads a string. A whole number is also accepted, since some systems send a number instead of a string.
pub(super) fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned).or_else(|| whole(value))
}

/// Returns the national number as received. A JSON number has no leading zeros, so they are added back to a Belgian
/// national number if that makes its check digits correct.
pub(super) fn national_number(country: Country, value: &Value) -> Option<String> {
    let number = text(value)?;
    let padded = format!("{number:0>11}");
    let fits = country == Country::Belgium && value.is_number() && is_national_number(&padded);
    Some(if fits { padded } else { number })
}

pub(super) fn any_text(value: &Value) -> Option<String> {
    String::lenient(value)
}

pub(super) fn photo(value: &Value) -> Option<Photo> {
    Photo::read(value)
}

pub(super) fn as_it_is(value: &Value) -> Option<Value> {
    Some(value.clone())
}

pub(super) fn object(value: &Value) -> Option<Value> {
    Some(unwrapped(value).into_owned())
}

pub(super) fn flag(value: &Value) -> Option<bool> {
    bool::lenient(value)
}

/// Parses an object that is written as JSON inside a string, as in V1. Other values are returned unchanged.
pub(super) fn unwrapped(value: &Value) -> Cow<'_, Value> {
    let inner = value.as_str().and_then(|text| json::object(text.as_bytes()).ok());
    inner.map_or(Cow::Borrowed(value), |inner| Cow::Owned(Value::Object(inner)))
}

pub(super) fn part<T: Part>(value: &Value) -> Option<T> {
    unwrapped(value).as_object().map(T::read)
}

/// A type that can be read from the various forms in which a claim's value arrives.
pub(super) trait Lenient: Sized {
    fn lenient(value: &Value) -> Option<Self>;
}

impl Lenient for String {
    /// Reads strings, numbers and booleans as they are written. Whole numbers that are negative or larger than 2^53
    /// cannot be read.
    fn lenient(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) if number.as_f64().is_some_and(|it| it.fract() != 0.0) => {
                Some(value.to_string())
            }
            Value::Number(_) => whole(value),
            Value::Bool(_) => Some(value.to_string()),
            _ => None,
        }
    }
}

impl Lenient for bool {
    fn lenient(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => text.to_ascii_lowercase().parse().ok(),
            _ => None,
        }
    }
}

/// Reads a whole number as text. Numbers beyond 2^53 are not read, because many languages do not keep their exact
/// digits.
pub(super) fn whole(value: &Value) -> Option<String> {
    const MAX: u64 = 1 << 53;
    let float = |value: f64| value.fract() == 0.0 && (0.0..=MAX as f64).contains(&value);
    let whole =
        value.as_u64().or_else(|| value.as_f64().filter(|it| float(*it)).map(|it| it as u64));
    whole.filter(|number| *number <= MAX).map(|number| number.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::user::User;

    fn read(claims: Value) -> User {
        let Value::Object(claims) = claims else { panic!("an object") };
        *User::read("s".into(), claims.into())
    }

    #[test]
    fn numbers_are_read_where_texts_are_usual() {
        const NUMBER: &str = "http://itsme.services/v2/claim/BENationalNumber";
        const EID: &str = "tag:sixdots.be,2016-06:claim_eid";
        for (number, expected) in [
            (json!(85073003328_u64), "85073003328"),
            (json!(85073003328.0), "85073003328"),
            // Of someone born in 2005. The leading zero was lost, as the check digits confirm.
            (json!(5010100113_u64), "05010100113"),
            (json!(5010100114_u64), "5010100114"),
            (json!("5010100113"), "5010100113"),
            (json!("85.07.30-033.28"), "85.07.30-033.28"),
        ] {
            let user = read(json!({ NUMBER: number }));
            assert_eq!(user.national_numbers[&Country::Belgium], expected, "{number}");
            assert!(user.extra.is_empty());
            let user = read(json!({ EID: { "national_number": number, "eid": 591123456753_u64 } }));
            assert_eq!(user.national_numbers[&Country::Belgium], expected, "{number}");
            let eid = user.eid.expect("a card");
            assert_eq!(eid.national_number.as_deref(), Some(expected));
            assert_eq!(eid.eid.as_deref(), Some("591123456753"));
        }
        let user = read(json!({ "name": 7.0, "locale": 1_u64 << 53, "birthdate": 19850730 }));
        assert_eq!(user.name.as_deref(), Some("7"));
        assert_eq!(user.locale.as_deref(), Some("9007199254740992"));
        assert_eq!(user.birthdate.as_deref(), Some("19850730"));
        for odd in
            [json!((1_u64 << 53) + 1), json!(-1), json!(0.5), json!(1e300), json!(true), json!([7])]
        {
            let user = read(json!({ "phone_number": odd, NUMBER: odd }));
            assert_eq!((user.phone_number, user.national_numbers.len()), (None, 0), "{odd}");
            assert_eq!(user.extra.len(), 2);
        }
    }
    /// An operating system version or level can be a number.
    #[test]
    fn numbers_are_read_as_written_unless_they_may_have_been_rounded() {
        for (number, expected) in [
            (json!(7), Some("7")),
            (json!(7.0), Some("7")),
            (json!(17.5), Some("17.5")),
            (json!(-1), None),
            (json!((1_u64 << 53) + 1), None),
            (json!(true), Some("true")),
            (json!([]), None),
        ] {
            assert_eq!(String::lenient(&number).as_deref(), expected, "{number}");
        }
    }
}
