//! From the claims of verified tokens to a [`User`], leniently: itsme writes the same thing in
//! several ways, and what does not read is kept in `extra`.

use std::{cmp::Reverse, collections::BTreeMap};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    About, Photo, User,
    about::{Eid, Lenient, PlaceOfBirth},
};
use crate::{
    claims::{ABOUT_THE_TOKEN, country::Country, table::claims},
    dialect::names::{Origin, WireName},
    ground::json,
};

/// How one claim of the table is read.
macro_rules! read {
    ($user:ident, $value:ident, about $about:ident) => {
        $user.read_about(About::$about, $value)
    };
    ($user:ident, $value:ident, own $method:ident) => {
        $user.$method($value)
    };
    ($user:ident, $value:ident, $how:ident $field:ident) => {
        set(&mut $user.$field, $how($value))
    };
}

macro_rules! reader {
    ($($(#[$doc:meta])* $claim:ident: $($origin:ident $name:literal),+ => $how:ident $field:ident;)*) => {
        impl User {
            /// Reads one claim by its name in either dialect. `None`: it is not known, or its value
            /// is not of the usual kind.
            fn read_claim(&mut self, name: WireName<'_>, value: &Value) -> Option<()> {
                $(
                    if $(name.is(Origin::$origin, $name))||+ {
                        return read!(self, value, $how $field);
                    }
                )*
                match Country::of_national_number_claim(name.name) {
                    Some(country) if name.origin == Origin::V2 => {
                        let number = text(value)?;
                        let known = self.national_numbers.entry(country);
                        (*known.or_insert_with(|| number.clone()) == number).then_some(())
                    }
                    _ => None,
                }
            }
        }
    };
}

claims!(reader);

impl User {
    /// Reads both dialects.
    pub(crate) fn read(sub: String, claims: Map<String, Value>) -> Self {
        let mut user = Self::new(sub);
        // A claim can come by two names. V2's counts first, in the writing of its pages, whatever order
        // the token has.
        let mut claims: Vec<_> = claims.into_iter().collect();
        claims.sort_unstable_by(|(a, _), (b, _)| rank(a).cmp(&rank(b)));
        for (name, value) in claims {
            if ABOUT_THE_TOKEN.contains(&name.as_str()) {
                continue;
            }
            if user.read_claim(WireName::of(&name), &value).is_none() {
                user.extra.insert(name, value);
            }
        }
        user
    }

    fn read_city_of_birth(&mut self, value: &Value) -> Option<()> {
        let city = text(value)?;
        set(&mut self.born().city, Some(city))
    }

    fn read_country_of_birth(&mut self, value: &Value) -> Option<()> {
        let country = text(value)?;
        set(&mut self.born().country, Some(country))
    }

    fn born(&mut self) -> &mut PlaceOfBirth {
        self.place_of_birth.get_or_insert_default()
    }

    /// V1 tells in one claim what V2 tells in several; both are filled.
    fn read_eid(&mut self, value: &Value) -> Option<()> {
        let eid: Eid = part(value)?;
        self.be_eid_sn = self.be_eid_sn.take().or_else(|| eid.eid.clone());
        if let Some(number) = &eid.national_number {
            self.national_numbers.entry(Country::Belgium).or_insert_with(|| number.clone());
        }
        set(&mut self.eid, Some(eid))
    }

    /// An object keyed by the claims that it speaks of. All of it is understood, or it is kept.
    fn read_about(&mut self, about: About, value: &Value) -> Option<()> {
        let Value::Object(members) = unwrapped(value) else { return None };
        let mut known = BTreeMap::new();
        for (claim, told) in members {
            known.insert(claim, text(&told)?);
        }
        let first = self.metadata.entry(about).or_insert_with(|| known.clone());
        (*first == known).then_some(())
    }
}

fn rank(name: &str) -> (bool, Reverse<&str>) {
    (WireName::of(name).origin == Origin::V1, Reverse(name))
}

/// A claim can have come by another name already; what says something else than that is kept as it
/// came.
fn set<T: PartialEq>(field: &mut Option<T>, value: Option<T>) -> Option<()> {
    let value = value?;
    match field {
        Some(known) => (*known == value).then_some(()),
        None => {
            *field = Some(value);
            Some(())
        }
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn any_text(value: &Value) -> Option<String> {
    String::lenient(value)
}

fn photo(value: &Value) -> Option<Photo> {
    Photo::read(value)
}

fn as_it_is(value: &Value) -> Option<Value> {
    Some(value.clone())
}

fn object(value: &Value) -> Option<Value> {
    Some(unwrapped(value))
}

fn flag(value: &Value) -> Option<bool> {
    bool::lenient(value)
}

/// An object, which V1 writes as JSON inside a text.
fn unwrapped(value: &Value) -> Value {
    let inner = value.as_str().and_then(|text| json::object(text.as_bytes()).ok());
    inner.map_or_else(|| value.clone(), Value::Object)
}

fn part<T: DeserializeOwned>(value: &Value) -> Option<T> {
    match value {
        Value::Object(_) => T::deserialize(value).ok(),
        Value::String(text) => {
            let members = json::object(text.as_bytes()).ok()?;
            T::deserialize(Value::Object(members)).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::claims::Claim;

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
            "address": "{\"locality\":\"Gent\",\"postal_code\":9000,\"floor\":3}",
            "urn:new": [1],
            "http://itsme.services/v2/claim/ongoing_call": "maybe",
            "http://itsme.services/v2/claim/claim_device": { "rooted": [] },
        }));
        assert_eq!(user.name.as_deref(), Some("Ann Peeters"));
        assert_eq!(user.email_verified, Some(false));
        assert_eq!(user.age_gte_18, Some(true));
        let address = user.address.expect("an address");
        assert_eq!(address.locality.as_deref(), Some("Gent"));
        assert_eq!(address.postal_code.as_deref(), Some("9000"));
        assert_eq!(address.extra["floor"], 3);
        assert_eq!(
            Value::Object(user.extra),
            json!({
                "given_name": 7,
                "urn:new": [1],
                "http://itsme.services/v2/claim/ongoing_call": "maybe",
                "http://itsme.services/v2/claim/claim_device": { "rooted": [] },
            })
        );
    }

    /// Names are read without regard to case and dialect, so that a claim can come twice.
    #[test]
    fn of_two_names_for_one_claim_the_first_counts_and_the_second_is_kept() {
        let again = json!({
            "http://itsme.services/V2/claim/beeidsn": "2",
            "tag:sixdots.be,2016-06:claim_nationality": "NL",
            "http://itsme.services/V2/claim/VALIDITYTO": { "name": "2031" },
        });
        let mut claims = json!({
            "http://itsme.services/v2/claim/BEeidSn": "1",
            "http://itsme.services/v2/claim/claim_citizenship": "BE",
            "http://itsme.services/v2/claim/validityTo": { "name": "2030" },
            "http://itsme.services/v2/claim/BENationalNumber": "85073003328",
            "tag:sixdots.be,2016-06:claim_eid": { "eid": "3", "national_number": "17073003384" },
        });
        for (name, value) in again.as_object().expect("an object") {
            claims[name] = value.clone();
        }
        let user = read(claims);
        assert_eq!(user.be_eid_sn.as_deref(), Some("1"));
        assert_eq!(user.citizenship.as_deref(), Some("BE"));
        assert_eq!(user.valid_until(&Claim::Name), Some("2030"));
        assert_eq!(user.national_numbers[&Country::Belgium], "85073003328");
        let eid = user.eid.expect("a card");
        assert_eq!(eid.eid.as_deref(), Some("3"));
        assert_eq!(eid.national_number.as_deref(), Some("17073003384"));
        assert_eq!(Value::Object(user.extra), again);
    }

    #[test]
    fn metadata_is_read_by_claim() {
        let user = read(json!({
            "http://itsme.services/v2/claim/verificationDate": {
                "birthdate": "2023-06-01T13:04:26Z",
                "http://itsme.services/V2/claim/BENationalNumber": "2023-06-02",
            },
            "http://itsme.services/v2/claim/IDIssuingCountry": { "name": "BEL" },
            "http://itsme.services/v2/claim/validityTo": { "name": 7 },
        }));
        assert_eq!(user.verified_at(&Claim::Birthdate), Some("2023-06-01T13:04:26Z"));
        let number = Claim::NationalNumber(Country::Belgium);
        assert_eq!(user.verified_at(&number), Some("2023-06-02"));
        assert_eq!(user.verified_at(&Claim::Name), None);
        assert_eq!(user.issuing_country(&Claim::Name), Some("BEL"));
        assert_eq!(user.valid_until(&Claim::Name), None);
        assert_eq!(user.extra.len(), 1, "what is not understood is kept");
    }

    #[test]
    fn metadata_is_found_by_any_writing_of_a_name() {
        let user = read(json!({
            "http://itsme.services/v2/claim/verificationDate": {
                "Birthdate": "1", "http://itsme.services/v2/claim/new": "2", "urn:x": "3",
            },
        }));
        assert_eq!(user.verified_at(&Claim::Birthdate), Some("1"));
        let new = Claim::Other("http://itsme.services/V2/claim/new".to_owned());
        assert_eq!(user.verified_at(&new), Some("2"));
        assert_eq!(user.verified_at(&Claim::Other("urn:X".to_owned())), Some("3"));
    }

    #[test]
    fn what_was_stored_is_read_again_and_debug_shows_nothing() {
        let user = read(json!({
            "name": "Ann Peeters",
            "given_name": 7,
            "address": { "locality": "Gent", "floor": 3 },
            "tag:sixdots.be,2016-06:claim_eid": { "national_number": "85073003328" },
            "tag:sixdots.be,2016-06:claim_city_of_birth": "Gent",
            "tag:sixdots.be,2017-05:claim_photo": "/9j/AAA=",
            "http://itsme.services/v2/claim/verificationDate": { "name": "2023" },
        }));
        let stored = serde_json::to_string(&user).expect("serializes");
        assert_eq!(serde_json::from_str::<User>(&stored).expect("deserializes"), user);
        let shown = format!("{user:?} {:?} {:?} {:?}", user.photo, user.address, user.eid);
        for hidden in ["Ann", "Gent", "8507", "9j"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        assert!(shown.contains("\"national_numbers\""), "{shown}");
    }
}
