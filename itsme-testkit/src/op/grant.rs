use itsme_core::UnixTime;
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

/// The `claims` parameter.
#[derive(Clone, Default)]
pub(super) struct RequestedClaims {
    pub(super) id_token: Map<String, Value>,
    pub(super) userinfo: Map<String, Value>,
}

impl Grant {
    /// What the person has of the claims that belong into the ID token.
    pub(super) fn id_token_claims(&self) -> Map<String, Value> {
        self.person_claims(self.claims.id_token.keys().map(String::as_str))
    }

    /// What the person has of the claims that belong into the userinfo answer: those asked for
    /// there, and those of the scopes (OIDC Core §5.4).
    pub(super) fn userinfo_claims(&self) -> Map<String, Value> {
        let by_scope = self.scopes.iter().flat_map(|scope| scope_claims(scope)).copied();
        self.person_claims(self.claims.userinfo.keys().map(String::as_str).chain(by_scope))
    }

    /// A claim without value is left out.
    fn person_claims<'a>(&self, names: impl Iterator<Item = &'a str>) -> Map<String, Value> {
        let known = self.person.claims();
        names.filter_map(|name| Some((name.to_owned(), known.get(name)?.clone()))).collect()
    }
}

fn scope_claims(scope: &str) -> &'static [&'static str] {
    match scope {
        "profile" => {
            &["family_name", "given_name", "name", "gender", "locale", "birthdate", "picture"]
        }
        "email" => &["email", "email_verified"],
        "phone" => &["phone_number", "phone_number_verified"],
        "address" => &["address"],
        _ => &[],
    }
}
