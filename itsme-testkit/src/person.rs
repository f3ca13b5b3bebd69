use std::sync::Arc;

use itsme_core::Dialect;
use serde_json::{Map, Value, json};

const V2: &str = "http://itsme.services/v2/claim/";

/// A fictional person with an itsme account, and the claims that itsme has about them.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    id: String,
    /// Shared with the grants that result from the person's approvals.
    claims: Arc<Map<String, Value>>,
}

impl Person {
    /// Creates a person with no claims, only an identity.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), claims: Arc::default() }
    }

    /// Ann, who has a Belgian identity card and every claim that itsme can provide.
    pub fn ann() -> Self {
        let mut ann = Self::sample(
            "ann",
            &json!({
                "name": "Ann Peeters", "given_name": "Ann", "family_name": "Peeters",
                "gender": "female", "birthdate": "1987-04-12", "locale": "NL",
                "picture": "https://op.example/v2/picture",
                "email": "ann.peeters@mail.example", "email_verified": false,
                "phone_number": "+32 470123456", "phone_number_verified": true,
                "address": {
                    "formatted": "Kerkstraat 7\n9000 Gent", "street_address": "Kerkstraat 7",
                    "postal_code": "9000", "locality": "Gent",
                },
                "age_gte_16": true, "age_gte_18": true, "age_gte_21": true, "age_gte_30": true,
            }),
        );
        ann.v2(&json!({
            "birthdate_as_string": "12 APR 1987", "official_gender": "V",
            "claim_citizenship": "Belg", "claim_citizenship_as_iso": "BEL",
            "place_of_birth": { "formatted": "Gent, Belgi\u{eb}", "city": "Gent", "country": "Belgi\u{eb}" },
            "physical_person_photo": { "format": "jpg", "value": "/9j/4AAQSkZJRgABAQAAAQABAAD/2Q==" },
            "BEeidSn": "591-1234567-53", "BENationalNumber": "87041212345",
            "IDDocumentSN": "591123456753", "IDDocumentType": "ID", "address_assurance_level": "high",
            "verificationDate": {
                "birthdate": "2023-06-01T13:04:26Z", "name": "2023-06-01T13:04:26.123Z",
                "http://itsme.services/v2/claim/BENationalNumber": "2023-06-01T13:04:26+0000",
            },
            "validityFrom": { "http://itsme.services/v2/claim/IDDocumentSN": "2020-01-02" },
            "validityTo": { "http://itsme.services/v2/claim/IDDocumentSN": "2030-01-02" },
            "IDIssuingCountry": { "http://itsme.services/v2/claim/IDDocumentSN": "BEL", "name": "BEL" },
            "issuance_locality": { "http://itsme.services/v2/claim/IDDocumentSN": "Gent" },
            "student_attestation_ag": "grant-1",
        }));
        ann.with_phone()
    }

    /// Daan, who has a Dutch passport but no address, gender or email address.
    pub fn daan() -> Self {
        let mut daan = Self::sample(
            "daan",
            &json!({
                "name": "Daan de Vries", "given_name": "Daan", "family_name": "de Vries",
                "birthdate": "2004-11-30", "locale": "NL",
                "phone_number": "+31 612345678", "phone_number_verified": true,
                "age_gte_16": true, "age_gte_18": true, "age_gte_21": true, "age_gte_30": false,
            }),
        );
        daan.v2(&json!({
            "claim_citizenship": "Nederlandse", "claim_citizenship_as_iso": "NLD",
            "claim_nl_bsn": "111222333", "IDDocumentSN": "NXA1B2C35", "IDDocumentType": "P",
            "IDIssuingCountry": { "http://itsme.services/v2/claim/IDDocumentSN": "NLD" },
            "validityTo": { "http://itsme.services/v2/claim/IDDocumentSN": "2031-05-06" },
        }));
        daan.with_phone()
    }

    /// Ioana, who has a Romanian identity card but no address.
    pub fn ioana() -> Self {
        let mut ioana = Self::sample(
            "ioana",
            &json!({
                "name": "Ioana Popescu", "given_name": "Ioana", "family_name": "Popescu",
                "gender": "female", "birthdate": "1995-02-03", "locale": "EN",
                "email": "ioana@mail.example", "email_verified": false,
                "phone_number": "+40 712345678", "phone_number_verified": true,
                "age_gte_16": true, "age_gte_18": true, "age_gte_21": true, "age_gte_30": true,
            }),
        );
        ioana.v2(&json!({
            "official_gender": "F", "claim_citizenship": "ROU", "claim_citizenship_as_iso": "ROU",
            "RONationalNumber": "2950203123456", "IDDocumentSN": "RX123456", "IDDocumentType": "ID",
            "IDIssuingCountry": { "http://itsme.services/v2/claim/IDDocumentSN": "ROU" },
            "validityTo": { "http://itsme.services/v2/claim/IDDocumentSN": "2029-07-08" },
        }));
        ioana.with_phone()
    }

    /// All sample people: Ann, Daan and Ioana.
    pub fn samples() -> Vec<Self> {
        vec![Self::ann(), Self::daan(), Self::ioana()]
    }

    /// Adds claims, named without the V2 prefix.
    fn v2(&mut self, claims: &Value) {
        for (name, value) in claims.as_object().into_iter().flatten() {
            Arc::make_mut(&mut self.claims).insert(format!("{V2}{name}"), value.clone());
        }
    }

    fn with_phone(mut self) -> Self {
        self.v2(&json!({
            "claim_device": {
                "os": "ANDROID", "osRelease": "15", "appName": "itsme", "appRelease": "4.4.0",
                "deviceLabel": "my phone", "deviceId": "d-1", "deviceModel": "Model 1",
                "manufacturer": "Maker", "deviceLockLevel": "PIN", "debugEnabled": false,
                "rooted": false, "msisdn": "0032470123456",
            },
            "transaction_info": { "securityLevel": "SOFT_ONLY", "bindLevel": "SOFT_ONLY", "mcc": "206" },
            "transaction_ip": "192.0.2.7", "ongoing_call": false, "identification_mode": "MSISDN",
            "app": { "appInstalledDate": "2022-01-02", "appName": "itsme", "appRelease": "4.4.0" },
            "account": { "activationDate": "2022-01-03", "activationMechanism": "CARD_READER" },
        }));
        self
    }

    /// The value of a claim in a dialect, if itsme has it.
    pub(crate) fn claim(&self, name: &str, dialect: Dialect) -> Option<Value> {
        if dialect != Dialect::V1 {
            return self.claims.get(name).cloned();
        }
        let v2 = |name: &str| self.claims.get(&format!("{V2}{name}")).cloned();
        let in_a_text = |value: Value| Value::String(value.to_string());
        match name.split_once(':') {
            None if name == "address" => {
                let mut address = self.claims.get(name)?.clone();
                // Only Belgian documents contain an address.
                if let Value::Object(members) = &mut address {
                    members.entry("country").or_insert(json!("BE"));
                }
                Some(in_a_text(address))
            }
            None if name == "locale" => {
                Some(json!(self.claims.get(name)?.as_str()?.to_ascii_lowercase()))
            }
            None => self.claims.get(name).cloned(),
            Some(_) if self.claims.contains_key(name) => self.claims.get(name).cloned(),
            Some(("tag", rest)) => match rest.split_once(':')?.1 {
                "claim_birthdate_as_string" => v2("birthdate_as_string"),
                "claim_city_of_birth" => v2("place_of_birth")?.get("city").cloned(),
                "claim_country_of_birth" => v2("place_of_birth")?.get("country").cloned(),
                "claim_device" => v2("claim_device").map(in_a_text),
                "claim_eid" => {
                    // Build this claim from V2's claims about the document.
                    let of_document = |claim: &str, about: &str| v2(claim)?.get(about).cloned();
                    let card = "http://itsme.services/v2/claim/IDDocumentSN";
                    let verified = of_document("verificationDate", "birthdate");
                    let verified = verified.as_ref().and_then(Value::as_str);
                    Some(without_nulls(json!({
                        "eid": v2("BEeidSn")?, "national_number": v2("BENationalNumber")?,
                        "issuance_locality": of_document("issuance_locality", card),
                        "validity_from": of_document("validityFrom", card),
                        "validity_to": of_document("validityTo", card),
                        "certificate_validity": "true",
                        "read_date": verified.and_then(|time| time.split('T').next()),
                    })))
                }
                "claim_nationality" => v2("claim_citizenship"),
                "claim_passport_sn" if v2("IDDocumentType")? == "P" => v2("IDDocumentSN"),
                "claim_photo" => v2("physical_person_photo")?.get("value").cloned(),
                "claim_transaction_info" => v2("transaction_info"),
                _ => None,
            },
            Some(_) => None,
        }
    }

    /// The image to which `picture` points, and its media type.
    pub(crate) fn image(&self) -> Option<(&'static str, &'static [u8])> {
        self.claims.contains_key("picture").then_some(("image/png", b"\x89PNG\r\n\x1a\n fake"))
    }

    fn sample(id: &str, claims: &Value) -> Self {
        let claims = claims.as_object().cloned().unwrap_or_default();
        Self { id: id.to_owned(), claims: Arc::new(claims) }
    }

    /// Sets one of this person's claims by its name in an ID token or userinfo response.
    #[must_use]
    pub fn with(mut self, claim: impl Into<String>, value: impl Into<Value>) -> Self {
        Arc::make_mut(&mut self.claims).insert(claim.into(), value.into());
        self
    }

    /// Removes a claim from this person. Some countries' documents do not provide every claim.
    #[must_use]
    pub fn without(mut self, claim: &str) -> Self {
        Arc::make_mut(&mut self.claims).remove(claim);
        self
    }

    /// The person's id within the testkit. Each client sees a different `sub`, which is derived
    /// from it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The claims that itsme has about the person, by their names in ID tokens and userinfo
    /// responses.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }
}

