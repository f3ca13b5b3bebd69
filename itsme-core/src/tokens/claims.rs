use std::time::Duration;

use serde_json::{Map, Value};

use crate::{
    error::TokenError,
    ground::{secret::Secret, time::UnixTime},
    jose,
};

/// Claims of a verified token, read strictly: a claim of the wrong kind is an error, not absent.
pub(crate) struct TokenClaims<'a>(pub(crate) &'a Map<String, Value>);

impl<'a> TokenClaims<'a> {
    pub(crate) fn text(&self, claim: &'static str) -> Result<Option<&'a str>, TokenError> {
        match self.0.get(claim) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(TokenError::Claim { claim }),
        }
    }

    /// A NumericDate (RFC 7519 §2), fractions allowed. 2^40 seconds are 34,000 years: whatever is
    /// beyond is no time, but milliseconds for one.
    pub(crate) fn time(&self, claim: &'static str) -> Result<Option<UnixTime>, TokenError> {
        let Some(value) = self.0.get(claim) else { return Ok(None) };
        let seconds = value.as_f64().ok_or(TokenError::Claim { claim })?;
        if !(0.0..(1u64 << 40) as f64).contains(&seconds) {
            return Err(TokenError::Claim { claim });
        }
        Ok(Some(UnixTime::from_millis((seconds * 1000.0) as u64)))
    }

    /// `iss` is `issuer`, byte for byte. An absent one passes; who needs it asks for it.
    pub(crate) fn check_issuer(&self, issuer: &str) -> Result<(), TokenError> {
        match self.text("iss")? {
            Some(iss) if iss != issuer => Err(TokenError::Issuer),
            _ => Ok(()),
        }
    }

    /// `aud`, one text or several, has `client_id`. An absent one passes. Gives how many there are.
    pub(crate) fn check_audience(&self, client_id: &str) -> Result<usize, TokenError> {
        let audiences = match self.0.get("aud") {
            None => return Ok(0),
            Some(Value::Array(audiences)) => audiences.as_slice(),
            Some(audience) => std::slice::from_ref(audience),
        };
        if !audiences.iter().all(Value::is_string) {
            return Err(TokenError::Claim { claim: "aud" });
        }
        if !audiences.iter().any(|audience| audience == client_id) {
            return Err(TokenError::Audience);
        }
        Ok(audiences.len())
    }

    /// `exp`, `iat` and `nbf`, each if it is there, with `leeway` for two clocks that differ.
    pub(crate) fn check_times(&self, now: UnixTime, leeway: Duration) -> Result<(), TokenError> {
        if self.time("exp")?.is_some_and(|exp| now >= exp.after(leeway)) {
            return Err(TokenError::Expired);
        }
        if self.time("iat")?.is_some_and(|iat| iat > now.after(leeway)) {
            return Err(TokenError::IssuedInFuture);
        }
        if self.time("nbf")?.is_some_and(|nbf| nbf > now.after(leeway)) {
            return Err(TokenError::NotYetValid);
        }
        Ok(())
    }

    /// `sub`, required, and `expected` if it must be somebody in particular.
    pub(crate) fn subject(&self, expected: Option<&str>) -> Result<&'a str, TokenError> {
        let sub = self.text("sub")?.filter(|sub| !sub.is_empty());
        let sub = sub.ok_or(TokenError::Missing { claim: "sub" })?;
        if expected.is_some_and(|expected| expected != sub) {
            return Err(TokenError::Subject);
        }
        Ok(sub)
    }

    /// `nonce`, required, and this one.
    pub(crate) fn check_nonce(&self, expected: &Secret) -> Result<(), TokenError> {
        let nonce = self.text("nonce")?.ok_or(TokenError::Missing { claim: "nonce" })?;
        if !is(nonce, expected) {
            return Err(TokenError::Nonce);
        }
        Ok(())
    }

    /// The request that the token answers, if it says one.
    pub(crate) fn check_auth_req_id(&self, expected: &Secret) -> Result<(), TokenError> {
        match self.text("urn:openid:params:jwt:claim:auth_req_id")? {
            Some(id) if !is(id, expected) => Err(TokenError::AuthReqId),
            _ => Ok(()),
        }
    }

    pub(crate) fn require(&self, claims: &[&'static str]) -> Result<(), TokenError> {
        match claims.iter().find(|claim| !self.0.contains_key(**claim)) {
            Some(claim) => Err(TokenError::Missing { claim }),
            None => Ok(()),
        }
    }
}

/// Told in a time that does not depend on where they differ.
fn is(text: &str, expected: &Secret) -> bool {
    jose::constant_time_eq(text.as_bytes(), expected.expose().as_bytes())
}
