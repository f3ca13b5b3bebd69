//! Every claim in every dialect is requested by its name, in its place, answered and read.

mod common;

use common::Scene;
use itsme_core::{
    AuthorizationRequest, Claim, Client, Country, Dialect, LoggedIn, RequestError, Scope,
};
use itsme_testkit::{FakeOp, IDENTIFY_SERVICE, Person, World};
use serde_json::{Value, json};

fn scene(dialect: Dialect) -> Scene {
    let world = World::new();
    let op = FakeOp::new(world.clock());
    let op = if dialect == Dialect::V1 { op.v1() } else { op };
    let client = Client::new(op.settings()).expect("the settings are sound");
    Scene { world, op, client }
}

/// A person with all claims and every country's number.
fn everybody() -> Person {
    let number = |person: Person, name: &str| {
        person.with(format!("http://itsme.services/v2/claim/{name}"), format!("no {name}"))
    };
    let countries = ["RO", "BG", "CZ", "SK", "HR", "LT", "SV", "LV", "MT", "RS", "MD"];
    let named = countries.map(|country| format!("{country}NationalNumber"));
    let others = ["claim_luxtrust_ssn".to_owned(), "claim_nl_bsn".to_owned()];
    named.iter().chain(&others).fold(Person::ann(), |person, name| number(person, name))
}

fn identify(dialect: Dialect, asked: impl IntoIterator<Item = Claim>) -> (LoggedIn, Value) {
    let mut scene = scene(dialect);
    let mut asked = asked.into_iter();
    let first =
        AuthorizationRequest::identification(IDENTIFY_SERVICE, asked.next().expect("a claim"));
    let request = asked.fold(first, |request, claim| request.claim(claim));
    let login = scene.play(scene.client.authorize(request)).expect("a URL");
    let url = url::Url::parse(&login.url).expect("a URL");
    let claims = url.query_pairs().find(|(name, _)| name == "claims").expect("claims").1;
    let person = if dialect == Dialect::V1 {
        Person::ann().with("http://itsme.services/v2/claim/IDDocumentType", "P")
    } else {
        everybody()
    };
    let callback = scene.op.approve(&login.url, &person);
    let who = scene.play(scene.client.finish_login(login.state, callback)).expect("a person");
    (who, serde_json::from_str(&claims).expect("JSON"))
}

type Field = fn(&LoggedIn) -> Option<String>;

