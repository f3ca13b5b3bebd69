//! JSON objects read strictly: a member that stands twice is an error, since two readers of the
//! same text could otherwise see two different things (RFC 7519 §4, RFC 7515 §4).

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::{Map, Value};

/// Why a text is not a JSON object. It never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonFault {
    Duplicate,
    NotAnObject,
    NotJson,
    TooShort,
}

impl JsonFault {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "a JSON member stands twice",
            Self::NotAnObject => "it is JSON, but not an object",
            Self::NotJson => "it is not JSON",
            Self::TooShort => "the JSON text ends too early",
        }
    }
}

/// The members of a JSON object, or why the text is none.
pub(crate) fn object(text: &[u8]) -> Result<Map<String, Value>, JsonFault> {
    match serde_json::from_slice::<UniqueMembers>(text) {
        Ok(UniqueMembers(members)) => Ok(members),
        Err(error) if error.to_string().starts_with(DUPLICATE) => Err(JsonFault::Duplicate),
        Err(error) if error.is_eof() => Err(JsonFault::TooShort),
        Err(error) if error.is_data() => Err(JsonFault::NotAnObject),
        Err(_) => Err(JsonFault::NotJson),
    }
}

/// A number of seconds, which some write as text.
pub(crate) fn seconds(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    }
}

const DUPLICATE: &str = "duplicate member";

struct UniqueMembers(Map<String, Value>);

impl<'de> Deserialize<'de> for UniqueMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = UniqueMembers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut access: A,
            ) -> Result<UniqueMembers, A::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = access.next_entry::<String, Value>()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom(DUPLICATE));
                    }
                }
                Ok(UniqueMembers(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_kept_in_order() {
        let members = object(br#" {"b":1,"a":[true]} "#).expect("an object");
        assert_eq!(members.keys().collect::<Vec<_>>(), ["b", "a"]);
    }

    #[test]
    fn what_is_no_object_is_named() {
        assert_eq!(object(br#"{"a":1,"a":2}"#), Err(JsonFault::Duplicate));
        assert_eq!(object(br#"{"a":1,"\u0061":2}"#), Err(JsonFault::Duplicate));
        assert_eq!(object(br#"{"a":"#), Err(JsonFault::TooShort));
        assert_eq!(object(br#"[1]"#), Err(JsonFault::NotAnObject));
        assert_eq!(object(b"<html>"), Err(JsonFault::NotJson));
        assert_eq!(object(br#"{"a":1} x"#), Err(JsonFault::NotJson));
        assert_eq!(object(&b"[".repeat(100_000)), Err(JsonFault::NotAnObject));
        assert_eq!(
            object(&[&b"{\"a\":"[..], &b"[".repeat(100_000)].concat()),
            Err(JsonFault::NotJson)
        );
    }
}
