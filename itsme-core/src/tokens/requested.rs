use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    claims::{Claim, Scope, acr::Acr},
    dialect::Dialect,
    ground::{json::Members, time::UnixTime},
    jose,
};

/// What was asked of the OP when a login began, and so what must come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Requested {
    /// Time of the request.
    pub(crate) at: UnixTime,
    /// The code of the service.
    #[serde(default)]
    pub(crate) service: String,
    /// SHA-256 of the `claims` parameter, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) claims_sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) scopes: Vec<Scope>,
    /// What the scopes stand for was asked for in the ID token, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) scopes_in_id_token: bool,
    /// Claims were asked for in the userinfo answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) in_userinfo: bool,
    /// A photo or picture was asked for: tokens may be large.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) image: bool,
    /// The known user who was asked, and nobody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sub: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) acr: Option<Acr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_age: Option<Duration>,
}

/// The digest of a `claims` parameter as it was sent, to archive beside it.
pub(crate) fn claims_sha256(claims: &str) -> String {
    jose::base64url(jose::sha256(&[claims.as_bytes()]))
}

/// The largest token where a photo can be in it, in characters.
const MAX_TOKEN_WITH_IMAGE: usize = 512 * 1024;

impl Requested {
    /// The same at another time.
    pub(crate) fn at(self, at: UnixTime) -> Self {
        Self { at, ..self }
    }

    /// Whether something that was asked for can only be in the userinfo answer. A claim asked for
    /// in the ID token and not found there is one that the person does not have.
    pub(crate) fn needs_userinfo(&self, id_token: &Members, dialect: Dialect) -> bool {
        let by_scope = || self.scopes.iter().flat_map(|scope| scope.claims(dialect));
        let is_missing = |claim: &Claim| !id_token.keys().any(|name| claim.has_name(name));
        self.in_userinfo
            || match self.scopes_in_id_token {
                false => by_scope().any(is_missing),
                // An OP may not read the `claims` parameter, or not whole.
                true => {
                    by_scope().all(is_missing)
                        || by_scope().any(|claim| claim.is_always_there() && is_missing(claim))
                }
            }
    }

    /// The most characters that a token may have.
    pub(crate) fn token_limit(&self) -> usize {
        if self.image { MAX_TOKEN_WITH_IMAGE } else { jose::MAX_TOKEN }
    }
}