/// Each claim, its names in V2 and V1, and the field that it is read into.
fn table() -> Vec<(Claim, &'static [&'static str], Option<&'static str>, Field)> {
    macro_rules! field {
        ($name:ident) => {
            |who| who.user.$name.as_ref().map(|value| value.to_string())
        };
        ($name:ident.$part:ident) => {
            |who| who.user.$name.as_ref()?.$part.as_ref().map(|value| value.to_string())
        };
    }
    let plain: [(Claim, &'static [&'static str], Field); 16] = [
        (Claim::Address, &["address"], field!(address.locality)),
        (Claim::AgeGte16, &["age_gte_16"], field!(age_gte_16)),
        (Claim::AgeGte18, &["age_gte_18"], field!(age_gte_18)),
        (Claim::AgeGte21, &["age_gte_21"], field!(age_gte_21)),
        (Claim::AgeGte30, &["age_gte_30"], field!(age_gte_30)),
        (Claim::Birthdate, &["birthdate"], field!(birthdate)),
        (Claim::Email, &["email"], field!(email)),
        (Claim::EmailVerified, &["email_verified"], field!(email_verified)),
        (Claim::FamilyName, &["family_name"], field!(family_name)),
        (Claim::Gender, &["gender"], field!(gender)),
        (Claim::GivenName, &["given_name"], field!(given_name)),
        (Claim::Locale, &["locale"], field!(locale)),
        (Claim::Name, &["name"], field!(name)),
        (Claim::PhoneNumber, &["phone_number"], field!(phone_number)),
        (Claim::PhoneNumberVerified, &["phone_number_verified"], field!(phone_number_verified)),
        (Claim::Picture, &["picture"], field!(picture)),
    ];
    let mut table: Vec<(Claim, &'static [&'static str], Option<&'static str>, Field)> = plain
        .into_iter()
        .map(|(claim, names, field)| (claim, names, Some(names[0]), field))
        .collect();
    macro_rules! v2 {
        ($($claim:expr, $name:literal, $v1:expr, $field:expr;)*) => {
            $(table.push((
                $claim,
                &[concat!("http://itsme.services/v2/claim/", $name)],
                $v1,
                $field,
            ));)*
        };
    }
    macro_rules! number {
        ($country:ident) => {
            |who| who.user.national_numbers.get(&Country::$country).cloned()
        };
    }
    v2! {
        Claim::Account, "account", None, field!(account.activation_mechanism);
        Claim::AddressAssuranceLevel, "address_assurance_level", None, field!(address_assurance_level);
        Claim::App, "app", None, field!(app.app_release);
        Claim::BeEidSn, "BEeidSn", None, field!(be_eid_sn);
        Claim::BirthdateAsString, "birthdate_as_string",
            Some("tag:sixdots.be,2020-03:claim_birthdate_as_string"), field!(birthdate_as_string);
        Claim::Citizenship, "claim_citizenship",
            Some("tag:sixdots.be,2016-06:claim_nationality"), field!(citizenship);
        Claim::CitizenshipAsIso, "claim_citizenship_as_iso", None, field!(citizenship_as_iso);
        Claim::Device, "claim_device",
            Some("tag:sixdots.be,2017-05:claim_device"), field!(device.device_id);
        Claim::IdDocumentSn, "IDDocumentSN", None, field!(id_document_sn);
        Claim::IdDocumentType, "IDDocumentType", None, field!(id_document_type);
        Claim::IdentificationMode, "identification_mode", None, field!(identification_mode);
        Claim::NationalNumber(Country::Belgium), "BENationalNumber", None, number!(Belgium);
        Claim::NationalNumber(Country::Bulgaria), "BGNationalNumber", None, number!(Bulgaria);
        Claim::NationalNumber(Country::Croatia), "HRNationalNumber", None, number!(Croatia);
        Claim::NationalNumber(Country::Czechia), "CZNationalNumber", None, number!(Czechia);
        Claim::NationalNumber(Country::Latvia), "LVNationalNumber", None, number!(Latvia);
        Claim::NationalNumber(Country::Lithuania), "LTNationalNumber", None, number!(Lithuania);
        Claim::NationalNumber(Country::Luxembourg), "claim_luxtrust_ssn", None, number!(Luxembourg);
        Claim::NationalNumber(Country::Malta), "MTNationalNumber", None, number!(Malta);
        Claim::NationalNumber(Country::Moldova), "MDNationalNumber", None, number!(Moldova);
        Claim::NationalNumber(Country::Netherlands), "claim_nl_bsn", None, number!(Netherlands);
        Claim::NationalNumber(Country::Romania), "RONationalNumber", None, number!(Romania);
        Claim::NationalNumber(Country::Serbia), "RSNationalNumber", None, number!(Serbia);
        Claim::NationalNumber(Country::Slovakia), "SKNationalNumber", None, number!(Slovakia);
        Claim::OfficialGender, "official_gender", None, field!(official_gender);
        Claim::OngoingCall, "ongoing_call", None, field!(ongoing_call);
        Claim::Photo, "physical_person_photo", Some("tag:sixdots.be,2017-05:claim_photo"),
            |who| who.user.photo.as_ref()?.image_type().map(|kind| kind.media_type().to_owned());
        Claim::PlaceOfBirth, "place_of_birth", None, field!(place_of_birth.city);
        Claim::StudentAttestation, "student_attestation_ag", None, field!(student_attestation);
        Claim::TransactionInfo, "transaction_info",
            Some("tag:sixdots.be,2017-05:claim_transaction_info"),
            |who| Some(who.user.transaction_info.as_ref()?["mcc"].to_string());
        Claim::TransactionIp, "transaction_ip", None, field!(transaction_ip);
    }
    table.push((
        Claim::NationalNumber(Country::Slovenia),
        &[
            "http://itsme.services/v2/claim/SINationalNumber",
            "http://itsme.services/v2/claim/SVNationalNumber",
        ],
        None,
        number!(Slovenia),
    ));
    let only_v1: [(Claim, &'static str, Field); 4] = [
        (
            Claim::CityOfBirth,
            "tag:sixdots.be,2016-06:claim_city_of_birth",
            field!(place_of_birth.city),
        ),
        (
            Claim::CountryOfBirth,
            "tag:sixdots.be,2016-06:claim_country_of_birth",
            field!(place_of_birth.country),
        ),
        (Claim::Eid, "tag:sixdots.be,2016-06:claim_eid", |who| {
            let eid = who.user.eid.as_ref()?.national_number.clone()?;
            let same = who.user.national_numbers.get(&Country::Belgium) == Some(&eid);
            (same && who.user.be_eid_sn.is_some()).then_some(eid)
        }),
        (Claim::PassportSn, "tag:sixdots.be,2017-05:claim_passport_sn", field!(passport_sn)),
    ];
    table.extend(only_v1.map(|(claim, name, field)| (claim, &[][..], Some(name), field)));
    table
}

#[test]
fn each_claim_is_asked_for_answered_and_read_in_each_dialect() {
    for (claim, v2, v1, field) in table() {
        for dialect in [Dialect::V2, Dialect::V1] {
            let (names, place) = match dialect {
                Dialect::V1 => (v1.into_iter().collect::<Vec<_>>(), "userinfo"),
                _ => (v2.to_vec(), "id_token"),
            };
            if names.is_empty() {
                let error = claim.wire_names(dialect).expect_err("no name");
                assert!(matches!(error, RequestError::ClaimNotInDialect { .. }));
                continue;
            }
            let (who, asked) = identify(dialect, [claim.clone()]);
            let members: serde_json::Map<String, Value> =
                names.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
            assert_eq!(asked, json!({ place: members }), "{claim:?} in {dialect:?}");
            assert!(field(&who).is_some(), "{claim:?} in {dialect:?} was not read: {who:?}");
            assert!(who.user.extra.is_empty(), "{claim:?} in {dialect:?}: {:?}", who.user.extra);
        }
    }
}

