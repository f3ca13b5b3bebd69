//! From the claims of verified tokens to a [`User`], leniently: itsme writes the same thing in
//! several ways, and what does not read is kept in `extra`.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    About, Photo, User,
    about::{Eid, Lenient, PlaceOfBirth},
};
use crate::{
    claims::{ABOUT_THE_TOKEN, country::Country},
    dialect::WireName,
    ground::json,
};

impl User {
    /// Reads both dialects.
    pub(crate) fn read(sub: String, claims: Map<String, Value>) -> Self {
        let mut user = Self { sub, ..Self::default() };
        for (name, value) in claims {
            if ABOUT_THE_TOKEN.contains(&name.as_str()) {
                continue;
            }
            let understood = match WireName::of(&name) {
                WireName::Plain(name) => user.read_plain(name, &value),
                WireName::V1(name) => user.read_v1(&name, &value),
                WireName::V2(name) => user.read_v2(&name, &value),
            };
            if understood.is_none() {
                user.extra.insert(name, value);
            }
        }
        user
    }

    fn read_plain(&mut self, name: &str, value: &Value) -> Option<()> {
        match name {
            "address" => set(&mut self.address, part(value)),
            "age_gte_16" => set(&mut self.age_gte_16, flag(value)),
            "age_gte_18" => set(&mut self.age_gte_18, flag(value)),
            "age_gte_21" => set(&mut self.age_gte_21, flag(value)),
            "age_gte_30" => set(&mut self.age_gte_30, flag(value)),
            "birthdate" => set(&mut self.birthdate, text(value)),
            "email" => set(&mut self.email, text(value)),
            "email_verified" => set(&mut self.email_verified, flag(value)),
            "family_name" => set(&mut self.family_name, text(value)),
            "gender" => set(&mut self.gender, text(value)),
            "given_name" => set(&mut self.given_name, text(value)),
            "locale" => set(&mut self.locale, text(value)),
            "name" => set(&mut self.name, text(value)),
            "phone_number" => set(&mut self.phone_number, text(value)),
            "phone_number_verified" => set(&mut self.phone_number_verified, flag(value)),
            "picture" => set(&mut self.picture, text(value)),
            _ => None,
        }
    }

    fn read_v1(&mut self, name: &str, value: &Value) -> Option<()> {
        match name {
            "claim_birthdate_as_string" => set(&mut self.birthdate_as_string, text(value)),
            "claim_city_of_birth" => {
                let city = text(value)?;
                set(&mut self.born().city, Some(city))
            }
            "claim_country_of_birth" => {
                let country = text(value)?;
                set(&mut self.born().country, Some(country))
            }
            "claim_device" => set(&mut self.device, part(value)),
            "claim_eid" => self.read_eid(part(value)?),
            "claim_nationality" => set(&mut self.citizenship, text(value)),
            "claim_passport_sn" => set(&mut self.passport_sn, text(value)),
            "claim_photo" => set(&mut self.photo, Photo::read(value)),
            "claim_transaction_info" => set(&mut self.transaction_info, Some(unwrapped(value))),
            _ => None,
        }
    }

    fn read_v2(&mut self, name: &str, value: &Value) -> Option<()> {
        if let Some(country) = Country::of_national_number_claim(name) {
            let number = text(value)?;
            let known = self.national_numbers.entry(country).or_insert_with(|| number.clone());
            return (*known == number).then_some(());
        }
        match name {
            "account" => set(&mut self.account, part(value)),
            "address_assurance_level" => {
                set(&mut self.address_assurance_level, String::lenient(value))
            }
            "app" => set(&mut self.app, part(value)),
            "beeidsn" => set(&mut self.be_eid_sn, text(value)),
            "birthdate_as_string" => set(&mut self.birthdate_as_string, text(value)),
            "claim_citizenship" => set(&mut self.citizenship, text(value)),
            "claim_citizenship_as_iso" => set(&mut self.citizenship_as_iso, text(value)),
            "claim_device" => set(&mut self.device, part(value)),
            "identification_mode" => set(&mut self.identification_mode, text(value)),
            "iddocumentsn" => set(&mut self.id_document_sn, text(value)),
            "iddocumenttype" => set(&mut self.id_document_type, text(value)),
            "official_gender" => set(&mut self.official_gender, text(value)),
            "ongoing_call" => set(&mut self.ongoing_call, flag(value)),
            "physical_person_photo" => set(&mut self.photo, Photo::read(value)),
            "place_of_birth" => set(&mut self.place_of_birth, part(value)),
            "student_attestation_ag" => set(&mut self.student_attestation, Some(value.clone())),
            "transaction_info" => set(&mut self.transaction_info, Some(unwrapped(value))),
            "transaction_ip" => set(&mut self.transaction_ip, text(value)),
            "idissuingcountry" => self.read_about(About::IssuingCountry, value),
            "issuance_locality" => self.read_about(About::IssuanceLocality, value),
            "validityfrom" => self.read_about(About::ValidFrom, value),
            "validityto" => self.read_about(About::ValidUntil, value),
            "verificationdate" => self.read_about(About::VerifiedAt, value),
            _ => None,
        }
    }

    fn born(&mut self) -> &mut PlaceOfBirth {
        self.place_of_birth.get_or_insert_default()
    }

    /// V1 tells in one claim what V2 tells in several; both are filled.
    fn read_eid(&mut self, eid: Eid) -> Option<()> {
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
