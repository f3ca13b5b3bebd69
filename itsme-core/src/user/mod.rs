use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::{Map, Value};

use crate::{
    claims::{Claim, country::Country},
    ground::version::Version,
};

mod about;
pub mod belgium;
mod photo;
mod read;
mod value;

pub use self::{
    about::{Account, Address, App, Device, Eid, PlaceOfBirth},
    photo::{ImageType, Photo},
};

/// Declares [`User`] with one field per claim.
macro_rules! user {
    ($($(#[$doc:meta])* $field:ident: $type:ty,)*) => {
        /// A user whose identity itsme has verified.
        ///
        /// Only [`sub`](Self::sub) is always present. Use only the `sub` to link the user to an account in
        /// your application, because it is stable and different for each partner. If a user deletes and
        /// re-creates their itsme account, they get a new `sub`. Let the user link the new `sub` after
        /// logging in to your application in another way. Never match users by e-mail address or name.
        ///
        /// Every other claim can be missing, even if it was requested. Which claims are available depends on
        /// the country that issued the user's document (itsme: data availability). The claims of both
        /// dialects are read into the same fields. `Debug` shows the names of the claims but not their
        /// values. Serde serializes all values, in this library's own format.
        #[derive(Clone, PartialEq, Serialize, Deserialize)]
        #[non_exhaustive]
        pub struct User {
            v: Version<2>,
            /// The user's identifier for this application. It is an opaque string: compare it byte for byte.
            #[serde(deserialize_with = "not_empty")]
            pub sub: String,
            $(
                $(#[$doc])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )*
            /// The user's national numbers as received, keyed by the country that issued them. Use
            /// [`belgium`](crate::belgium) to check a Belgian number.
            #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
            pub national_numbers: BTreeMap<Country, String>,
            /// Metadata about the claims; read it with [`verified_at`](Self::verified_at) and its siblings.
            #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
            metadata: BTreeMap<About, BTreeMap<String, String>>,
            /// All other claims, and claims whose value has an unexpected form, as received.
            #[serde(default, skip_serializing_if = "Map::is_empty")]
            pub extra: Map<String, Value>,
        }

        impl User {
            /// Creates a user with a `sub` and no claims.
            fn new(sub: String) -> Self {
                Self {
                    v: Version,
                    sub,
                    $($field: None,)*
                    national_numbers: BTreeMap::new(),
                    metadata: BTreeMap::new(),
                    extra: Map::new(),
                }
            }
        }
    };
}

user! {
    /// Full name.
    name: String,
    /// Given names.
    given_name: String,
    /// Family name.
    family_name: String,
    /// Date of birth as `YYYY-MM-DD`.
    birthdate: String,
    /// Date of birth as printed on the document, such as `01.11.1978` or `10 MAY 1988`. The text is not
    /// parsed. If the day or month of birth is unknown, only this claim contains the date of birth.
    birthdate_as_string: String,
    /// `female`, `male`, `unknown` or `n/a`.
    gender: String,
    /// Gender as printed on the document.
    official_gender: String,
    /// The language of the itsme app: `NL`, `FR`, `DE` or `EN`. Lower case in V1.
    locale: String,
    /// The URL of the user's picture. In V1, this is the picture itself, in base64. Use
    /// [`Client::picture`](crate::Client::picture) to get the image in both cases.
    picture: String,
    /// The photo on the document.
    photo: Photo,
    /// The e-mail address that the user entered.
    email: String,
    /// Whether itsme has verified the e-mail address. Currently always false.
    email_verified: bool,
    /// The number of the phone on which the itsme app is installed, such as `+32 485694175`.
    phone_number: String,
    /// Whether itsme has verified the phone number. Currently always true.
    phone_number_verified: bool,
    /// The postal address. Available only from Belgian documents.
    address: Address,
    /// How reliable the address is.
    address_assurance_level: String,
    /// Whether the user is 16 or older.
    age_gte_16: bool,
    /// Whether the user is 18 or older.
    age_gte_18: bool,
    /// Whether the user is 21 or older.
    age_gte_21: bool,
    /// Whether the user is 30 or older.
    age_gte_30: bool,
    /// Nationality as written on the document, such as `belge`, `BE` or `BEL`.
    citizenship: String,
    /// Nationality as an ISO 3166-1 alpha-3 code.
    citizenship_as_iso: String,
    /// City and country of birth.
    place_of_birth: PlaceOfBirth,
    /// The number of the Belgian identity card.
    be_eid_sn: String,
    /// All data of the Belgian identity card, as V1 returns it.
    eid: Eid,
    /// The number of the identity document.
    id_document_sn: String,
    /// The type of the identity document. It starts with `I` for an identity card and with `P` for a passport.
    id_document_type: String,
    /// The number of the passport, as V1 returns it.
    passport_sn: String,
    /// The phone on which the itsme app is installed.
    device: Device,
    /// The itsme app on the phone.
    app: App,
    /// The user's itsme account.
    account: Account,
    /// How the user was identified: `QR`, `MSISDN` or `a2a`. itsme may add more values.
    identification_mode: String,
    /// Data about the transaction in the app, as received.
    transaction_info: Value,
    /// The phone's IP address during the transaction.
    transaction_ip: String,
    /// Whether the user was on a call during the transaction.
    ongoing_call: bool,
    /// A grant that allows requesting the student attestation, as received.
    student_attestation: Value,
}

/// A kind of metadata about a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum About {
    IssuanceLocality,
    IssuingCountry,
    ValidFrom,
    ValidUntil,
    VerifiedAt,
}

impl User {
    /// The time when a claim was verified. Available if [`Claim::VerificationDate`] was also requested. The
    /// timestamp is as itsme wrote it: in ISO 8601, with or without a time, fractional seconds and a time zone.
    pub fn verified_at(&self, claim: &Claim) -> Option<&str> {
        self.about(About::VerifiedAt, claim)
    }

    /// The time from which a claim is valid. Available if [`Claim::ValidityFrom`] was also requested.
    pub fn valid_from(&self, claim: &Claim) -> Option<&str> {
        self.about(About::ValidFrom, claim)
    }

    /// The time until which a claim is valid. Available if [`Claim::ValidityTo`] was also requested.
    pub fn valid_until(&self, claim: &Claim) -> Option<&str> {
        self.about(About::ValidUntil, claim)
    }

    /// The country (ISO 3166-1 alpha-3) that issued the document from which a claim was taken. Available if
    /// [`Claim::IdIssuingCountry`] was also requested.
    pub fn issuing_country(&self, claim: &Claim) -> Option<&str> {
        self.about(About::IssuingCountry, claim)
    }

    /// The municipality that issued the document from which a claim was taken. Available if
    /// [`Claim::IssuanceLocality`] was also requested.
    pub fn issuance_locality(&self, claim: &Claim) -> Option<&str> {
        self.about(About::IssuanceLocality, claim)
    }

    fn about(&self, about: About, claim: &Claim) -> Option<&str> {
        let known = self.metadata.get(&about)?;
        known.iter().find(|(name, _)| claim.has_name(name)).map(|(_, told)| told.as_str())
    }
}

/// Refuses an empty `sub`, which must never match an account.
fn not_empty<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let sub = String::deserialize(from)?;
    if sub.is_empty() { Err(D::Error::custom("the `sub` is empty")) } else { Ok(sub) }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let claims = serde_json::to_value(self).unwrap_or_default();
        let names = claims
            .as_object()
            .into_iter()
            .flat_map(|claims| claims.keys())
            .filter(|name| *name != "v");
        f.write_str("User")?;
        f.debug_set().entries(names).finish()
    }
}