/// Metadata is returned for the claims requested along with it.
#[test]
fn metadata_is_told_by_claim() {
    let metadata = [
        Claim::VerificationDate,
        Claim::ValidityFrom,
        Claim::ValidityTo,
        Claim::IdIssuingCountry,
        Claim::IssuanceLocality,
    ];
    let (who, _) =
        identify(Dialect::V2, [Claim::Birthdate, Claim::IdDocumentSn].into_iter().chain(metadata));
    assert_eq!(who.user.verified_at(&Claim::Birthdate), Some("2023-06-01T13:04:26Z"));
    assert_eq!(who.user.verified_at(&Claim::Name), None, "it was not requested");
    assert_eq!(who.user.valid_from(&Claim::IdDocumentSn), Some("2020-01-02"));
    assert_eq!(who.user.valid_until(&Claim::IdDocumentSn), Some("2030-01-02"));
    assert_eq!(who.user.issuing_country(&Claim::IdDocumentSn), Some("BEL"));
    assert_eq!(who.user.issuance_locality(&Claim::IdDocumentSn), Some("Gent"));
}

/// Everything that itsme can share about a Belgian account, in one response, is read without
/// loss.
#[test]
fn all_possible_claims_at_once() {
    let asked: Vec<Claim> = table()
        .into_iter()
        .filter(|(_, v2, _, _)| !v2.is_empty())
        .map(|(claim, ..)| claim)
        .chain([Claim::VerificationDate, Claim::IdIssuingCountry, Claim::IssuanceLocality])
        .chain([Claim::ValidityFrom, Claim::ValidityTo])
        .collect();
    let (who, _) = identify(Dialect::V2, asked);
    for (claim, v2, _, field) in table() {
        assert_eq!(field(&who).is_some(), !v2.is_empty() || is_part_of_v2(&claim), "{claim:?}");
    }
    assert!(who.user.extra.is_empty(), "{:?}", who.user.extra);
    // Every string that was sent is in what was read.
    let read = serde_json::to_value(&who.user).expect("serializes").to_string();
    for (name, sent) in who.evidence.claims() {
        let texts = match &sent {
            Value::String(text) => vec![text.clone()],
            Value::Object(members) => {
                members.values().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        let personal = !ABOUT_THE_TOKEN.contains(&name.as_str());
        // A boolean in a string is read as a boolean.
        for text in texts.iter().filter(|text| personal && *text != "false") {
            assert!(read.contains(&json!(text).to_string()), "{name}: {text}");
        }
    }
    let stored = serde_json::to_string(&who.user).expect("serializes");
    let again: itsme_core::User = serde_json::from_str(&stored).expect("deserializes");
    assert_eq!(again, *who.user);
}

const ABOUT_THE_TOKEN: [&str; 6] = ["iss", "aud", "nonce", "acr", "iat", "exp"];

/// What V1 returns in its own claims and V2 as parts of others.
fn is_part_of_v2(claim: &Claim) -> bool {
    matches!(claim, Claim::CityOfBirth | Claim::CountryOfBirth)
}

/// Ann's document is Belgian, Daan's Dutch, Ioana's Romanian: each lacks what their document
/// lacks.
#[test]
fn a_missing_claim_is_missing_and_nothing_else() {
    let asked = [
        Claim::Name,
        Claim::Address,
        Claim::NationalNumber(Country::Belgium),
        Claim::NationalNumber(Country::Romania),
        Claim::NationalNumber(Country::Netherlands),
        Claim::BeEidSn,
        Claim::Gender,
    ];
    for (person, countries, has_address) in [
        (Person::ann(), vec![Country::Belgium], true),
        (Person::daan(), vec![Country::Netherlands], false),
        (Person::ioana(), vec![Country::Romania], false),
    ] {
        let mut scene = scene(Dialect::V2);
        let request = AuthorizationRequest::identification(IDENTIFY_SERVICE, Scope::Phone);
        let request = asked.iter().fold(request, |request, claim| request.claim(claim.clone()));
        let login = scene.play(scene.client.authorize(request)).expect("a URL");
        let callback = scene.op.approve(&login.url, &person);
        let who = scene.play(scene.client.finish_login(login.state, callback)).expect("a person");
        assert!(who.user.name.is_some() && who.user.phone_number.is_some());
        assert_eq!(who.user.address.is_some(), has_address);
        assert_eq!(who.user.be_eid_sn.is_some(), has_address);
        assert_eq!(who.user.national_numbers.keys().copied().collect::<Vec<_>>(), countries);
    }
}
