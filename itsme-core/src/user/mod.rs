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

/// One claim, one field. Any of them may be missing.
macro_rules! user {
    ($($(#[$doc:meta])* $field:ident: $type:ty,)*) => {
        /// A person whose identity itsme has verified.
        ///
        /// Only [`sub`](Self::sub) is always present, and only `sub` may link the person to an account: it
        /// is stable, and different for each partner. It changes when a person deletes and re-creates their
        /// itsme account, so let a *logged-in* user link a new one; never match by e-mail or name.
        ///
        /// Any claim may be missing, whatever was requested: which ones a person has depends on the country
        /// that issued their document (itsme: data availability). Both dialects are read into the same
        /// fields. `Debug` shows the names of the claims and no values; serde writes them all, in this
        /// library's own form.
        #[derive(Clone, PartialEq, Serialize, Deserialize)]
        #[non_exhaustive]
        pub struct User {
            v: Version<2>,
            /// The person's identifier at this application: an opaque string, compared byte for byte.
            #[serde(deserialize_with = "not_empty")]
            pub sub: String,
            $(
                $(#[$doc])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )*
            /// The person's national number, by issuing country, as received. See
            /// [`belgium`](crate::belgium) to check a Belgian one.
            #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
            pub national_numbers: BTreeMap<Country, String>,
            /// Metadata about the claims; read it with [`verified_at`](Self::verified_at) and its siblings.
            #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
            metadata: BTreeMap<About, BTreeMap<String, String>>,
            /// All other claims, and those whose value has an unexpected form, as received.
            #[serde(default, skip_serializing_if = "Map::is_empty")]
            pub extra: Map<String, Value>,
        }

        impl User {
            /// A user about whom nothing else is known.
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
    /// Date of birth as printed on the document, such as `01.11.1978` or `10 MAY 1988`. It is not parsed;
    /// if the day or month is unknown, it is the only date of birth.
    birthdate_as_string: String,
    /// `female`, `male`, `unknown` or `n/a`.
    gender: String,
    /// Gender as printed on the document.
    official_gender: String,
    /// The language of the app: `NL`, `FR`, `DE` or `EN`; lower case in V1.
    locale: String,
    /// The URL of the person's picture, which requires the access token.
    picture: String,
    /// The photo on the document.
    photo: Photo,
    /// The e-mail address that the person entered.
    email: String,
    /// Whether itsme has verified the e-mail address; always false today.
    email_verified: bool,
    /// The number of the phone with the app, such as `+32 485694175`.
    phone_number: String,
    /// Whether the telephone number is verified; always true today.
    phone_number_verified: bool,
    /// The postal address. Belgian documents only.
    address: Address,
    /// How reliable the address is.
    address_assurance_level: String,
    /// Whether the person is 16 or older.
    age_gte_16: bool,
    /// Whether the person is 18 or older.
    age_gte_18: bool,
    /// Whether the person is 21 or older.
    age_gte_21: bool,
    /// Whether the person is 30 or older.
    age_gte_30: bool,
    /// Nationality as written on the document: `belge`, `BE`, `BEL`.
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
    /// The type of the identity document: starts with `I` for a card, `P` for a passport.
    id_document_type: String,
    /// The number of the passport, as V1 returns it.
    passport_sn: String,
    /// The phone with the app.
    device: Device,
    /// The installed app.
    app: App,
    /// The itsme account.
    account: Account,
    /// How the person was identified: `QR`, `MSISDN`, `a2a`; more values may be added.
    identification_mode: String,
    /// Data about the transaction in the app, as received.
    transaction_info: Value,
    /// The phone's IP address during the transaction.
    transaction_ip: String,
    /// Whether the phone was in a call.
    ongoing_call: bool,
    /// A grant for requesting the student attestation, as received.
    student_attestation: Value,
}

/// What metadata says about a claim.
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
    /// When a claim was verified, if [`Claim::VerificationDate`] was also requested: a timestamp as itsme
    /// wrote it, in ISO 8601, with or without time, fractions and zone.
    pub fn verified_at(&self, claim: &Claim) -> Option<&str> {
        self.about(About::VerifiedAt, claim)
    }

    /// When a claim became valid, if [`Claim::ValidityFrom`] was also requested.
    pub fn valid_from(&self, claim: &Claim) -> Option<&str> {
        self.about(About::ValidFrom, claim)
    }

    /// When a claim stops being valid, if [`Claim::ValidityTo`] was also requested.
    pub fn valid_until(&self, claim: &Claim) -> Option<&str> {
        self.about(About::ValidUntil, claim)
    }

    /// The country (alpha-3) whose document a claim comes from, if [`Claim::IdIssuingCountry`] was also
    /// requested.
    pub fn issuing_country(&self, claim: &Claim) -> Option<&str> {
        self.about(About::IssuingCountry, claim)
    }

    /// The municipality whose document a claim comes from, if [`Claim::IssuanceLocality`] was also
    /// requested.
    pub fn issuance_locality(&self, claim: &Claim) -> Option<&str> {
        self.about(About::IssuanceLocality, claim)
    }

    fn about(&self, about: About, claim: &Claim) -> Option<&str> {
        let known = self.metadata.get(&about)?;
        known.iter().find(|(name, _)| claim.has_name(name)).map(|(_, told)| told.as_str())
    }
}

/// An empty `sub` must never match an account.
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
