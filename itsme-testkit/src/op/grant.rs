use itsme_core::{Dialect, UnixTime};
use serde_json::{Map, Value};

use super::authentication_request::AuthenticationRequest;
use crate::Person;

/// A request that a person has approved.
#[derive(Clone)]
pub(super) struct Grant {
    pub(super) request: AuthenticationRequest,
    pub(super) person: Person,
    pub(super) nonce: Option<String>,
    pub(super) issued: UnixTime,
}

/// The data behind an authorization code.
pub(super) struct Code {
    pub(super) grant: Grant,
    pub(super) redirect_uri: String,
    pub(super) code_challenge: Option<String>,
    pub(super) redeemed: bool,
}

/// The data behind an access token.
pub(super) struct AccessToken {
    /// The code or `auth_req_id` that was redeemed for this token.
    pub(super) redeemed: String,
    pub(super) grant: Grant,
    pub(super) until: UnixTime,
}

/// A request that the OP would show to a person.
pub(super) struct Presented {
    pub(super) request: AuthenticationRequest,
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) code_challenge: Option<String>,
}

const METADATA: [&str; 5] =
    ["IDIssuingCountry", "issuance_locality", "validityFrom", "validityTo", "verificationDate"];

impl Grant {
    /// The person's claims for the ID token.
    pub(super) fn id_token_claims(&self, dialect: Dialect) -> Map<String, Value> {
        self.person_claims(self.request.claims.id_token.keys().map(String::as_str), dialect)
    }

    /// The person's claims for the userinfo response: those requested in its `claims` member, and
    /// those that the scopes stand for (OIDC Core §5.4).
    pub(super) fn userinfo_claims(&self, dialect: Dialect) -> Map<String, Value> {
        let by_scope =
            self.request.scopes.iter().flat_map(|scope| scope_claims(scope, dialect)).copied();
        let by_claim = self.request.claims.userinfo.keys().map(String::as_str);
        self.person_claims(by_claim.chain(by_scope), dialect)
    }

    /// The person's values for these claims. Claims without a value are omitted.
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
                // Include metadata only for claims that were also requested.
                if let Value::Object(members) = &mut value {
                    members.retain(|claim, _| names.contains(&claim.as_str()));
                }
            }
            claims.insert((*name).to_owned(), value);
        }
        claims
    }
}

/// The claims that a scope stands for.
pub(super) fn scope_claims(scope: &str, dialect: Dialect) -> &'static [&'static str] {
    match (scope, dialect) {
        ("profile", Dialect::V1) => {
            &["family_name", "given_name", "name", "gender", "locale", "birthdate"]
        }
        ("profile", _) => {
            &["family_name", "given_name", "name", "gender", "locale", "birthdate", "picture"]
        }
        ("email", _) => &["email", "email_verified"],
        ("phone", _) => &["phone_number", "phone_number_verified"],
        ("address", Dialect::V1) => &["address"],
        ("address", _) => &["address", "http://itsme.services/v2/claim/address_assurance_level"],
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
