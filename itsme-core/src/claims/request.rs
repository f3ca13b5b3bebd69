use std::fmt;

use serde_json::{Map, Value, json};

use crate::{
    claims::claim::{ABOUT_THE_TOKEN, Claim},
    dialect::{Dialect, WireName},
    error::RequestError,
};

/// A claim with where and how it is asked for (OIDC Core §5.5).
///
/// A [`Claim`] alone is asked for voluntarily, in the ID token (V2, as itsme recommends) or in the
/// userinfo answer (V1, where it always was).
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimRequest {
    claim: Claim,
    in_userinfo: bool,
    essential: bool,
    value: Option<String>,
}

impl From<Claim> for ClaimRequest {
    fn from(claim: Claim) -> Self {
        Self { claim, in_userinfo: false, essential: false, value: None }
    }
}

impl ClaimRequest {
    /// Asks for it in the userinfo answer.
    #[must_use]
    pub fn in_userinfo(self) -> Self {
        Self { in_userinfo: true, ..self }
    }

    /// Says that the application cannot do without it.
    #[must_use]
    pub fn essential(self) -> Self {
        Self { essential: true, ..self }
    }

    /// Asks for this very value.
    #[must_use]
    pub fn value(self, value: impl Into<String>) -> Self {
        Self { value: Some(value.into()), ..self }
    }

    fn is_in_userinfo(&self, dialect: Dialect) -> bool {
        self.in_userinfo || dialect == Dialect::V1
    }
}

impl fmt::Debug for ClaimRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClaimRequest").field(&self.claim).finish_non_exhaustive()
    }
}

/// The claims that a request asks for, one entry a claim and place.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestedClaims(Vec<ClaimRequest>);

impl RequestedClaims {
    /// A later request for the same claim in the same place takes the earlier one's.
    pub(crate) fn add(&mut self, request: ClaimRequest) {
        let same = |known: &ClaimRequest| {
            known.claim == request.claim && known.in_userinfo == request.in_userinfo
        };
        self.0.retain(|known| !same(known));
        self.0.push(request);
    }

    /// Every claim has a name in the dialect, and none is the token's own.
    pub(crate) fn check(&self, dialect: Dialect) -> Result<(), RequestError> {
        for request in &self.0 {
            for name in request.claim.wire_names(dialect)? {
                if name.is_empty() {
                    return Err(RequestError::EmptyClaim);
                }
                // Only a checked template may say what is confirmed.
                let inner = match WireName::of(&name) {
                    WireName::V1(inner) | WireName::V2(inner) => inner,
                    WireName::Plain(_) => String::new(),
                };
                if inner.starts_with("claim_approval_") {
                    return Err(RequestError::TemplateClaim);
                }
                if let Some(claim) = ABOUT_THE_TOKEN.iter().find(|claim| **claim == name) {
                    return Err(RequestError::TokenClaim(claim));
                }
            }
        }
        Ok(())
    }

    /// Whether the answer is worth a userinfo request for these claims alone.
    pub(crate) fn any_in_userinfo(&self, dialect: Dialect) -> bool {
        self.0.iter().any(|request| request.is_in_userinfo(dialect))
    }

    pub(crate) fn any_image(&self) -> bool {
        self.0.iter().any(|request| request.claim.is_image())
    }

    /// The `claims` parameter; none if nothing is asked for. `known_user` is asked for by value
    /// (itsme: known user), `template` is what a Confirm adds.
    pub(crate) fn parameter(
        &self,
        dialect: Dialect,
        known_user: Option<&str>,
        template: &[(String, Value)],
    ) -> Option<Value> {
        let mut parameter = Map::new();
        let mut ask = |in_userinfo: bool, name: &str, asked: Value| {
            let place = if in_userinfo { "userinfo" } else { "id_token" };
            parameter.entry(place).or_insert_with(|| json!({}))[name] = asked;
        };
        if let Some(sub) = known_user {
            ask(true, "sub", json!({ "value": sub }));
        }
        for (name, asked) in template {
            ask(true, name, asked.clone());
        }
        for request in &self.0 {
            let asked = match (request.essential, &request.value) {
                (false, None) => Value::Null,
                (false, Some(value)) => json!({ "value": value }),
                (true, None) => json!({ "essential": true }),
                (true, Some(value)) => json!({ "essential": true, "value": value }),
            };
            for name in request.claim.wire_names(dialect).unwrap_or_default() {
                ask(request.is_in_userinfo(dialect), &name, asked.clone());
            }
        }
        (!parameter.is_empty()).then_some(Value::Object(parameter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::country::Country;

    #[test]
    fn the_parameter_has_each_claim_in_its_place() {
        let mut claims = RequestedClaims::default();
        assert_eq!(claims.parameter(Dialect::V2, None, &[]), None);
        claims.add(Claim::Birthdate.into());
        claims.add(Claim::Email.in_userinfo().essential());
        claims.add(Claim::Other("urn:x".into()).essential().value("7"));
        claims.add(Claim::Birthdate.essential());
        claims.add(Claim::NationalNumber(Country::Slovenia).into());
        assert_eq!(
            claims.parameter(Dialect::V2, Some("known"), &[]),
            Some(json!({
                "userinfo": { "sub": { "value": "known" }, "email": { "essential": true } },
                "id_token": {
                    "urn:x": { "essential": true, "value": "7" },
                    "birthdate": { "essential": true },
                    "http://itsme.services/v2/claim/SINationalNumber": null,
                    "http://itsme.services/v2/claim/SVNationalNumber": null,
                },
            }))
        );
    }

    #[test]
    fn in_v1_all_claims_come_in_userinfo() {
        let mut claims = RequestedClaims::default();
        claims.add(Claim::Citizenship.into());
        assert!(claims.any_in_userinfo(Dialect::V1) && !claims.any_in_userinfo(Dialect::V2));
        assert_eq!(
            claims.parameter(Dialect::V1, None, &[]),
            Some(json!({ "userinfo": { "tag:sixdots.be,2016-06:claim_nationality": null } }))
        );
        claims.add(Claim::BeEidSn.into());
        assert_eq!(
            claims.check(Dialect::V1),
            Err(RequestError::ClaimNotInDialect { claim: "BeEidSn".into(), dialect: Dialect::V1 })
        );
        assert_eq!(claims.check(Dialect::V2), Ok(()));
    }
}
