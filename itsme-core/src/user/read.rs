//! Reads the claims of verified tokens into a [`User`]. Reading is lenient, since itsme writes the same claims
//! in several ways. Any value that cannot be read is kept in `extra`.

use std::collections::{BTreeMap, btree_map::Entry};

use serde_json::{Map, Value};

use super::{
    About, User,
    about::{Eid, PlaceOfBirth, left},
    value::{any_text, as_it_is, flag, national_number, object, part, photo, text, unwrapped},
};
use crate::{
    claims::{about_the_token, country::Country, table::claims},
    dialect::names::{Origin, WireName},
    ground::json::Members,
};

/// Reads one claim in the way that the table of claims specifies.
macro_rules! read {
    ($user:ident, $value:ident, about $about:ident) => {
        $user.read_about(About::$about, $value)
    };
    ($user:ident, $value:ident, own $method:ident) => {
        $user.$method($value)
    };
    ($user:ident, $value:ident, $how:ident $field:ident) => {
        set(&mut $user.$field, $how(&$value), $value)
    };
}

macro_rules! reader {
    ($($(#[$doc:meta])* $claim:ident: $($origin:ident $name:literal),+ => $how:ident $field:ident;)*) => {
        impl User {
            /// Reads one claim, whose name can be in either dialect. Returns the part of the value
            /// that was not read. This is the whole value if the claim is unknown or the value has an
            /// unexpected form.
            fn read_claim(&mut self, name: WireName<'_>, value: Value) -> Option<Value> {
                $(
                    if $(name.is(Origin::$origin, $name))||+ {
                        return read!(self, value, $how $field);
                    }
                )*
                match Country::of_national_number_claim(name.name) {
                    Some(country) if name.origin != Origin::V1 => {
                        let mut known = self.national_numbers.remove(&country);
                        let left = set(&mut known, national_number(country, &value), value);
                        self.national_numbers.extend(known.map(|number| (country, number)));
                        left
                    }
                    _ => Some(value),
                }
            }
        }
    };
}

claims!(reader);

impl User {
    /// Reads the claims of a token in either dialect.
    pub(crate) fn read(sub: String, claims: Members) -> Box<Self> {
        let mut user = Box::new(Self::new(sub));
        let about_them = claims.into_iter().filter(|(name, _)| about_the_token(name).is_none());
        let mut claims: Vec<_> =
            about_them.map(|(name, value)| (WireName::of(&name).origin, name, value)).collect();
        // A claim can arrive under two names. V2's name, spelled as in itsme's documentation, takes precedence,
        // whatever the order in the token.
        claims.sort_unstable_by(|(a, name, _), (b, other, _)| {
            rank(*a).cmp(&rank(*b)).then_with(|| other.cmp(name))
        });
        for (_, name, value) in claims {
            if let Some(left) = user.read_claim(WireName::of(&name), value) {
                user.extra.insert(name.into_owned(), left);
            }
        }
        user
    }

    fn read_city_of_birth(&mut self, value: Value) -> Option<Value> {
        self.read_birth(|born| &mut born.city, value)
    }

    fn read_country_of_birth(&mut self, value: Value) -> Option<Value> {
        self.read_birth(|born| &mut born.country, value)
    }

    fn read_birth(
        &mut self,
        member: fn(&mut PlaceOfBirth) -> &mut Option<String>,
        value: Value,
    ) -> Option<Value> {
        match text(&value) {
            Some(text) => {
                set(member(self.place_of_birth.get_or_insert_default()), Some(text), value)
            }
            None => Some(value),
        }
    }

    /// Reads the data of an identity card. V1 returns it in one claim, and V2 in several. The fields for V2's
    /// claims are filled as well.
    fn read_eid(&mut self, value: Value) -> Option<Value> {
        let Some(mut eid) = part::<Eid>(&value) else { return Some(value) };
        let members = unwrapped(&value);
        let number = members.get("national_number");
        if let Some(number) = number.and_then(|it| national_number(Country::Belgium, it)) {
            eid.national_number = Some(number.clone());
            self.national_numbers.entry(Country::Belgium).or_insert(number);
        }
        self.be_eid_sn = self.be_eid_sn.take().or_else(|| eid.eid.clone());
        set(&mut self.eid, Some(eid), value)
    }

    /// Reads metadata, which is an object keyed by the claims that it describes. Returns the members that
    /// cannot be read.
    fn read_about(&mut self, about: About, value: Value) -> Option<Value> {
        let Some((known, left)) = told(&value) else { return Some(value) };
        match self.metadata.entry(about) {
            Entry::Vacant(place) => drop(place.insert(known)),
            Entry::Occupied(first) if *first.get() != known => return Some(value),
            Entry::Occupied(_) => {}
        }
        (!left.is_empty()).then_some(Value::Object(left))
    }
}

/// The metadata by claim, and the members that cannot be read. `None` if no member can be read.
fn told(value: &Value) -> Option<(BTreeMap<String, String>, Map<String, Value>)> {
    let object = unwrapped(value);
    let members = object.as_object()?;
    let known = members.iter().filter_map(|(claim, told)| Some((claim.clone(), text(told)?)));
    let known: BTreeMap<_, _> = known.collect();
    let left = left(members, |claim| known.contains_key(claim));
    (!known.is_empty()).then_some((known, left))
}

/// Ranks V2 names first, then names without a prefix, then V1 names.
fn rank(origin: Origin) -> u8 {
    match origin {
        Origin::V2 => 0,
        Origin::Plain => 1,
        Origin::V1 => 2,
    }
}

/// Sets a field. Returns the value if it cannot be read, or if the claim has already arrived under a different
/// name with a different value.
fn set<T: PartialEq>(field: &mut Option<T>, read: Option<T>, value: Value) -> Option<Value> {
    if read.is_none() || field.is_some() && *field != read {
        return Some(value);
    }
    *field = read;
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::claims::Claim;

    fn read(claims: Value) -> User {
        let Value::Object(claims) = claims else { panic!("an object") };
        *User::read("s".into(), claims.into())
    }

    #[test]
    fn reading_is_lenient_and_loses_nothing() {
        let user = read(json!({
            "iss": "https://op", "exp": 1, "nonce": "n",
            "name": "Ann Peeters",
            "given_name": [7],
            "email_verified": "False",
            "age_gte_18": true,
            "address": "{\"locality\":\"Gent\",\"postal_code\":9000,\"floor\":3}",
            "urn:new": [1],
            "http://itsme.services/v2/claim/ongoing_call": "maybe",
            "http://itsme.services/v2/claim/claim_device": ["rooted"],
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
                "given_name": [7],
                "urn:new": [1],
                "http://itsme.services/v2/claim/ongoing_call": "maybe",
                "http://itsme.services/v2/claim/claim_device": ["rooted"],
            })
        );
    }

    /// If a member cannot be read, it is kept as received, and the other members are still read.
    #[test]
    fn what_reads_well_is_read() {
        const FROM: &str = "http://itsme.services/v2/claim/validityFrom";
        const DEVICE: &str = "http://itsme.services/v2/claim/claim_device";
        const BORN: &str = "http://itsme.services/v2/claim/place_of_birth";
        let number = Claim::NationalNumber(Country::Belgium);
        for (odd, left) in [
            (json!(null), None),
            (json!(["2020"]), Some(json!(["2020"]))),
            (json!({}), Some(json!({}))),
            (json!(true), Some(json!(true))),
        ] {
            let eid = "http://itsme.services/v2/claim/BENationalNumber";
            let user = read(json!({ FROM: { "name": "2020-01-01", eid: odd } }));
            assert_eq!(user.valid_from(&Claim::Name), Some("2020-01-01"), "{odd}");
            assert_eq!(user.valid_from(&number), None);
            let left = left.map(|left| json!({ eid: left }));
            assert_eq!(user.extra.get(FROM), left.as_ref());
        }
        for (device, left) in [
            (json!({ "os": "iOS", "debugEnabled": 0 }), json!({ "debugEnabled": 0 })),
            (json!({ "os": "iOS", "rooted": {} }), json!({ "rooted": {} })),
            (json!({ "os": "iOS", "appName": [], "imei": null }), json!({ "appName": [] })),
            (json!({ "os": "iOS", "osRelease": 17.1, "appRelease": 7 }), json!({})),
            (json!("{\"os\":\"iOS\",\"deviceLabel\":[1]}"), json!({ "deviceLabel": [1] })),
        ] {
            let user = read(json!({ DEVICE: device }));
            let found = user.device.as_ref().expect("a device");
            assert_eq!(found.os.as_deref(), Some("iOS"), "{device}");
            assert_eq!(Value::Object(found.extra.clone()), left);
            let stored = serde_json::to_string(&user).expect("serializes");
            assert_eq!(serde_json::from_str::<User>(&stored).expect("deserializes"), user);
        }
        let two = read(json!({ DEVICE: { "deviceID": "a", "deviceId": "b" } }));
        let two = two.device.expect("a device");
        assert_eq!((two.device_id.as_deref(), &two.extra["deviceID"]), (Some("b"), &json!("a")));
        let odd = read(json!({ DEVICE: { "deviceID": "a", "deviceId": [1] } }));
        let stored = serde_json::to_string(&odd).expect("serializes");
        assert_eq!(serde_json::from_str::<User>(&stored).expect("deserializes"), odd);
        let user = read(json!({ BORN: { "city": "Gent", "country": { "code": "BE" } } }));
        let born = user.place_of_birth.expect("a place");
        assert_eq!((born.city.as_deref(), born.extra.len()), (Some("Gent"), 1));
    }

    #[test]
    fn names_are_read_as_the_pages_of_itsme_write_them() {
        for name in [
            "address_assurance_level",
            "http://itsme.services/v2/claim/address_assurance_level",
            "http://itsme.services/V2/claim/Address_Assurance_Level",
        ] {
            assert_eq!(read(json!({ name: 3 })).address_assurance_level.as_deref(), Some("3"));
        }
        let user = read(
            json!({ "BEeidSn": "1", "IDDocumentType": "ID", "validityTo": { "name": "2030" } }),
        );
        assert_eq!(user.be_eid_sn.as_deref(), Some("1"));
        assert_eq!(user.id_document_type.as_deref(), Some("ID"));
        assert_eq!(user.valid_until(&Claim::Name), Some("2030"));
        let both = read(json!({ "BEeidSn": "1", "http://itsme.services/v2/claim/beeidsn": "2" }));
        assert_eq!((both.be_eid_sn.as_deref(), &both.extra["BEeidSn"]), (Some("2"), &json!("1")));
        for month in ["2016-06", "2017-05", "2024-12", ""] {
            let name = format!("tag:sixdots.be,{month}:claim_nationality");
            assert_eq!(read(json!({ name: "BE" })).citizenship.as_deref(), Some("BE"));
        }
    }

    /// A claim can arrive twice, because names are read in any letter case and in either dialect.
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
            "http://itsme.services/v2/claim/validityTo": { "name": true, "email": "2030" },
        }));
        assert_eq!(user.verified_at(&Claim::Birthdate), Some("2023-06-01T13:04:26Z"));
        let number = Claim::NationalNumber(Country::Belgium);
        assert_eq!(user.verified_at(&number), Some("2023-06-02"));
        assert_eq!(user.verified_at(&Claim::Name), None);
        assert_eq!(user.issuing_country(&Claim::Name), Some("BEL"));
        assert_eq!(user.valid_until(&Claim::Name), None);
        assert_eq!(user.valid_until(&Claim::Email), Some("2030"));
        assert_eq!(
            user.extra["http://itsme.services/v2/claim/validityTo"],
            json!({ "name": true })
        );
        assert_eq!(user.extra.len(), 1, "what cannot be read is kept");
    }

    #[test]
    fn the_same_metadata_under_two_names_is_read_once() {
        let user = read(json!({
            "http://itsme.services/v2/claim/validityTo": { "name": "2030" },
            "validityTo": { "name": "2030" },
        }));
        assert_eq!((user.valid_until(&Claim::Name), user.extra.len()), (Some("2030"), 0));
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
