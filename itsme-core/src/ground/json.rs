//! JSON objects read strictly: a member that stands twice is an error, since two readers of the
//! same text could otherwise see two different things (RFC 7519 §4, RFC 7515 §4). At every depth.

use std::{cell::Cell, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// Why a text is not a JSON object. It never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonError {
    Duplicate,
    NotAnObject,
    NotJson,
    TooMany,
    TooShort,
}

impl JsonError {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "a JSON member stands twice",
            Self::NotAnObject => "it is JSON, but not an object",
            Self::NotJson => "it is not JSON",
            Self::TooMany => "it has more than 50,000 values",
            Self::TooShort => "the JSON text ends too early",
        }
    }
}

/// The members of a JSON object, or why the text is none. A byte order mark before it is ignored
/// (RFC 8259 §8.1).
pub(crate) fn object(text: &[u8]) -> Result<Map<String, Value>, JsonError> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    match serde_json::from_slice::<UniqueMembers>(text) {
        Ok(UniqueMembers(members)) => Ok(members),
        Err(error) if error.to_string().starts_with(DUPLICATE) => Err(JsonError::Duplicate),
        Err(error) if error.to_string().starts_with(TOO_MANY) => Err(JsonError::TooMany),
        Err(error) if error.is_eof() => Err(JsonError::TooShort),
        Err(error) if error.is_data() => Err(JsonError::NotAnObject),
        Err(_) => Err(JsonError::NotJson),
    }
}

/// The members that are there: some serializers write `null` for the others.
pub(crate) fn without_nulls(mut members: Map<String, Value>) -> Map<String, Value> {
    members.retain(|_, value| !value.is_null());
    members
}

/// A number of seconds, which some write as text.
pub(crate) fn seconds(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    }
}

const DUPLICATE: &str = "duplicate member";

/// Small values take some hundred times their text in memory, so their number is bounded, too.
const MAX_VALUES: usize = 50_000;
const TOO_MANY: &str = "too many values";

/// Room for the members of a token, made once. What is within it grows as it needs.
const USUAL_MEMBERS: usize = 16;

struct UniqueMembers(Map<String, Value>);

impl<'de> Deserialize<'de> for UniqueMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = Cell::new(0);
        deserializer.deserialize_map(Members { values: &values, room: USUAL_MEMBERS }).map(Self)
    }
}

/// Reads the members of an object, each once, and counts its values.
struct Members<'a> {
    values: &'a Cell<usize>,
    room: usize,
}

/// Reads any value in the same way.
struct AnyValue<'a>(&'a Cell<usize>);

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Map::with_capacity(self.room);
        while let Some(name) = access.next_key::<String>()? {
            let value = access.next_value_seed(AnyValue(self.values))?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom(DUPLICATE));
            }
        }
        Ok(members)
    }
}

impl<'de> DeserializeSeed<'de> for AnyValue<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.0.set(self.0.get() + 1);
        if self.0.get() > MAX_VALUES {
            return Err(D::Error::custom(TOO_MANY));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyValue<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = access.next_element_seed(AnyValue(self.0))? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        Members { values: self.0, room: 0 }.visit_map(access).map(Value::Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_serde_json_reads_them() {
        let text = r#"{"a":[1,-2,3.5,1e300,18446744073709551615,true,null,"x\u00e9",{},[]],"b":{"c":"d"}}"#;
        let expected: Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(object(text.as_bytes()).map(Value::Object), Ok(expected));
    }

    #[test]
    fn there_are_only_so_many_values() {
        let text = |values| format!("{{\"a\":[{}0]}}", "0,".repeat(values - 2));
        assert!(object(text(MAX_VALUES).as_bytes()).is_ok());
        assert_eq!(object(text(MAX_VALUES + 1).as_bytes()), Err(JsonError::TooMany));
        let objects = format!("{{\"a\":[{}0]}}", "{\"\":0},".repeat(MAX_VALUES));
        assert_eq!(object(objects.as_bytes()), Err(JsonError::TooMany));
    }

    #[test]
    fn what_is_no_object_is_named() {
        assert_eq!(object(br#"{"a":1,"a":2}"#), Err(JsonError::Duplicate));
        assert_eq!(object(br#"{"a":1,"\u0061":2}"#), Err(JsonError::Duplicate));
        assert_eq!(object(br#"{"a":[{"b":{"c":1,"c":1}}]}"#), Err(JsonError::Duplicate));
        assert_eq!(object(br#"{"a":"#), Err(JsonError::TooShort));
        assert_eq!(object(br#"[1]"#), Err(JsonError::NotAnObject));
        assert_eq!(object(b"<html>"), Err(JsonError::NotJson));
        assert_eq!(object(br#"{"a":1} x"#), Err(JsonError::NotJson));
        assert_eq!(object(&b"[".repeat(100_000)), Err(JsonError::NotAnObject));
        assert_eq!(
            object(&[&b"{\"a\":"[..], &b"[".repeat(100_000)].concat()),
            Err(JsonError::NotJson)
        );
    }
}
