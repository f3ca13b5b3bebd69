use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A group of claims (OIDC Core §5.4, itsme: scopes). `openid` and `service:CODE` are always sent.
///
/// Claims asked for by scope come in the userinfo answer, which costs one more request; ask by
/// [`Claim`] to get them in the ID token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Scope {
    /// The postal address.
    Address,
    /// `email` and `email_verified`.
    Email,
    /// `phone_number` and `phone_number_verified`.
    Phone,
    /// Names, gender, birthdate, locale and picture.
    Profile,
}

impl Scope {
    /// As it is written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Profile => "profile",
        }
    }

    /// The claims that the scope stands for.
    pub(crate) fn claims(self) -> &'static [&'static str] {
        match self {
            Self::Address => &["address"],
            Self::Email => &["email", "email_verified"],
            Self::Phone => &["phone_number", "phone_number_verified"],
            Self::Profile => {
                &["family_name", "given_name", "name", "gender", "locale", "birthdate", "picture"]
            }
        }
    }
}

/// One thing that itsme can tell about a person (OIDC Core §5.1, itsme: claims).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Claim {
    /// The postal address; Belgian documents only.
    Address,
    /// Whether the person is 16 or older.
    AgeGte16,
    /// Whether the person is 18 or older.
    AgeGte18,
    /// Whether the person is 21 or older.
    AgeGte21,
    /// Whether the person is 30 or older.
    AgeGte30,
    /// The date of birth.
    Birthdate,
    /// The e-mail address that the person typed.
    Email,
    /// Whether itsme has verified the e-mail address; always false today.
    EmailVerified,
    /// Family name.
    FamilyName,
    /// Gender.
    Gender,
    /// Given names.
    GivenName,
    /// The language of the app.
    Locale,
    /// Full name.
    Name,
    /// The telephone number of the phone with the app.
    PhoneNumber,
    /// Whether the telephone number is verified; always true today.
    PhoneNumberVerified,
    /// The address of the person's picture.
    Picture,
    /// Any other claim, by its name on the wire.
    Other(String),
}

impl Claim {
    /// Its name on the wire.
    pub fn name(&self) -> &str {
        match self {
            Self::Address => "address",
            Self::AgeGte16 => "age_gte_16",
            Self::AgeGte18 => "age_gte_18",
            Self::AgeGte21 => "age_gte_21",
            Self::AgeGte30 => "age_gte_30",
            Self::Birthdate => "birthdate",
            Self::Email => "email",
            Self::EmailVerified => "email_verified",
            Self::FamilyName => "family_name",
            Self::Gender => "gender",
            Self::GivenName => "given_name",
            Self::Locale => "locale",
            Self::Name => "name",
            Self::PhoneNumber => "phone_number",
            Self::PhoneNumberVerified => "phone_number_verified",
            Self::Picture => "picture",
            Self::Other(name) => name,
        }
    }

    /// Whether its value can be an image, so that tokens with it are large.
    fn is_image(&self) -> bool {
        *self == Self::Picture || self.name().contains("photo")
    }

    /// Asks for the claim in the userinfo answer instead of the ID token.
    pub fn in_userinfo(self) -> ClaimRequest {
        ClaimRequest { place: Place::Userinfo, ..self.into() }
    }

    /// Says that the application cannot do without it (OIDC Core §5.5.1).
    pub fn essential(self) -> ClaimRequest {
        ClaimRequest::from(self).essential()
    }
}

/// Claims about the token and not about the person.
pub(crate) const ABOUT_THE_TOKEN: [&str; 14] = [
    "acr",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "c_hash",
    "exp",
    "iat",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "sub",
];

/// A claim with where and how it is asked for (OIDC Core §5.5).
///
/// A [`Claim`] alone is asked for in the ID token, voluntarily.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRequest {
    claim: Claim,
    place: Place,
    essential: bool,
    value: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    IdToken,
    Userinfo,
}

impl From<Claim> for ClaimRequest {
    fn from(claim: Claim) -> Self {
        Self { claim, place: Place::IdToken, essential: false, value: None }
    }
}

impl ClaimRequest {
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

    pub(crate) fn claim(&self) -> &Claim {
        &self.claim
    }
}

/// The claims that a request asks for, one entry a claim and place.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestedClaims(Vec<ClaimRequest>);

impl RequestedClaims {
    /// A later request for the same claim in the same place takes the earlier one's.
    pub(crate) fn add(&mut self, request: ClaimRequest) {
        self.0.retain(|known| known.claim != request.claim || known.place != request.place);
        self.0.push(request);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &ClaimRequest> {
        self.0.iter()
    }

    /// Whether the answer is worth a userinfo request for these claims alone.
    pub(crate) fn any_in_userinfo(&self) -> bool {
        self.0.iter().any(|request| request.place == Place::Userinfo)
    }

    pub(crate) fn any_image(&self) -> bool {
        self.0.iter().any(|request| request.claim.is_image())
    }

    /// The `claims` parameter; none if nothing is asked for.
    pub(crate) fn parameter(&self) -> Option<Value> {
        let mut parameter = Map::new();
        for request in &self.0 {
            let place = match request.place {
                Place::IdToken => "id_token",
                Place::Userinfo => "userinfo",
            };
            let asked = match (request.essential, &request.value) {
                (false, None) => Value::Null,
                (false, Some(value)) => json!({ "value": value }),
                (true, None) => json!({ "essential": true }),
                (true, Some(value)) => json!({ "essential": true, "value": value }),
            };
            let member = parameter.entry(place).or_insert_with(|| json!({}));
            member[request.claim.name()] = asked;
        }
        (!parameter.is_empty()).then_some(Value::Object(parameter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_has_each_claim_in_its_place() {
        let mut claims = RequestedClaims::default();
        assert_eq!(claims.parameter(), None);
        claims.add(Claim::Birthdate.into());
        claims.add(Claim::Email.in_userinfo().essential());
        claims.add(Claim::Other("urn:x".into()).essential().value("7"));
        claims.add(Claim::Birthdate.essential());
        assert_eq!(
            claims.parameter(),
            Some(json!({
                "userinfo": { "email": { "essential": true } },
                "id_token": {
                    "urn:x": { "essential": true, "value": "7" },
                    "birthdate": { "essential": true },
                },
            }))
        );
    }
}
