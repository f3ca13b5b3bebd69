use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    claims::{Claim, Scope, acr::Acr},
    dialect::Dialect,
    ground::{json::Members, time::UnixTime},
    jose,
};

/// What a login asked the OP for, and so what must come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Requested {
    /// Time of the request.
    pub(crate) at: UnixTime,
    /// The service code.
    #[serde(default)]
    pub(crate) service: String,
    /// SHA-256 of the `claims` parameter, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) claims_sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) scopes: Vec<Scope>,
    /// Whether the claims of the scopes were also requested in the ID token.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) scopes_in_id_token: bool,
    /// Whether claims were requested in the userinfo response.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) in_userinfo: bool,
    /// Whether a photo or picture was requested, which makes tokens large.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) image: bool,
    /// The known user, if only one person was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sub: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) acr: Option<Acr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_age: Option<Duration>,
}

/// The digest of a `claims` parameter as sent, to archive beside it.
pub(crate) fn claims_sha256(claims: &str) -> String {
    jose::base64url(jose::sha256(&[claims.as_bytes()]))
}

/// The maximum token length in characters if it may contain a photo.
const MAX_TOKEN_WITH_IMAGE: usize = 512 * 1024;

impl Requested {
    /// The same request at another time.
    pub(crate) fn at(self, at: UnixTime) -> Self {
        Self { at, ..self }
    }

    /// Whether something requested can only be in the userinfo response. If a claim requested in
    /// the ID token is not there, the person does not have it.
    pub(crate) fn needs_userinfo(&self, id_token: &Members, dialect: Dialect) -> bool {
        let by_scope = || self.scopes.iter().flat_map(|scope| scope.claims(dialect));
        let is_missing = |claim: &Claim| !id_token.keys().any(|name| claim.has_name(name));
        self.in_userinfo
            || match self.scopes_in_id_token {
                false => by_scope().any(is_missing),
                // An OP may ignore the `claims` parameter, in whole or in part.
                true => {
                    by_scope().all(is_missing)
                        || by_scope().any(|claim| claim.is_always_there() && is_missing(claim))
                }
            }
    }

    /// The maximum length of a token in characters.
    pub(crate) fn token_limit(&self) -> usize {
        if self.image { MAX_TOKEN_WITH_IMAGE } else { jose::MAX_TOKEN }
    }
}
