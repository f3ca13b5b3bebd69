use serde::{Deserialize, Serialize};

use crate::dialect::Dialect;

/// A group of claims (OIDC Core §5.4, itsme: scopes). `openid` and `service:CODE` are always sent.
///
/// Claims asked for by scope come in the userinfo answer, which costs one more request; ask by
/// [`Claim`](crate::Claim) to get them in the ID token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Scope {
    /// The postal address.
    #[serde(rename = "address")]
    Address,
    /// The Belgian national number and identity card number.
    #[serde(rename = "eid")]
    Eid,
    /// `email` and `email_verified`.
    #[serde(rename = "email")]
    Email,
    /// Number, kind, country and validity of the identity document. V2.
    #[serde(rename = "idDocument")]
    IdDocument,
    /// `phone_number` and `phone_number_verified`.
    #[serde(rename = "phone")]
    Phone,
    /// Names, gender, birthdate, locale and (V2) picture.
    #[serde(rename = "profile")]
    Profile,
}

impl Scope {
    /// As it is written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Eid => "eid",
            Self::Email => "email",
            Self::IdDocument => "idDocument",
            Self::Phone => "phone",
            Self::Profile => "profile",
        }
    }

    /// Whether a dialect has it.
    pub(crate) fn exists(self, dialect: Dialect) -> bool {
        self != Self::IdDocument || dialect == Dialect::V2
    }

    /// The claims that the scope stands for, by their names on the wire.
    pub(crate) fn claims(self, dialect: Dialect) -> &'static [&'static str] {
        match (self, dialect) {
            (Self::Address, _) => &["address"],
            (Self::Eid, Dialect::V1) => &["tag:sixdots.be,2016-06:claim_eid"],
            (Self::Eid, Dialect::V2) => &[
                "http://itsme.services/v2/claim/BENationalNumber",
                "http://itsme.services/v2/claim/BEeidSn",
            ],
            (Self::Email, _) => &["email", "email_verified"],
            (Self::IdDocument, _) => &[
                "http://itsme.services/v2/claim/IDDocumentSN",
                "http://itsme.services/v2/claim/IDDocumentType",
                "http://itsme.services/v2/claim/IDIssuingCountry",
                "http://itsme.services/v2/claim/validityFrom",
                "http://itsme.services/v2/claim/validityTo",
            ],
            (Self::Phone, _) => &["phone_number", "phone_number_verified"],
            (Self::Profile, Dialect::V1) => {
                &["family_name", "given_name", "name", "gender", "locale", "birthdate"]
            }
            (Self::Profile, Dialect::V2) => {
                &["family_name", "given_name", "name", "gender", "locale", "birthdate", "picture"]
            }
        }
    }
}
