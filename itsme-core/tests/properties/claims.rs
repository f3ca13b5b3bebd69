//! Whatever claims an OP writes, the user that the library reads has them all.

use std::cell::RefCell;

use itsme_core::{AuthorizationRequest, User};
use itsme_testkit::{Document, Person, SERVICE};
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    sample::{select, subsequence},
};
use serde_json::{Map, Value, json};

use crate::{common::Scene, config};

#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    Flag,
    Part,
}

/// Claims, and the fields that they are read into; some have several names, of which the first takes
/// precedence.
const KNOWN: [(&str, &str, Kind); 26] = [
    ("address", "address", Kind::Part),
    ("age_gte_18", "age_gte_18", Kind::Flag),
    ("birthdate", "birthdate", Kind::Text),
    ("email", "email", Kind::Text),
    ("email_verified", "email_verified", Kind::Flag),
    ("family_name", "family_name", Kind::Text),
    ("gender", "gender", Kind::Text),
    ("given_name", "given_name", Kind::Text),
    ("locale", "locale", Kind::Text),
    ("name", "name", Kind::Text),
    ("phone_number", "phone_number", Kind::Text),
    ("phone_number_verified", "phone_number_verified", Kind::Flag),
    ("picture", "picture", Kind::Text),
    ("http://itsme.services/v2/claim/account", "account", Kind::Part),
    ("http://itsme.services/v2/claim/app", "app", Kind::Part),
    ("http://itsme.services/v2/claim/BEeidSn", "be_eid_sn", Kind::Text),
    ("http://itsme.services/V2/claim/beEIDSN", "be_eid_sn", Kind::Text),
    ("http://itsme.services/v2/claim/birthdate_as_string", "birthdate_as_string", Kind::Text),
    ("http://itsme.services/v2/claim/claim_citizenship", "citizenship", Kind::Text),
    ("http://itsme.services/v2/claim/IDDocumentSN", "id_document_sn", Kind::Text),
    ("http://itsme.services/v2/claim/ongoing_call", "ongoing_call", Kind::Flag),
    ("http://itsme.services/v2/claim/place_of_birth", "place_of_birth", Kind::Part),
    ("http://itsme.services/v2/claim/PLACE_of_birth", "place_of_birth", Kind::Part),
    ("tag:sixdots.be,2016-06:claim_nationality", "citizenship", Kind::Text),
    ("tag:sixdots.be,2017-05:claim_passport_sn", "passport_sn", Kind::Text),
    ("tag:sixdots.be,2020-03:claim_birthdate_as_string", "birthdate_as_string", Kind::Text),
];

/// JSON whose numbers survive as text exactly.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 4.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(any::<String>(), inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

/// An object of strings, with known and unknown members.
fn part() -> impl Strategy<Value = Value> {
    let names = ["formatted", "locality", "city", "country", "appName", "activationDate"];
    let name = prop_oneof![3 => select(names.to_vec()).prop_map(str::to_owned), 1 => ".{1,8}"];
    btree_map(name, any::<String>(), 0..5).prop_map(|map| json!(map))
}

/// A value for a claim of this type, and what it is read as: nothing, if it has another type.
fn value(kind: Kind) -> BoxedStrategy<(Value, Option<Value>)> {
    let odd = json_value().prop_filter("of another kind", move |value| match kind {
        Kind::Text => !value.is_string(),
        Kind::Flag => !value.is_boolean() && !value.is_string(),
        Kind::Part => !value.is_object(),
    });
    let odd = odd.prop_map(|value| (value, None));
    let as_it_is = |value: Value| (value.clone(), Some(value));
    let usual = match kind {
        Kind::Text => {
            prop_oneof![any::<String>(), "[xy]"].prop_map(move |text| as_it_is(json!(text))).boxed()
        }
        Kind::Flag => (any::<bool>(), 0..3)
            .prop_map(|(flag, form)| match form {
                0 => (json!(flag), Some(json!(flag))),
                1 => (json!(flag.to_string()), Some(json!(flag))),
                _ => (json!(flag.to_string().to_uppercase()), Some(json!(flag))),
            })
            .boxed(),
        Kind::Part => (part(), any::<bool>())
            .prop_map(|(part, in_a_text)| match in_a_text {
                true => (json!(part.to_string()), Some(part)),
                false => (part.clone(), Some(part)),
            })
            .boxed(),
    };
    prop_oneof![3 => usual, 1 => odd].boxed()
}

/// Claims, and the user that is read from them, in this library's stored form. If two contradict
/// each other, the second is kept as received.
fn claims() -> impl Strategy<Value = (Map<String, Value>, Value)> {
    let known = subsequence(&KNOWN[..], 0..=16).prop_flat_map(|known| {
        let values: Vec<_> = known.iter().map(|(.., kind)| value(*kind)).collect();
        (Just(known), values)
    });
    let prefix = select(vec!["", "urn:", "http://itsme.services/v2/claim/", "tag:sixdots.be,9:"]);
    let unknown_name =
        (prefix, "[A-Z \u{e9}\u{20ac}.:-]{1,12}").prop_map(|(a, b)| format!("{a}{b}"));
    let unknown = btree_map(unknown_name, json_value(), 0..5);
    (known, unknown).prop_map(|((known, values), unknown)| {
        let (mut claims, mut read, mut extra) = (Map::new(), json!({}), Map::new());
        for ((name, field, _), (value, typed)) in known.into_iter().zip(values) {
            match typed {
                Some(typed) if read.get(field).is_none_or(|known| *known == typed) => {
                    read[field] = typed;
                }
                _ => drop(extra.insert(name.to_owned(), value.clone())),
            }
            claims.insert(name.to_owned(), value);
        }
        claims.extend(unknown.clone());
        extra.extend(unknown);
        if !extra.is_empty() {
            read["extra"] = Value::Object(extra);
        }
        (claims, read)
    })
}

#[test]
fn no_claim_is_lost() {
    let scene = RefCell::new(Scene::warm());
    proptest!(config(96), |((claims, mut expected) in claims())| {
        let scene = &mut *scene.borrow_mut();
        scene.op.recover();
        scene.op.alter(Document::IdToken, move |token| token.extend(claims.clone()));
        let who = scene.log_in_for(AuthorizationRequest::login(SERVICE)).expect("a person");
        expected["v"] = json!(2);
        expected["sub"] = json!(scene.op.sub_of(&Person::ann()));
        prop_assert_eq!(serde_json::to_value(&who.user)?, expected);
        let stored = serde_json::to_string(&who.user)?;
        prop_assert_eq!(serde_json::from_str::<User>(&stored)?, *who.user);
    });
}
