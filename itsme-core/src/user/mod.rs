use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::claims::{Claim, country::Country};

mod about;
pub mod belgium;
mod photo;
mod read;

pub use self::{
    about::{Account, Address, App, Device, Eid, PlaceOfBirth},
    photo::{ImageType, Photo},
};

/// A person whose identity itsme has vouched for.
///
/// Only [`sub`](Self::sub) is always there, and only `sub` may link the person to an account: it
/// is stable and different at each partner. It changes when somebody deletes and re-creates their
/// itsme account, so let a *logged-in* user link a new one; never match by e-mail or name.
///
/// Every claim may be missing, whatever was asked: which ones a person has depends on the country
/// that issued their document (itsme: data availability). Both dialects are read into the same
/// fields. `Debug` shows which claims there are and none of their values; serde writes them all, in
/// a form of this library's own that it reads again.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct User {
    /// Who they are to this application: an opaque text, compared byte for byte.
    pub sub: String,
    /// Full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Given names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Date of birth as `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<String>,
    /// Date of birth as the document prints it, as `01.11.1978` or `10 MAY 1988`. Where day or
    /// month are not known, it is the only one; so it is not parsed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate_as_string: Option<String>,
    /// `female`, `male`, `unknown` or `n/a`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// Gender as the document prints it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub official_gender: Option<String>,
    /// The language of the app: `NL`, `FR`, `DE` or `EN`, in V1 in lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The address of the person's picture, to be had with the access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// The photo of the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo: Option<Photo>,
    /// The e-mail address that the person typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether itsme has verified the e-mail address; always false today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// The telephone number of the phone with the app, as `+32 485694175`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Whether the telephone number is verified; always true today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number_verified: Option<bool>,
    /// The postal address. Belgian documents only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// How sure the address is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_assurance_level: Option<String>,
    /// Whether the person is 16 or older.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_gte_16: Option<bool>,
    /// Whether the person is 18 or older.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_gte_18: Option<bool>,
    /// Whether the person is 21 or older.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_gte_21: Option<bool>,
    /// Whether the person is 30 or older.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_gte_30: Option<bool>,
    /// Nationality as the document has it: `belge`, `BE`, `BEL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citizenship: Option<String>,
    /// Nationality as an ISO 3166-1 alpha-3 code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citizenship_as_iso: Option<String>,
    /// City and country of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place_of_birth: Option<PlaceOfBirth>,
    /// The person's national number, under the country whose it is, as it came. See
    /// [`belgium`](crate::belgium) for a check of Belgian ones.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub national_numbers: BTreeMap<Country, String>,
    /// The number of the Belgian identity card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub be_eid_sn: Option<String>,
    /// Everything of the Belgian identity card, as V1 tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eid: Option<Eid>,
    /// The number of the identity document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_document_sn: Option<String>,
    /// The kind of the identity document: it begins with `I` for a card, `P` for a passport.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_document_type: Option<String>,
    /// The number of the passport, as V1 tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passport_sn: Option<String>,
    /// The phone with the app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// The installed app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<App>,
    /// The itsme account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// How the person was identified: `QR`, `MSISDN`, `a2a`; others may come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identification_mode: Option<String>,
    /// About the transaction in the app, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_info: Option<Value>,
    /// The address of the phone in the transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_ip: Option<String>,
    /// Whether the phone was in a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ongoing_call: Option<bool>,
    /// A grant to ask the student attestation with, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub student_attestation: Option<Value>,
    /// What is known of the claims themselves; read it by [`verified_at`](Self::verified_at) and
    /// its siblings.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<About, BTreeMap<String, String>>,
    /// Every other claim, and those whose value is not of the usual kind, as they came.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

/// What metadata tells about a claim.
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
    /// When a claim was verified, if [`Claim::VerificationDate`] was asked for along with it. A
    /// timestamp as itsme wrote it: ISO 8601, with or without time, fractions and zone.
    pub fn verified_at(&self, claim: &Claim) -> Option<&str> {
        self.about(About::VerifiedAt, claim)
    }

    /// Since when a claim is valid, if [`Claim::ValidityFrom`] was asked for along with it.
    pub fn valid_from(&self, claim: &Claim) -> Option<&str> {
        self.about(About::ValidFrom, claim)
    }

    /// Until when a claim is valid, if [`Claim::ValidityTo`] was asked for along with it.
    pub fn valid_until(&self, claim: &Claim) -> Option<&str> {
        self.about(About::ValidUntil, claim)
    }

    /// The country, alpha-3, whose document a claim comes from, if [`Claim::IdIssuingCountry`] was
    /// asked for along with it.
    pub fn issuing_country(&self, claim: &Claim) -> Option<&str> {
        self.about(About::IssuingCountry, claim)
    }

    /// The municipality whose document a claim comes from, if [`Claim::IssuanceLocality`] was asked
    /// for along with it.
    pub fn issuance_locality(&self, claim: &Claim) -> Option<&str> {
        self.about(About::IssuanceLocality, claim)
    }

    fn about(&self, about: About, claim: &Claim) -> Option<&str> {
        let known = self.metadata.get(&about)?;
        claim.all_names().find_map(|name| {
            let same = |known: &&String| known.eq_ignore_ascii_case(&name);
            known.keys().find(same).and_then(|key| known.get(key)).map(String::as_str)
        })
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let claims = serde_json::to_value(self).unwrap_or_default();
        let names = claims.as_object().into_iter().flat_map(|claims| claims.keys());
        f.write_str("User")?;
        f.debug_set().entries(names).finish()
    }
}
