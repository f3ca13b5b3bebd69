use std::fmt;

use serde::Serialize;
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};

use crate::{
    claims::{
        claim::{Claim, about_the_token},
        scope::Scope,
    },
    dialect::{
        Dialect,
        names::{Origin, WireName},
    },
    error::RequestError,
    ground::json::Members,
};

/// A claim, together with where and how to request it (OIDC Core §5.5).
///
/// A plain [`Claim`] is requested as a voluntary claim. In V2, it is requested in the ID token, as itsme recommends. In
/// V1, it is requested in the userinfo response.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimRequest {
    pub(crate) claim: Claim,
    pub(crate) in_userinfo: bool,
    pub(crate) essential: bool,
    pub(crate) value: Option<String>,
}

impl From<Claim> for ClaimRequest {
    fn from(claim: Claim) -> Self {
        Self { claim, in_userinfo: false, essential: false, value: None }
    }
}

impl ClaimRequest {
    /// Requests the claim in the userinfo response.
    #[must_use]
    pub fn in_userinfo(self) -> Self {
        Self { in_userinfo: true, ..self }
    }

    /// Marks the claim as essential to the application.
    #[must_use]
    pub fn essential(self) -> Self {
        Self { essential: true, ..self }
    }

    /// Requests the claim with exactly this value.
    #[must_use]
    pub fn value(self, value: impl Into<String>) -> Self {
        Self { value: Some(value.into()), ..self }
    }

    fn is_in_userinfo(&self, dialect: Dialect) -> bool {
        self.in_userinfo || dialect.habits().asks_in_userinfo
    }

    /// The value of the claim's member in the `claims` parameter.
    fn asked(&self) -> Value {
        match (self.essential, &self.value) {
            (false, None) => Value::Null,
            (false, Some(value)) => json!({ "value": value }),
            (true, None) => json!({ "essential": true }),
            (true, Some(value)) => json!({ "essential": true, "value": value }),
        }
    }
}

impl fmt::Debug for ClaimRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClaimRequest").field(&self.claim).finish_non_exhaustive()
    }
}

/// The claims of a request. Each claim has at most one entry for the ID token and one for the userinfo response.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestedClaims(pub(crate) Vec<ClaimRequest>);

impl RequestedClaims {
    /// Adds a claim. It replaces an earlier request for the same claim in the same place.
    pub(crate) fn add(&mut self, request: ClaimRequest) {
        let same = |known: &ClaimRequest| {
            known.claim == request.claim && known.in_userinfo == request.in_userinfo
        };
        self.0.retain(|known| !same(known));
        self.0.push(request);
    }

    /// Whether the claims of scopes can also be requested in the ID token. They cannot if the userinfo endpoint is
    /// called anyway, because metadata must stay in the same place as the claims that it describes. Nor can they if
    /// a claim is requested by value, because the user's value may be different.
    pub(crate) fn leave_room_in_id_token(&self, dialect: Dialect) -> bool {
        let is_free = |it: &ClaimRequest| !it.is_in_userinfo(dialect) && it.value.is_none();
        !dialect.habits().asks_in_userinfo && self.0.iter().all(is_free)
    }

    /// Adds the claims of scopes, in the ID token; claims that were requested individually stay as
    /// they are.
    pub(crate) fn with_scopes(self, scopes: &[Scope], dialect: Dialect) -> Self {
        let by_scope = scopes.iter().flat_map(|scope| scope.claims(dialect)).cloned();
        let mut all = Self::default();
        by_scope.map(ClaimRequest::from).chain(self.0).for_each(|request| all.add(request));
        all
    }

    /// Whether these claims require a userinfo request, regardless of the scopes.
    pub(crate) fn any_in_userinfo(&self, dialect: Dialect) -> bool {
        self.0.iter().any(|request| request.is_in_userinfo(dialect))
    }

    pub(crate) fn any_image(&self) -> bool {
        self.0.iter().any(|request| request.claim.is_image())
    }

