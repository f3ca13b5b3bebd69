use serde_json::{Map, Value};

use crate::{
    error::TokenError,
    ground::time::UnixTime,
    settings::{identity::ClientIdentity, leeway::Leeway},
};

/// From, for and about whom a token must be, whatever kind of token it is.
#[derive(Clone, Copy)]
pub(crate) struct Expected<'a> {
    /// The issuer as the OP's metadata write it, and us.
    pub(crate) client: &'a ClientIdentity,
    /// Somebody in particular.
    pub(crate) sub: Option<&'a str>,
}

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

    /// `aud`, one text or several, has `client_id`. An absent one passes. Gives how many there are.
    fn check_audience(&self, client_id: &str) -> Result<usize, TokenError> {
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

    /// `exp`, `iat` and `nbf`, each if it is there.
    pub(crate) fn check_times(&self, now: UnixTime, leeway: Leeway) -> Result<(), TokenError> {
        if self.time("exp")?.is_some_and(|exp| leeway.is_past(exp, now)) {
            return Err(TokenError::Expired);
        }
        if self.time("iat")?.is_some_and(|iat| leeway.is_future(iat, now)) {
            return Err(TokenError::IssuedInFuture);
        }
        if self.time("nbf")?.is_some_and(|nbf| leeway.is_future(nbf, now)) {
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

    /// From the OP, for us; `iss` byte for byte. An absent one passes: who needs it
    /// [requires](Self::require) it. Gives how many audiences there are.
    pub(crate) fn check_parties(&self, client: &ClientIdentity) -> Result<usize, TokenError> {
        if self.text("iss")?.is_some_and(|iss| iss != client.issuer) {
            return Err(TokenError::Issuer);
        }
        self.check_audience(&client.client_id)
    }

    /// From, for and about whom it must be. Gives the `sub`.
    pub(crate) fn check(&self, expected: Expected<'_>) -> Result<&'a str, TokenError> {
        let sub = self.subject(expected.sub)?;
        self.check_parties(expected.client)?;
        Ok(sub)
    }

    pub(crate) fn require(&self, claims: &[&'static str]) -> Result<(), TokenError> {
        match claims.iter().find(|claim| !self.0.contains_key(**claim)) {
            Some(claim) => Err(TokenError::Missing { claim }),
            None => Ok(()),
        }
    }
}
