use std::time::Duration;

use serde_json::{Map, Value};

use crate::{
    error::TokenError,
    ground::time::UnixTime,
    settings::{identity::ClientIdentity, leeway::Leeway},
};

/// From, for and about whom a token must be, whatever kind of token it is.
#[derive(Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub(crate) parties: TokenParties<'a>,
    /// Somebody in particular.
    pub(crate) sub: Option<&'a str>,
}

/// Between whom a token is.
#[derive(Clone, Copy)]
pub(crate) struct TokenParties<'a> {
    /// The issuer as the OP's metadata write it, and us.
    pub(crate) client: &'a ClientIdentity,
    /// For whom else it may be; `None` where that does not matter.
    pub(crate) other_audiences: Option<&'a [String]>,
}

/// When a token must have been made.
#[derive(Clone, Copy)]
pub(crate) struct TokenTimes {
    /// When it was asked for.
    pub(crate) asked: UnixTime,
    pub(crate) now: UnixTime,
    pub(crate) leeway: Leeway,
}

/// How long before it was asked for a token may have been made. A clock of ours that is fast asks in the future,
/// and is not to lock everybody out.
const MADE_BEFORE: Duration = Duration::from_secs(10 * 60);

/// The most characters that a `sub` may have (OIDC Core §2).
const MAX_SUB: usize = 255;

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

    /// `aud`, one text or several, has us, and nobody else whom we do not know (OIDC Core §3.1.3.7). An absent one
    /// passes. Gives whether there are several.
    fn check_audience(&self, parties: TokenParties<'_>) -> Result<bool, TokenError> {
        let audiences = match self.0.get("aud") {
            None => return Ok(false),
            Some(Value::Array(audiences)) => audiences.as_slice(),
            Some(audience) => std::slice::from_ref(audience),
        };
        if !audiences.iter().all(Value::is_string) {
            return Err(TokenError::Claim { claim: "aud" });
        }
        let client_id = parties.client.client_id.as_str();
        if !audiences.iter().any(|audience| audience == client_id) {
            return Err(TokenError::Audience);
        }
        let mut others = audiences.iter().filter(|audience| *audience != client_id);
        match parties.other_audiences {
            Some(known) if others.any(|other| !known.iter().any(|known| other == known)) => {
                Err(TokenError::OtherAudience)
            }
            _ => Ok(audiences.len() > 1),
        }
    }

    /// `exp`, `iat` and `nbf`, each if it is there.
    pub(crate) fn check_times(&self, times: TokenTimes) -> Result<(), TokenError> {
        let TokenTimes { asked, now, leeway } = times;
        let (exp, iat) = (self.time("exp")?, self.time("iat")?);
        if exp.is_some_and(|exp| leeway.is_past(exp, now)) {
            return Err(TokenError::Expired);
        }
        if iat.is_some_and(|iat| leeway.is_future(iat, now)) {
            return Err(TokenError::IssuedInFuture);
        }
        if iat.is_some_and(|iat| iat < asked.before(MADE_BEFORE)) {
            return Err(TokenError::IssuedBeforeRequest);
        }
        if exp.zip(iat).is_some_and(|(exp, iat)| exp < iat) {
            return Err(TokenError::EndsBeforeBeginning);
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
        if sub.chars().count() > MAX_SUB || sub.chars().any(char::is_control) {
            return Err(TokenError::Claim { claim: "sub" });
        }
        if expected.is_some_and(|expected| expected != sub) {
            return Err(TokenError::Subject);
        }
        Ok(sub)
    }

    /// From the OP, for us; `iss` byte for byte. An absent one passes: who needs it
    /// [requires](Self::require) it. Gives whether there are several audiences.
    pub(crate) fn check_parties(&self, parties: TokenParties<'_>) -> Result<bool, TokenError> {
        // Of security event tokens (RFC 8417 §2.2), log-outs among them.
        if self.0.contains_key("events") {
            return Err(TokenError::OtherKind { claim: "events" });
        }
        if self.text("iss")?.is_some_and(|iss| iss != parties.client.issuer) {
            return Err(TokenError::Issuer);
        }
        self.check_audience(parties)
    }

    /// From, for and about whom it must be. Gives the `sub`.
    pub(crate) fn check(&self, expected: Expected<'_>) -> Result<&'a str, TokenError> {
        let sub = self.subject(expected.sub)?;
        self.check_parties(expected.parties)?;
        Ok(sub)
    }

    pub(crate) fn require(&self, claims: &[&'static str]) -> Result<(), TokenError> {
        match claims.iter().find(|claim| !self.0.contains_key(**claim)) {
            Some(claim) => Err(TokenError::Missing { claim }),
            None => Ok(()),
        }
    }
}
