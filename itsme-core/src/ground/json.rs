//! Reads JSON objects strictly: a repeated member is an error at any depth, since two readers of the same
//! text could otherwise see different things (RFC 7519 §4, RFC 7515 §4).

use std::{borrow::Cow, cell::Cell, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// Why some text is not a JSON object. It never quotes the text.
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
            Self::Duplicate => "a JSON member appears twice",
            Self::NotAnObject => "it is JSON, but not an object",
            Self::NotJson => "it is not JSON",
            Self::TooMany => "it has more than 50,000 values",
            Self::TooShort => "the JSON is truncated",
        }
    }
}

/// Reads the members of a JSON object into a serde_json map.
pub(crate) fn object(text: &[u8]) -> Result<Map<String, Value>, JsonError> {
    members(text).map(Map::from)
}

/// Reads the members of a JSON object, or returns why the text is not an object. A leading byte order mark is
/// ignored (RFC 8259 §8.1).
pub(crate) fn members(text: &[u8]) -> Result<Members, JsonError> {
    let text = std::str::from_utf8(text).map_err(|_| JsonError::NotJson)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match serde_json::from_str(text) {
        Ok(members) => Ok(members),
        Err(error) if error.to_string().starts_with(DUPLICATE) => Err(JsonError::Duplicate),
        Err(error) if error.to_string().starts_with(TOO_MANY) => Err(JsonError::TooMany),
        Err(error) if error.is_eof() => Err(JsonError::TooShort),
        Err(error) if error.is_data() => Err(JsonError::NotAnObject),
        Err(_) => Err(JsonError::NotJson),
    }
}

/// Removes `null` members: some serializers write them for absent ones.
pub(crate) fn without_nulls(mut members: Map<String, Value>) -> Map<String, Value> {
    members.retain(|_, value| !value.is_null());
    members
}

/// Reads a number of seconds, which is sometimes sent as a string.
pub(crate) fn seconds(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    }
}

const DUPLICATE: &str = "duplicate member";

/// Small values take about a hundred times as much memory as text, so their number is limited too.
const MAX_VALUES: usize = 50_000;
const TOO_MANY: &str = "too many values";

/// The members of a JSON object, in order and without duplicates. A token has so few that scanning them
/// costs less than hashing.
#[derive(Clone, Default)]
pub struct Members(Vec<(Name, Value)>);

/// Most names are common to all tokens and are not allocated.
type Name = Cow<'static, str>;

/// The number of claims in a typical ID token; memory for this many is allocated once.
const USUAL: usize = 8;

/// For up to this many members, each name is compared with the previous ones. If there are more, all names are sorted
/// at the end.
const FEW: usize = 64;

impl Members {
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(crate) fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_ref())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<Value> {
        let place = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(place).1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets a member, replacing one of the same name.
    pub(crate) fn set(&mut self, name: Cow<'static, str>, value: Value) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.push(name, value),
        }
    }

    /// Adds a member whose name is not present yet.
    pub(crate) fn push(&mut self, name: Cow<'static, str>, value: Value) {
        self.0.push((name, value));
    }

    /// Removes `null` members: some serializers write them for absent ones.
    pub(crate) fn without_nulls(mut self) -> Self {
        self.0.retain(|(_, value)| !value.is_null());
        self
    }

    fn has_twins(&self) -> bool {
        let mut names: Vec<&str> = self.keys().collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair[0] == pair[1])
    }
}

impl IntoIterator for Members {
    type Item = (Cow<'static, str>, Value);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<Map<String, Value>> for Members {
    fn from(map: Map<String, Value>) -> Self {
        Self(map.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

impl From<Members> for Map<String, Value> {
    fn from(members: Members) -> Self {
        members.into_iter().map(|(name, value)| (name.into_owned(), value)).collect()
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TopLevel(Cell::new(0)))
    }
}

macro_rules! usual_names {
    ($($usual:literal)*) => {
        fn owned(name: &str) -> Name {
            match name {
                $($usual => Cow::Borrowed($usual),)*
                other => Cow::Owned(other.to_owned()),
            }
        }
    };
}

usual_names! {
    "alg" "cty" "enc" "kid" "typ"
    "access_token" "expires_in" "id_token" "token_type"
    "acr" "amr" "at_hash" "aud" "auth_time" "azp" "exp" "iat" "iss" "jti" "nbf" "nonce" "sub"
    "address" "birthdate" "email" "email_verified" "family_name" "gender" "given_name" "locale" "name"
    "phone_number" "phone_number_verified"
}

/// Reads a name.
struct AnyName;

impl<'de> DeserializeSeed<'de> for AnyName {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for AnyName {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        Ok(owned(name))
    }
}

/// Reads the members of the outermost object, rejects repeated ones, and counts the values.
struct TopLevel(Cell<usize>);

impl<'de> Visitor<'de> for TopLevel {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
        let mut members = Members(Vec::with_capacity(USUAL));
        while let Some(name) = access.next_key_seed(AnyName)? {
            let value = access.next_value_seed(AnyValue(&self.0))?;
            if members.len() < FEW && members.contains_key(&name) {
                return Err(A::Error::custom(DUPLICATE));
            }
            members.push(name, value);
        }
        if members.len() > FEW && members.has_twins() {
            return Err(A::Error::custom(DUPLICATE));
        }
        Ok(members)
    }
}

/// Reads any value in the same way.
struct AnyValue<'a>(&'a Cell<usize>);

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

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            if members.insert(name, access.next_value_seed(AnyValue(self.0))?).is_some() {
                return Err(A::Error::custom(DUPLICATE));
            }
        }
        Ok(Value::Object(members))
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
    fn a_member_stands_once_among_few_and_many() {
        for count in [2, FEW - 1, FEW, FEW + 1, 10 * FEW] {
            let text = |last: usize| {
                let names = (0..count - 1).chain([last]).map(|name| format!("\"{name}\":0"));
                format!("{{{}}}", names.collect::<Vec<_>>().join(","))
            };
            assert_eq!(members(text(count).as_bytes()).map(|it| it.len()), Ok(count));
            for twin in [0, count - 2] {
                let found = members(text(twin).as_bytes()).map(|it| it.len());
                assert_eq!(found, Err(JsonError::Duplicate), "{count} members");
            }
        }
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
