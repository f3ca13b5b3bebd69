use serde_json::{Map, Value, json};

/// Somebody with an itsme account: what itsme knows of them. All of them are made up.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    id: String,
    claims: Map<String, Value>,
}

impl Person {
    /// Somebody of whom nothing is known but that they are always the same.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), claims: Map::new() }
    }

    /// Ann, with a Belgian identity card.
    pub fn ann() -> Self {
        Self::sample(
            "ann",
            &json!({
                "name": "Ann Peeters", "given_name": "Ann", "family_name": "Peeters",
                "gender": "female", "birthdate": "1987-04-12", "locale": "NL",
                "email": "ann.peeters@mail.example", "email_verified": false,
                "phone_number": "+32 470123456", "phone_number_verified": true,
                "address": {
                    "formatted": "Kerkstraat 7\n9000 Gent", "street_address": "Kerkstraat 7",
                    "postal_code": "9000", "locality": "Gent",
                },
                "age_gte_16": true, "age_gte_18": true, "age_gte_21": true, "age_gte_30": true,
            }),
        )
    }

    /// Daan, with a Dutch passport: no address, no gender, and he gave no e-mail address.
    pub fn daan() -> Self {
        Self::sample(
            "daan",
            &json!({
                "name": "Daan de Vries", "given_name": "Daan", "family_name": "de Vries",
                "birthdate": "2004-11-30", "locale": "NL",
                "phone_number": "+31 612345678", "phone_number_verified": true,
                "age_gte_16": true, "age_gte_18": true, "age_gte_21": true, "age_gte_30": false,
            }),
        )
    }

    /// Ioana, with a Romanian identity card: no address.
    pub fn ioana() -> Self {
        Self::sample(
            "ioana",
            &json!({
                "name": "Ioana Popescu", "given_name": "Ioana", "family_name": "Popescu",
                "gender": "female", "birthdate": "1995-02-03", "locale": "EN",
                "email": "ioana@mail.example", "email_verified": false,
                "phone_number": "+40 712345678", "phone_number_verified": true,
                "age_gte_16": true, "age_gte_18": true, "age_gte_21": true, "age_gte_30": true,
            }),
        )
    }

    /// The sample people.
    pub fn samples() -> Vec<Self> {
        vec![Self::ann(), Self::daan(), Self::ioana()]
    }

    fn sample(id: &str, claims: &Value) -> Self {
        let claims = claims.as_object().cloned().unwrap_or_default();
        Self { id: id.to_owned(), claims }
    }

    /// The same person with another value for a claim.
    #[must_use]
    pub fn with(mut self, claim: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(claim.into(), value.into());
        self
    }

    /// The same person without a claim, as some countries' documents lack it.
    #[must_use]
    pub fn without(mut self, claim: &str) -> Self {
        self.claims.remove(claim);
        self
    }

    /// What tells people apart here; partners see a `sub` that is made of it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What itsme knows of them, by the names of the wire.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }
}
