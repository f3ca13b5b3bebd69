//! Quirks of claims about the user, in forms that real systems produce. The client parses them as far
//! as possible and otherwise keeps them unchanged.

use itsme_core::{Claim, Country, LoggedIn};
use serde_json::{Value, json};

use super::quirk;
use crate::{Document, Fault, faults::Area};

const DEVICE: &str = "http://itsme.services/v2/claim/claim_device";
const FROM: &str = "http://itsme.services/v2/claim/validityFrom";
const NUMBER: &str = "http://itsme.services/v2/claim/BENationalNumber";
const BORN: &str = "http://itsme.services/v2/claim/place_of_birth";

type Quirk = (&'static str, &'static str, Value, fn(&LoggedIn) -> bool);

pub(super) fn quirks() -> Vec<Fault> {
    let all = objects().into_iter().chain(numbers()).chain(names());
    let of_id_token = all.map(|(name, claim, value, seen)| {
        let quirk = quirk(Area::Claims, format!("ID token: {name}"), move |op| {
            let value = value.clone();
            op.alter(Document::IdToken, move |claims| {
                claims.insert(claim.to_owned(), value.clone());
            });
        });
        quirk.seen(seen)
    });
    let email = quirk(Area::Claims, "userinfo: a null email_verified and an empty email", |op| {
        op.alter(Document::Userinfo, |claims| {
            claims.insert("email_verified".to_owned(), Value::Null);
            claims.insert("email".to_owned(), json!(""));
        });
    });
    let email = email
        .seen(|who| who.user.email_verified.is_none() && who.user.email.as_deref() == Some(""));
    of_id_token.chain([email]).collect()
}

fn device(who: &LoggedIn) -> Option<&str> {
    who.user.device.as_ref()?.os.as_deref()
}

fn number(who: &LoggedIn) -> Option<&str> {
    who.user.national_numbers.get(&Country::Belgium).map(String::as_str)
}

fn objects() -> Vec<Quirk> {
    vec![
        (
            "a date that is null beside a good one",
            FROM,
            json!({ "name": "2020-01-01", NUMBER: null }),
            |who| {
                who.user.valid_from(&Claim::Name) == Some("2020-01-01") && who.user.extra.is_empty()
            },
        ),
        (
            "a date that is a list beside a good one",
            FROM,
            json!({ "name": "2020", "email": [] }),
            |who| {
                who.user.valid_from(&Claim::Name) == Some("2020")
                    && who.user.extra[FROM]["email"] == json!([])
            },
        ),
        ("dates as JSON in a text", FROM, json!("{\"name\":\"2020\"}"), |who| {
            who.user.valid_from(&Claim::Name) == Some("2020")
        }),
        (
            "a flag of the device that is 0",
            DEVICE,
            json!({ "os": "iOS", "debugEnabled": 0 }),
            |who| device(who) == Some("iOS"),
        ),
        (
            "a device with two writings of one member",
            DEVICE,
            json!({ "os": "iOS", "deviceId": "a", "deviceID": "b" }),
            |who| device(who) == Some("iOS"),
        ),
        (
            "a device with nulls",
            DEVICE,
            json!({ "os": "iOS", "msisdn": null, "imei": null }),
            |who| device(who) == Some("iOS"),
        ),
        (
            "a device as JSON in a text, with an odd member",
            DEVICE,
            json!("{\"os\":\"iOS\",\"rooted\":[]}"),
            |who| device(who) == Some("iOS"),
        ),
        (
            "a place of birth with an odd country",
            BORN,
            json!({ "city": "Gent", "country": {} }),
            |who| {
                who.user
                    .place_of_birth
                    .as_ref()
                    .is_some_and(|born| born.city.as_deref() == Some("Gent"))
            },
        ),
        ("a postal code that is a number", "address", json!({ "postal_code": 9000 }), |who| {
            who.user.address.as_ref().is_some_and(|it| it.postal_code.as_deref() == Some("9000"))
        }),
        ("an address as JSON in a text", "address", json!("{\"locality\":\"Gent\"}"), |who| {
            who.user.address.as_ref().is_some_and(|it| it.locality.as_deref() == Some("Gent"))
        }),
        ("an address that is null", "address", Value::Null, |who| {
            who.user.address.is_none() && who.user.extra.is_empty()
        }),
    ]
}

fn numbers() -> Vec<Quirk> {
    vec![
        ("a national number that is a number", NUMBER, json!(85073003328_u64), |who| {
            number(who) == Some("85073003328")
        }),
        ("a national number with a fraction of zero", NUMBER, json!(85073003328.0), |who| {
            number(who) == Some("85073003328")
        }),
        ("a national number that has lost its zero", NUMBER, json!(5010100113_u64), |who| {
            number(who) == Some("05010100113")
        }),
        ("a date of birth that is a number", "birthdate", json!(19850730), |who| {
            who.user.birthdate.as_deref() == Some("19850730")
        }),
        ("a number beyond 2^53, which is not read", "birthdate", json!(u64::MAX), |who| {
            who.user.birthdate.is_none() && who.user.extra["birthdate"] == json!(u64::MAX)
        }),
        ("a flag in text", "age_gte_18", json!("TRUE"), |who| who.user.age_gte_18 == Some(true)),
        ("a flag that is 1, which is not read", "age_gte_18", json!(1), |who| {
            who.user.age_gte_18.is_none() && who.user.extra["age_gte_18"] == 1
        }),
    ]
}

fn names() -> Vec<Quirk> {
    vec![
        (
            "the address's assurance without prefix",
            "address_assurance_level",
            json!("high"),
            |who| who.user.address_assurance_level.as_deref() == Some("high"),
        ),
        ("the card's number without prefix", "BEeidSn", json!("591123456753"), |who| {
            who.user.be_eid_sn.as_deref() == Some("591123456753")
        }),
        (
            "a name in other letters",
            "http://itsme.services/V2/claim/IDDOCUMENTSN",
            json!("x"),
            |who| who.user.id_document_sn.as_deref() == Some("x"),
        ),
        (
            "a V1 name of another month",
            "tag:sixdots.be,2031-01:claim_nationality",
            json!("BE"),
            |who| who.user.citizenship.as_deref() == Some("BE"),
        ),
    ]
}
