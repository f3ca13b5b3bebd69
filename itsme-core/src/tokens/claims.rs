use std::time::Duration;

use serde_json::Value;

use crate::{
    error::TokenError,
    ground::{
        check::{Ruling, Verdict},
        json::Members,
        time::UnixTime,
    },
    settings::{identity::ClientIdentity, leeway::Leeway},
};

/// The parties of a token.
#[derive(Clone, Copy)]
pub(crate) struct TokenParties<'a> {
    /// The issuer exactly as in the OP's metadata, and our client id.
    pub(crate) client: &'a ClientIdentity,
    /// Other audiences that are allowed.
    pub(crate) other_audiences: &'a [String],
}

/// The times to check a token against.
#[derive(Clone, Copy)]
pub(crate) struct TokenTimes {
    /// When the token was requested. Unknown only when explaining.
    pub(crate) asked: Option<UnixTime>,
    pub(crate) now: UnixTime,
    pub(crate) leeway: Leeway,
}

/// How long before the request a token may have been issued. If our clock is fast, tokens appear to be older than
/// their request, and logins must not fail because of that.
pub(super) const MADE_BEFORE: Duration = Duration::from_secs(10 * 60);

/// The maximum length of a `sub` in characters (OIDC Core §2).
const MAX_SUB: usize = 255;

type Checked = Verdict<TokenError>;

/// Claims of a verified token, read strictly: a claim of the wrong type is an error and does not count as absent. These
/// checks are shared by several kinds of token, and each kind's list contains the ones it needs.
#[derive(Clone, Copy)]
pub(crate) struct TokenClaims<'a> {
    pub(super) all: &'a Members,
    /// `exp`, once it has been read.
    pub(super) exp: Option<UnixTime>,
    pub(super) iat: Option<UnixTime>,
}

impl<'a> TokenClaims<'a> {
    pub(crate) fn new(all: &'a Members) -> Self {
        Self { all, exp: None, iat: None }
    }

    pub(crate) fn text(&self, claim: &'static str) -> Result<Option<&'a str>, TokenError> {
        match self.all.get(claim) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(TokenError::Claim { claim }),
        }
    }

    /// Reads a NumericDate (RFC 7519 §2); fractions are allowed. Since 2^40 seconds is 34,000 years, a larger number
    /// is not a time in seconds, but may be one in milliseconds.
    pub(crate) fn time(&self, claim: &'static str) -> Result<Option<UnixTime>, TokenError> {
        let Some(value) = self.all.get(claim) else { return Ok(None) };
        let seconds = value.as_f64().ok_or(TokenError::Claim { claim })?;
        if !(0.0..(1u64 << 40) as f64).contains(&seconds) {
            return Err(TokenError::Claim { claim });
        }
        Ok(Some(UnixTime::from_millis((seconds * 1000.0) as u64)))
    }

