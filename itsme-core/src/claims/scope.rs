use serde::{Deserialize, Serialize};

use super::{claim::Claim, country::Country};
use crate::dialect::Dialect;

/// Lists one scope per line: its wire name, and the claims that it contains in each dialect. If a scope contains no
/// claims in a dialect, it does not exist in that dialect.
macro_rules! scopes {
    ($($(#[$doc:meta])* $scope:ident $name:literal => V1 $v1:expr, V2 $v2:expr;)*) => {
        /// A scope, which is a group of claims (OIDC Core §5.4, itsme: scopes). The scopes `openid` and `service:CODE`
        /// are always sent as well.
        ///
        /// itsme returns the claims of scopes in the userinfo response, which takes an additional request. In V2, they
        /// are therefore also requested in the ID token. The userinfo endpoint is then called only if the ID token
        /// contains none of them, or lacks a claim that every user has. See
        /// [`scopes_by_userinfo`](crate::AuthorizationRequest::scopes_by_userinfo).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Scope {
            $($(#[$doc])* #[serde(rename = $name)] $scope,)*
        }

        impl Scope {
            /// The scope as written on the wire.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$scope => $name,)*
                }
            }

            /// The claims that the scope contains.
            pub(crate) fn claims(self, dialect: Dialect) -> &'static [Claim] {
                match (self, dialect) {
                    $((Self::$scope, Dialect::V1) => $v1, (Self::$scope, Dialect::V2) => $v2,)*
                }
            }
        }
    };
}

const V2_PROFILE: &[Claim] = &[
    Claim::FamilyName,
    Claim::GivenName,
    Claim::Name,
    Claim::Gender,
    Claim::Locale,
    Claim::Birthdate,
    Claim::Picture,
];
/// All claims of [`V2_PROFILE`] except the picture.
const V1_PROFILE: &[Claim] = V2_PROFILE.split_at(6).0;
const V2_ADDRESS: &[Claim] = &[Claim::Address, Claim::AddressAssuranceLevel];
const EMAIL: &[Claim] = &[Claim::Email, Claim::EmailVerified];
const ID_DOCUMENT: &[Claim] = &[
    Claim::IdDocumentSn,
    Claim::IdDocumentType,
    Claim::IdIssuingCountry,
    Claim::ValidityFrom,
    Claim::ValidityTo,
];
const PHONE: &[Claim] = &[Claim::PhoneNumber, Claim::PhoneNumberVerified];
const V2_EID: &[Claim] = &[Claim::NationalNumber(Country::Belgium), Claim::BeEidSn];

scopes! {
    /// The postal address and, in V2, how reliable it is.
    Address "address" => V1 &[Claim::Address], V2 V2_ADDRESS;
    /// The Belgian national number and the number of the Belgian identity card.
    Eid "eid" => V1 &[Claim::Eid], V2 V2_EID;
    /// `email` and `email_verified`.
    Email "email" => V1 EMAIL, V2 EMAIL;
    /// The number, type, issuing country and validity of the identity document. V2 only.
    IdDocument "idDocument" => V1 &[], V2 ID_DOCUMENT;
    /// `phone_number` and `phone_number_verified`.
    Phone "phone" => V1 PHONE, V2 PHONE;
    /// Names, gender, date of birth, locale and, in V2, the picture.
    Profile "profile" => V1 V1_PROFILE, V2 V2_PROFILE;
}

impl Scope {
    /// Whether this scope exists in a dialect.
    pub(crate) fn exists(self, dialect: Dialect) -> bool {
        !self.claims(dialect).is_empty()
    }

    /// Whether the scope's claims can include an image. In V1, the picture itself is in the claim.
    pub(crate) fn has_image(self, dialect: Dialect) -> bool {
        self == Self::Profile && dialect.habits().writes_picture_into_claim
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::claim::Claim;

    #[test]
    fn what_can_be_an_image_is_known_by_its_name() {
        for name in ["tag:sixdots.be,2016-06:claim_photo", "http://itsme.services/v2/claim/picture"]
        {
            assert!(Claim::Other(name.to_owned()).is_image(), "{name}");
        }
        assert!(Claim::Photo.is_image() && Claim::Picture.is_image() && !Claim::Name.is_image());
        assert!(!Claim::Other("name".to_owned()).is_image());
        assert!(Scope::Profile.has_image(Dialect::V1));
        assert!(!Scope::Profile.has_image(Dialect::V2) && !Scope::Email.has_image(Dialect::V1));
    }
}