    /// The `claims` parameter. `known_user` is the `sub` to request by value (itsme: known user). `template` contains
    /// the claims of a confirmation.
    ///
    /// # Errors
    /// A claim does not exist in the dialect, or the application may not request it.
    pub(crate) fn parameter(
        &self,
        dialect: Dialect,
        known_user: Option<&str>,
        template: Vec<(String, Value)>,
    ) -> Result<ClaimsParameter, RequestError> {
        let mut parameter = ClaimsParameter::default();
        if let Some(sub) = known_user {
            parameter.userinfo.set("sub".into(), json!({ "value": sub }));
        }
        for (name, value) in template {
            parameter.userinfo.set(name.into(), value);
        }
        for request in &self.0 {
            let place = match request.is_in_userinfo(dialect) {
                true => &mut parameter.userinfo,
                false => &mut parameter.id_token,
            };
            for name in request.claim.names_in(dialect)? {
                check_name(&name)?;
                place.set(name.into(), request.asked());
            }
        }
        Ok(parameter)
    }
}

/// The `claims` parameter (OIDC Core §5.5).
#[derive(Default, Serialize)]
pub(crate) struct ClaimsParameter {
    #[serde(skip_serializing_if = "Members::is_empty")]
    id_token: Members,
    #[serde(skip_serializing_if = "Members::is_empty")]
    userinfo: Members,
}

impl ClaimsParameter {
    /// The parameter exactly as sent, byte for byte; `None` if nothing is requested.
    pub(crate) fn text(&self) -> Option<Box<RawValue>> {
        let is_empty = self.id_token.is_empty() && self.userinfo.is_empty();
        (!is_empty).then(|| to_raw_value(self).expect("claims are JSON"))
    }
}

/// Refuses claims that the application may not request.
fn check_name(name: &str) -> Result<(), RequestError> {
    if name.is_empty() {
        return Err(RequestError::EmptyClaim);
    }
    // Only a checked template may determine what the user confirms.
    let WireName { origin, name: inner } = WireName::of(name);
    if origin != Origin::Plain && inner.to_ascii_lowercase().starts_with("claim_approval_") {
        return Err(RequestError::TemplateClaim);
    }
    match about_the_token(name) {
        Some(claim) => Err(RequestError::TokenClaim(claim)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::country::Country;

    fn parameter(
        claims: &RequestedClaims,
        dialect: Dialect,
        known_user: Option<&str>,
    ) -> Result<Option<Value>, RequestError> {
        let parameter = claims.parameter(dialect, known_user, Vec::new())?;
        Ok(parameter.text().map(|text| json!(text)))
    }

    #[test]
    fn the_parameter_has_each_claim_in_its_place() {
        let mut claims = RequestedClaims::default();
        assert_eq!(parameter(&claims, Dialect::V2, None), Ok(None));
        claims.add(Claim::Birthdate.into());
        claims.add(Claim::Email.in_userinfo().essential());
        claims.add(Claim::Other("urn:x".into()).essential().value("7"));
        claims.add(Claim::Birthdate.essential());
        claims.add(Claim::Birthdate.in_userinfo());
        claims.add(Claim::NationalNumber(Country::Slovenia).into());
        assert_eq!(
            parameter(&claims, Dialect::V2, Some("known")),
            Ok(Some(json!({
                "userinfo": {
                    "sub": { "value": "known" },
                    "email": { "essential": true },
                    "birthdate": null,
                },
                "id_token": {
                    "urn:x": { "essential": true, "value": "7" },
                    "birthdate": { "essential": true },
                    "http://itsme.services/v2/claim/SINationalNumber": null,
                    "http://itsme.services/v2/claim/SVNationalNumber": null,
                },
            })))
        );
    }

    #[test]
    fn in_v1_all_claims_come_in_userinfo() {
        let mut claims = RequestedClaims::default();
        claims.add(Claim::Citizenship.into());
        assert!(claims.any_in_userinfo(Dialect::V1) && !claims.any_in_userinfo(Dialect::V2));
        assert_eq!(
            parameter(&claims, Dialect::V1, None),
            Ok(Some(json!({ "userinfo": { "tag:sixdots.be,2016-06:claim_nationality": null } })))
        );
        claims.add(Claim::BeEidSn.into());
        assert_eq!(
            parameter(&claims, Dialect::V1, None),
            Err(RequestError::ClaimNotInDialect { claim: "BEeidSn".into(), dialect: Dialect::V1 })
        );
        assert!(parameter(&claims, Dialect::V2, None).is_ok());
    }
}
