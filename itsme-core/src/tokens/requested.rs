use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    claims::{Claim, Scope, acr::Acr},
    dialect::Dialect,
    ground::{json::Members, time::UnixTime},
    jose,
};

/// What a login requested from the OP, and therefore what the tokens must contain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Requested {
    /// The time of the request.
    pub(crate) at: UnixTime,
    /// The service code.
    #[serde(default)]
    pub(crate) service: String,
    /// SHA-256 of the `claims` parameter, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) claims_sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) scopes: Vec<Scope>,
    /// Whether the scopes' claims were also requested in the ID token.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) scopes_in_id_token: bool,
    /// Whether claims were requested in the userinfo response.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) in_userinfo: bool,
    /// Whether a photo or picture was requested, which makes tokens large.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) image: bool,
    /// The `sub` of the known user, if the request was for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sub: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) acr: Option<Acr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_age: Option<Duration>,
}

/// The digest of a `claims` parameter exactly as sent, to archive together with it.
pub(crate) fn claims_sha256(claims: &str) -> String {
    jose::base64url(jose::sha256(&[claims.as_bytes()]))
}

/// The maximum length in characters of a token that may contain a photo.
const MAX_TOKEN_WITH_IMAGE: usize = 512 * 1024;

impl Requested {
    /// The same request, made at a different time.
    pub(crate) fn at(self, at: UnixTime) -> Self {
        Self { at, ..self }
    }

    /// Whether something that was requested can only be in the userinfo response. If a claim that was requested in the
    /// ID token is missing there, the user does not have it.
    pub(crate) fn needs_userinfo(&self, id_token: &Members, dialect: Dialect) -> bool {
        let by_scope = || self.scopes.iter().flat_map(|scope| scope.claims(dialect));
        let is_missing = |claim: &Claim| !id_token.keys().any(|name| claim.has_name(name));
        self.in_userinfo
            || match self.scopes_in_id_token {
                false => by_scope().any(is_missing),
                // An OP may ignore the `claims` parameter, entirely or in part.
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