    /// The entries of `aud`, which may be a single string.
    fn audiences(&self) -> Option<&'a [Value]> {
        match self.all.get("aud")? {
            Value::Array(audiences) => Some(audiences),
            audience => Some(std::slice::from_ref(audience)),
        }
    }

    /// Whether there are several audiences, known or not.
    pub(super) fn has_several_audiences(&self) -> bool {
        self.audiences().is_some_and(|audiences| audiences.len() > 1)
    }

    pub(super) fn check_presence(&self, claims: &[&'static str]) -> Checked {
        match claims.iter().find(|claim| !self.all.contains_key(claim)) {
            Some(claim) => Err(TokenError::Missing { claim }),
            None => Ok(Ruling::Held),
        }
    }

    /// Security event tokens (RFC 8417 §2.2), such as logout tokens, contain `events`.
    pub(super) fn check_kind(&self) -> Checked {
        if self.all.contains_key("events") {
            return Err(TokenError::OtherKind { claim: "events" });
        }
        Ok(Ruling::Held)
    }

    pub(super) fn check_issuer(&self, parties: TokenParties<'_>) -> Checked {
        match self.text("iss")? {
            Some(iss) if iss != parties.client.issuer => Err(TokenError::Issuer),
            iss => Ok(Ruling::held_if(iss.is_some())),
        }
    }

    pub(super) fn check_audience(&self, parties: TokenParties<'_>) -> Checked {
        let Some(audiences) = self.audiences() else { return Ok(Ruling::NotApplicable) };
        if !audiences.iter().all(Value::is_string) {
            return Err(TokenError::Claim { claim: "aud" });
        }
        let is_ours = |audience: &Value| audience == parties.client.client_id.as_str();
        if audiences.iter().any(is_ours) { Ok(Ruling::Held) } else { Err(TokenError::Audience) }
    }

    pub(super) fn check_other_audiences(&self, parties: TokenParties<'_>) -> Checked {
        if !self.has_several_audiences() || self.check_audience(parties).is_err() {
            return Ok(Ruling::NotApplicable);
        }
        let is_known = |audience: &Value| {
            audience == parties.client.client_id.as_str()
                || parties.other_audiences.iter().any(|known| audience == known)
        };
        let all_known = self.audiences().is_some_and(|all| all.iter().all(is_known));
        if all_known { Ok(Ruling::Held) } else { Err(TokenError::OtherAudience) }
    }

    /// Reads both times before comparing either.
    pub(super) fn check_time_form(&mut self) -> Checked {
        let (exp, iat) = (self.time("exp"), self.time("iat"));
        (self.exp, self.iat) = (known(&exp), known(&iat));
        let (exp, iat) = (exp?, iat?);
        Ok(Ruling::held_if(exp.is_some() || iat.is_some()))
    }

    pub(super) fn check_expiry(&self, TokenTimes { now, leeway, .. }: TokenTimes) -> Checked {
        match self.exp {
            Some(exp) if leeway.is_past(exp, now) => Err(TokenError::Expired),
            exp => Ok(Ruling::held_if(exp.is_some())),
        }
    }

    pub(super) fn check_issued(&self, TokenTimes { now, leeway, .. }: TokenTimes) -> Checked {
        match self.iat {
            Some(iat) if leeway.is_future(iat, now) => Err(TokenError::IssuedInFuture),
            iat => Ok(Ruling::held_if(iat.is_some())),
        }
    }

    pub(super) fn check_age(&self, TokenTimes { asked, .. }: TokenTimes) -> Checked {
        match self.iat.zip(asked) {
            Some((iat, asked)) if iat < asked.before(MADE_BEFORE) => {
                Err(TokenError::IssuedBeforeRequest)
            }
            both => Ok(Ruling::held_if(both.is_some())),
        }
    }

    pub(super) fn check_span(&self) -> Checked {
        match self.exp.zip(self.iat) {
            Some((exp, iat)) if exp < iat => Err(TokenError::EndsBeforeBeginning),
            both => Ok(Ruling::held_if(both.is_some())),
        }
    }

    pub(super) fn check_not_before(&self, TokenTimes { now, leeway, .. }: TokenTimes) -> Checked {
        match self.time("nbf")? {
            Some(nbf) if leeway.is_future(nbf, now) => Err(TokenError::NotYetValid),
            nbf => Ok(Ruling::held_if(nbf.is_some())),
        }
    }

    /// The `sub`, which every token must contain.
    pub(crate) fn subject(&self) -> Result<&'a str, TokenError> {
        let sub = self.text("sub")?.filter(|sub| !sub.is_empty());
        sub.ok_or(TokenError::Missing { claim: "sub" })
    }

    pub(super) fn check_subject(&self) -> Checked {
        let sub = self.subject()?;
        if sub.chars().count() > MAX_SUB || sub.chars().any(char::is_control) {
            return Err(TokenError::Claim { claim: "sub" });
        }
        Ok(Ruling::Held)
    }

    /// Checks that the token is about the expected user, if there is one.
    pub(super) fn check_same_subject(&self, expected: Option<&str>) -> Checked {
        let Some(expected) = expected else { return Ok(Ruling::NotApplicable) };
        match self.subject() {
            Ok(sub) if sub != expected => Err(TokenError::Subject),
            sub => Ok(Ruling::held_if(sub.is_ok())),
        }
    }
}

/// The time, if it is present and readable. Whether it is readable is checked separately.
pub(super) fn known(time: &Result<Option<UnixTime>, TokenError>) -> Option<UnixTime> {
    time.as_ref().ok().copied().flatten()
}