fn without_nulls(mut object: Value) -> Value {
    if let Value::Object(members) = &mut object {
        members.retain(|_, value| !value.is_null());
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    const EID: &str = "tag:sixdots.be,2016-06:claim_eid";

    /// The expected values follow the samples in V1's documentation.
    #[test]
    fn v1_tells_what_v2_knows() {
        let told = |person: &Person, claim: &str| person.claim(claim, Dialect::V1);
        let ann = Person::ann();
        let address = told(&ann, "address").expect("an address");
        let address: Value = serde_json::from_str(address.as_str().expect("a text")).expect("JSON");
        assert_eq!((&address["locality"], &address["country"]), (&json!("Gent"), &json!("BE")));
        let device = told(&ann, "tag:sixdots.be,2017-05:claim_device").expect("a device");
        let device: Value = serde_json::from_str(device.as_str().expect("a text")).expect("JSON");
        assert_eq!(device["rooted"], false);
        assert_eq!(
            told(&ann, EID),
            Some(json!({
                "eid": "591-1234567-53", "national_number": "87041212345",
                "issuance_locality": "Gent", "validity_from": "2020-01-02",
                "validity_to": "2030-01-02", "certificate_validity": "true",
                "read_date": "2023-06-01",
            }))
        );
        assert_eq!(told(&Person::daan(), EID), None, "a passport has no eid claim");
        // A different person's card does not contain Ann's data.
        let eva = Person::new("eva")
            .with(format!("{V2}BEeidSn"), "591-7654321-26")
            .with(format!("{V2}BENationalNumber"), "85073003328");
        assert_eq!(
            told(&eva, EID),
            Some(json!({
                "eid": "591-7654321-26", "national_number": "85073003328",
                "certificate_validity": "true",
            }))
        );
        let other = json!({ "eid": "1" });
        assert_eq!(told(&eva.with(EID, other.clone()), EID), Some(other), "an explicit claim wins");
    }
}
