use std::time::Duration;

use serde_json::{Map, Value};

use crate::{
    claims::acr::Acr,
    error::TokenError,
    ground::{secret::Secret, time::UnixTime},
    jose,
    tokens::{claims::TokenClaims, requested::Requested},
};

/// What an ID token is held against (OIDC Core §3.1.3.7).
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) binding: &'a Binding,
    pub(crate) access_token: &'a Secret,
    pub(crate) asked: &'a Requested,
    pub(crate) leeway: Duration,
    pub(crate) accept_weaker_acr: bool,
    pub(crate) require_auth_time: bool,
}

/// What ties an ID token to the request that it answers.
pub(crate) enum Binding {
    /// The `nonce` that was sent by the browser.
    Nonce(Secret),
    /// The `auth_req_id` that was polled for, of which a token may speak (CIBA Core §10.3.1). A `nonce`
    /// is none of ours there.
    AuthReqId(Secret),
}

/// What a checked ID token says of the authentication itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authentication {
    pub(crate) sub: String,
    pub(crate) acr: Option<Acr>,
    pub(crate) auth_time: Option<UnixTime>,
}

impl Expected<'_> {
    /// Checks the claims of an ID token whose signature is right.
    pub(crate) fn check(
        &self,
        claims: &Map<String, Value>,
        now: UnixTime,
    ) -> Result<Authentication, TokenError> {
        let token = TokenClaims(claims);
        token.require(&["iss", "aud", "exp", "iat"])?;
        token.check_issuer(self.issuer)?;
        let audiences = token.check_audience(self.client_id)?;
        match token.text("azp")? {
            Some(azp) if azp != self.client_id => return Err(TokenError::AuthorizedParty),
            None if audiences > 1 => return Err(TokenError::AuthorizedParty),
            _ => {}
        }
        token.check_times(now, self.leeway)?;
        match self.binding {
            Binding::Nonce(nonce) => token.check_nonce(nonce)?,
            Binding::AuthReqId(id) => token.check_auth_req_id(id)?,
        }
        let sub = token.subject(self.asked.sub.as_deref())?.to_owned();
        let acr = self.check_acr(token.text("acr")?)?;
        let auth_time = self.check_auth_time(token.time("auth_time")?)?;
        if token.text("at_hash")?.is_some_and(|hash| hash != access_token_hash(self.access_token)) {
            return Err(TokenError::AccessTokenHash);
        }
        Ok(Authentication { sub, acr, auth_time })
    }

    /// The query with `acr_values` passes through the person's browser, which can strip it; what
    /// comes back tells. Basic is the least there is, so only more than that needs proof.
    fn check_acr(&self, acr: Option<&str>) -> Result<Option<Acr>, TokenError> {
        let found = acr.and_then(Acr::read);
        let wanted = self.asked.acr.filter(|wanted| *wanted > Acr::Basic);
        let weaker = wanted.is_some_and(|wanted| found.is_none_or(|found| found < wanted));
        if weaker && !self.accept_weaker_acr {
            return Err(TokenError::Acr);
        }
        Ok(found)
    }

    /// Against the time of the request, never of the answer: with `max_age=1` nobody could be
    /// quick enough.
    fn check_auth_time(&self, time: Option<UnixTime>) -> Result<Option<UnixTime>, TokenError> {
        let Some(max_age) = self.asked.max_age else { return Ok(time) };
        match time {
            Some(time) if time < self.asked.at.before(max_age).before(self.leeway) => {
                Err(TokenError::AuthTime)
            }
            None if self.require_auth_time => Err(TokenError::Missing { claim: "auth_time" }),
            time => Ok(time),
        }
    }
}

/// The left half of the access token's SHA-256 (OIDC Core §3.1.3.6).
fn access_token_hash(access_token: &Secret) -> String {
    jose::base64url(&jose::sha256(&[access_token.expose().as_bytes()])[..16])
}
