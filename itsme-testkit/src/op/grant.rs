use itsme_core::{Dialect, UnixTime};
use serde_json::{Map, Value};

use crate::{Person, RegisteredClient};

/// What a person has agreed to, under a code.
pub(super) struct Grant {
    pub(super) client: RegisteredClient,
    pub(super) person: Person,
    pub(super) redirect_uri: String,
    pub(super) nonce: Option<String>,
    pub(super) code_challenge: Option<String>,
    pub(super) acr: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) claims: RequestedClaims,
    pub(super) issued: UnixTime,
    pub(super) redeemed: bool,
}

/// A request that the OP would show to a person.
pub(super) struct Presented {
    pub(super) client: RegisteredClient,
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) code_challenge: Option<String>,
    pub(super) acr: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) claims: RequestedClaims,
}

/// The `claims` parameter.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestedClaims {
    pub(super) id_token: Map<String, Value>,
    pub(super) userinfo: Map<String, Value>,
}

impl RequestedClaims {
    /// The known user that is asked for: `sub` by value, in the userinfo member alone.
    pub(super) fn known_user(&self) -> Option<&str> {
        self.userinfo.get("sub")?.get("value")?.as_str()
    }

    /// The template of a confirmation, by its name.
    pub(super) fn template(&self, dialect: Dialect) -> Option<&str> {
        let name = format!("{}claim_approval_template_name", approval_prefix(dialect));
        self.userinfo.get(&name)?.get("value")?.as_str()
    }

    /// A part of the template, such as `text_key`.
    pub(super) fn template_part(&self, dialect: Dialect, part: &str) -> Option<&str> {
        let name = format!("{}claim_approval_{part}", approval_prefix(dialect));
        self.userinfo.get(&name)?.get("value")?.as_str()
    }

    /// What is asked about the person.
    pub(super) fn about_the_person(&self) -> usize {
        let personal = |name: &&String| name.as_str() != "sub" && !name.contains("claim_approval_");
        self.id_token.keys().chain(self.userinfo.keys()).filter(personal).count()
    }
}

const METADATA: [&str; 5] =
    ["IDIssuingCountry", "issuance_locality", "validityFrom", "validityTo", "verificationDate"];

fn approval_prefix(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::V1 => "tag:sixdots.be,2016-08:",
        _ => "http://itsme.services/v2/claim/",
    }
}

impl Grant {
    /// What the person has of the claims that belong into the ID token.
    pub(super) fn id_token_claims(&self, dialect: Dialect) -> Map<String, Value> {
        self.person_claims(self.claims.id_token.keys().map(String::as_str), dialect)
    }

    /// What the person has of the claims that belong into the userinfo answer: those asked for
    /// there, and those of the scopes (OIDC Core §5.4).
    pub(super) fn userinfo_claims(&self, dialect: Dialect) -> Map<String, Value> {
        let by_scope = self.scopes.iter().flat_map(|scope| scope_claims(scope, dialect)).copied();
        let by_claim = self.claims.userinfo.keys().map(String::as_str);
        self.person_claims(by_claim.chain(by_scope), dialect)
    }

    /// A claim without value is left out.
    fn person_claims<'a>(
        &self,
        names: impl Iterator<Item = &'a str>,
        dialect: Dialect,
    ) -> Map<String, Value> {
        let names: Vec<&str> = names.collect();
        let mut claims = Map::new();
        for name in &names {
            let Some(mut value) = self.person.claim(name, dialect) else { continue };
            if METADATA.iter().any(|metadata| name.ends_with(metadata)) {
                // Metadata comes only for claims that are asked for as well.
                if let Value::Object(members) = &mut value {
                    members.retain(|claim, _| names.contains(&claim.as_str()));
                }
            }
            claims.insert((*name).to_owned(), value);
        }
        claims
    }
}

fn scope_claims(scope: &str, dialect: Dialect) -> &'static [&'static str] {
    match (scope, dialect) {
        ("profile", Dialect::V1) => {
            &["family_name", "given_name", "name", "gender", "locale", "birthdate"]
        }
        ("profile", _) => {
            &["family_name", "given_name", "name", "gender", "locale", "birthdate", "picture"]
        }
        ("email", _) => &["email", "email_verified"],
        ("phone", _) => &["phone_number", "phone_number_verified"],
        ("address", _) => &["address"],
        ("eid", Dialect::V1) => &["tag:sixdots.be,2016-06:claim_eid"],
        ("eid", _) => &[
            "http://itsme.services/v2/claim/BENationalNumber",
            "http://itsme.services/v2/claim/BEeidSn",
        ],
        ("idDocument", Dialect::V2) => &[
            "http://itsme.services/v2/claim/IDDocumentSN",
            "http://itsme.services/v2/claim/IDDocumentType",
            "http://itsme.services/v2/claim/IDIssuingCountry",
            "http://itsme.services/v2/claim/validityFrom",
            "http://itsme.services/v2/claim/validityTo",
        ],
        _ => &[],
    }
}
