use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::{Map, Value};

use crate::claims::ABOUT_THE_TOKEN;

/// A person whose identity itsme has vouched for.
///
/// Only [`sub`](Self::sub) is always there, and only `sub` may link the person to an account: it
/// is stable and different at each partner. It changes when somebody deletes and re-creates their
/// itsme account, so let a *logged-in* user link a new one; never match by e-mail or name.
///
/// Every claim may be missing, whatever was asked: which ones a person has depends on their
/// document (itsme: data availability). `Debug` shows which claims there are and none of their
/// values; serde writes them all.
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct User {
    /// Who they are to this application: an opaque text, compared octet by octet.
    pub sub: String,
    /// Full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Given names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Date of birth as `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<String>,
    /// `female`, `male`, `unknown` or `n/a`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// The language of the app: `NL`, `FR`, `DE` or `EN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The address of the person's picture, to be had with the access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// The e-mail address that the person typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether itsme has verified the e-mail address; always false today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// The telephone number of the phone with the app, as `+32 485694175`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Whether the telephone number is verified; always true today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number_verified: Option<bool>,
    /// The postal address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// Whether the person is 16 or older.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_gte_16: Option<bool>,
    /// Whether the person is 18 or older.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_gte_18: Option<bool>,
    /// Whether the person is 21 or older.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_gte_21: Option<bool>,
    /// Whether the person is 30 or older.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_gte_30: Option<bool>,
    /// Every other claim, and those whose value is not of the usual kind, as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A postal address (OIDC Core §5.1.1, itsme: `address`).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Address {
    /// The whole address in one text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    /// Street, number and box.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Town.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// Country; the older dialect only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Every other member, as it came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl User {
    /// From the claims of verified tokens, leniently: what does not read goes to `extra`.
    pub(crate) fn read(sub: String, mut claims: Map<String, Value>) -> Self {
        for claim in ABOUT_THE_TOKEN {
            claims.remove(claim);
        }
        let from = &mut claims;
        Self {
            sub,
            name: text(from, "name"),
            given_name: text(from, "given_name"),
            family_name: text(from, "family_name"),
            birthdate: text(from, "birthdate"),
            gender: text(from, "gender"),
            locale: text(from, "locale"),
            picture: text(from, "picture"),
            email: text(from, "email"),
            email_verified: flag(from, "email_verified"),
            phone_number: text(from, "phone_number"),
            phone_number_verified: flag(from, "phone_number_verified"),
            address: address(from),
            age_gte_16: flag(from, "age_gte_16"),
            age_gte_18: flag(from, "age_gte_18"),
            age_gte_21: flag(from, "age_gte_21"),
            age_gte_30: flag(from, "age_gte_30"),
            extra: claims,
        }
    }
}

/// Takes the value out of the claims if `read` makes sense of it, and leaves it there if not.
fn take<T>(
    claims: &mut Map<String, Value>,
    name: &str,
    read: impl FnOnce(&Value) -> Option<T>,
) -> Option<T> {
    let value = read(claims.get(name)?)?;
    claims.remove(name);
    Some(value)
}

fn text(claims: &mut Map<String, Value>, name: &str) -> Option<String> {
    take(claims, name, |value| value.as_str().map(str::to_owned))
}

/// A boolean, which itsme sometimes writes as text.
fn flag(claims: &mut Map<String, Value>, name: &str) -> Option<bool> {
    take(claims, name, |value| match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.to_ascii_lowercase().parse().ok(),
        _ => None,
    })
}

/// An address, which itsme sometimes writes as JSON inside a text.
fn address(claims: &mut Map<String, Value>) -> Option<Address> {
    take(claims, "address", |value| match value {
        Value::String(text) => serde_json::from_str(text).ok(),
        value => Address::deserialize(value).ok(),
    })
}

/// As leniently as from a token: what was stored can be read again.
impl<'de> Deserialize<'de> for User {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut claims = Map::deserialize(from)?;
        match claims.remove("sub") {
            Some(Value::String(sub)) if !sub.is_empty() => Ok(Self::read(sub, claims)),
            _ => Err(D::Error::missing_field("sub")),
        }
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let claims = serde_json::to_value(self).unwrap_or_default();
        let names = claims.as_object().into_iter().flat_map(|claims| claims.keys());
        f.write_str("User")?;
        f.debug_set().entries(names).finish()
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(claims: Value) -> User {
        let Value::Object(claims) = claims else { panic!("an object") };
        User::read("s".into(), claims)
    }

    #[test]
    fn reading_is_lenient_and_loses_nothing() {
        let user = read(json!({
            "iss": "https://op", "exp": 1, "nonce": "n",
            "name": "Ann Peeters",
            "given_name": 7,
            "email_verified": "False",
            "age_gte_18": true,
            "address": "{\"locality\":\"Gent\",\"postal_code\":\"9000\"}",
            "urn:new": [1],
        }));
        assert_eq!(user.name.as_deref(), Some("Ann Peeters"));
        assert_eq!(user.email_verified, Some(false));
        assert_eq!(user.age_gte_18, Some(true));
        assert_eq!(user.address.as_ref().and_then(|a| a.locality.as_deref()), Some("Gent"));
        assert_eq!(Value::Object(user.extra), json!({ "given_name": 7, "urn:new": [1] }));
    }

    #[test]
    fn what_was_stored_is_read_again() {
        let user = read(json!({
            "given_name": 7, "address": "a plain text", "email_verified": "maybe", "x": null,
        }));
        let stored = serde_json::to_value(&user).expect("serializes");
        assert_eq!(serde_json::from_value::<User>(stored).expect("deserializes"), user);
        let user = read(json!({ "address": { "locality": "Gent", "floor": 3 } }));
        let stored = serde_json::to_value(&user).expect("serializes");
        assert_eq!(stored["address"], json!({ "locality": "Gent", "floor": 3 }));
        assert!(serde_json::from_value::<User>(json!({ "name": "Ann" })).is_err());
    }

    #[test]
    fn serde_keeps_everything_and_debug_shows_nothing() {
        let user = read(json!({ "name": "Ann Peeters", "urn:new": "secret" }));
        let stored = serde_json::to_string(&user).expect("serializes");
        assert_eq!(stored, r#"{"sub":"s","name":"Ann Peeters","urn:new":"secret"}"#);
        assert_eq!(serde_json::from_str::<User>(&stored).expect("deserializes"), user);
        assert_eq!(format!("{user:?}"), r#"User{"sub", "name", "urn:new"}"#);
    }
}
