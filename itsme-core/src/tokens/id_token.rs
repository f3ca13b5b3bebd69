use serde_json::{Map, Value};

use super::{
    claims::{TokenClaims, TokenParties, TokenTimes},
    requested::Requested,
};
use crate::{
    claims::acr::Acr,
    error::TokenError,
    ground::{secret::Secret, time::UnixTime},
    jose,
    settings::Settings,
};

/// What an ID token is held against (OIDC Core §3.1.3.7).
pub(crate) struct IdTokenChecks<'a> {
    pub(crate) parties: TokenParties<'a>,
    pub(crate) settings: &'a Settings,
    pub(crate) binding: &'a Binding,
    pub(crate) access_token: &'a Secret,
    pub(crate) requested: &'a Requested,
}

/// What ties an ID token to the request that it answers.
pub(crate) enum Binding {
    /// The `nonce` that was sent by the browser.
    Nonce(Secret),
    /// The `auth_req_id` that was polled for, of which a token may speak (CIBA Core §10.3.1). A
    /// `nonce` there is not one that this client sent.
    AuthReqId(Secret),
}

/// What a checked ID token says of the authentication itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authentication {
    pub(crate) sub: String,
    pub(crate) acr: Option<Acr>,
    pub(crate) auth_time: Option<UnixTime>,
}

impl Binding {
    fn check(&self, token: &TokenClaims<'_>) -> Result<(), TokenError> {
        match self {
            Self::Nonce(expected) => {
                let nonce = token.text("nonce")?.ok_or(TokenError::Missing { claim: "nonce" })?;
                if is(nonce, expected) { Ok(()) } else { Err(TokenError::Nonce) }
            }
            Self::AuthReqId(expected) => {
                match token.text("urn:openid:params:jwt:claim:auth_req_id")? {
                    Some(id) if !is(id, expected) => Err(TokenError::AuthReqId),
                    _ => Ok(()),
                }
            }
        }
    }
}

impl IdTokenChecks<'_> {
    /// Checks the claims of an ID token whose signature is right.
    pub(crate) fn check(
        &self,
        claims: &Map<String, Value>,
        now: UnixTime,
    ) -> Result<Authentication, TokenError> {
        let token = TokenClaims(claims);
        token.require(&["iss", "aud", "exp", "iat"])?;
        let has_several = token.check_parties(self.parties)?;
        self.check_authorized_party(token.text("azp")?, has_several)?;
        let leeway = self.settings.clock_leeway;
        token.check_times(TokenTimes { asked: self.requested.at, now, leeway })?;
        self.binding.check(&token)?;
        let sub = token.subject(self.requested.sub.as_deref())?.to_owned();
        let acr = self.check_acr(token.text("acr"))?;
        let auth_time = self.check_auth_time(token.time("auth_time"))?;
        if token.text("at_hash")?.is_some_and(|hash| hash != access_token_hash(self.access_token)) {
            return Err(TokenError::AccessTokenHash);
        }
        Ok(Authentication { sub, acr, auth_time })
    }

    /// Who asked for the token, which one with several audiences must say.
    fn check_authorized_party(
        &self,
        azp: Option<&str>,
        has_several: bool,
    ) -> Result<(), TokenError> {
        match azp.filter(|azp| !azp.is_empty()) {
            Some(azp) if azp != self.parties.client.client_id => Err(TokenError::AuthorizedParty),
            None if has_several => Err(TokenError::Missing { claim: "azp" }),
            _ => Ok(()),
        }
    }

    /// The query with `acr_values` passes through the person's browser, which can strip it; what
    /// comes back tells. Basic is the least there is, so only more than that needs proof, and to be
    /// readable.
    fn check_acr(&self, acr: Result<Option<&str>, TokenError>) -> Result<Option<Acr>, TokenError> {
        let wanted = self.requested.acr.filter(|wanted| *wanted > Acr::Basic);
        let acr = if wanted.is_some() { acr? } else { acr.unwrap_or_default() };
        let found = acr.and_then(Acr::read);
        let weaker = wanted.is_some_and(|wanted| found.is_none_or(|found| found < wanted));
        if weaker && !self.settings.danger_accept_weaker_acr {
            return Err(TokenError::Acr);
        }
        Ok(found)
    }

    /// Against the time of the request, never of the answer: with `max_age=1` nobody could be
    /// quick enough. Whoever did not ask for an age is not refused for what cannot be read.
    fn check_auth_time(
        &self,
        time: Result<Option<UnixTime>, TokenError>,
    ) -> Result<Option<UnixTime>, TokenError> {
        let Requested { at, max_age: Some(max_age), .. } = self.requested else {
            return Ok(time.unwrap_or_default());
        };
        let Settings { clock_leeway, require_auth_time, .. } = self.settings;
        match time? {
            Some(time) if time < clock_leeway.earliest(at.before(*max_age)) => {
                Err(TokenError::AuthTime)
            }
            None if *require_auth_time => Err(TokenError::Missing { claim: "auth_time" }),
            time => Ok(time),
        }
    }
}

/// The left half of the access token's SHA-256 (OIDC Core §3.1.3.6).
fn access_token_hash(access_token: &Secret) -> String {
    jose::base64url(&jose::sha256(&[access_token.expose().as_bytes()])[..16])
}

/// Told in a time that does not depend on where they differ.
fn is(text: &str, expected: &Secret) -> bool {
    jose::constant_time_eq(text.as_bytes(), expected.expose().as_bytes())
}
