use crate::{
    claims::{country::Country, request::ClaimRequest},
    dialect::{Dialect, V2_PREFIX},
    error::RequestError,
};

/// One thing that itsme can tell about a person (OIDC Core §5.1, itsme: claims).
///
/// Which of them a person has depends on the country of their document. Asking for one that has no
/// name in the client's [dialect](crate::Dialect) is an error before any request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Claim {
    /// When and how the itsme account was made. V2.
    Account,
    /// The postal address; Belgian documents only.
    Address,
    /// How sure the address is. V2.
    AddressAssuranceLevel,
    /// Whether the person is 16 or older.
    AgeGte16,
    /// Whether the person is 18 or older.
    AgeGte18,
    /// Whether the person is 21 or older.
    AgeGte21,
    /// Whether the person is 30 or older.
    AgeGte30,
    /// The installed app. V2.
    App,
    /// The number of the Belgian identity card. V2; in V1 it is part of [`Eid`](Self::Eid).
    BeEidSn,
    /// The date of birth, as `YYYY-MM-DD`.
    Birthdate,
    /// The date of birth as the document prints it.
    BirthdateAsString,
    /// The nationality, in the document's words.
    Citizenship,
    /// The nationality as an ISO 3166-1 alpha-3 code. V2.
    CitizenshipAsIso,
    /// The city of birth. V1; in V2 it is part of [`PlaceOfBirth`](Self::PlaceOfBirth).
    CityOfBirth,
    /// The country of birth. V1; in V2 it is part of [`PlaceOfBirth`](Self::PlaceOfBirth).
    CountryOfBirth,
    /// The phone with the app.
    Device,
    /// Numbers and validity of the Belgian identity card. V1.
    Eid,
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
    /// The number of the identity document. V2.
    IdDocumentSn,
    /// The kind of the identity document. V2.
    IdDocumentType,
    /// The country that issued the document, for each claim that comes from it. V2.
    IdIssuingCountry,
    /// How the person was identified: by QR code, by telephone number, … V2.
    IdentificationMode,
    /// The municipality that issued the document, for each claim that comes from it. V2.
    IssuanceLocality,
    /// The language of the app.
    Locale,
    /// Full name.
    Name,
    /// The national number of a country: its own people have it. V2.
    NationalNumber(Country),
    /// The gender as the document prints it. V2.
    OfficialGender,
    /// Whether the phone was in a call. V2.
    OngoingCall,
    /// The number of the passport. V1.
    PassportSn,
    /// The telephone number of the phone with the app.
    PhoneNumber,
    /// Whether the telephone number is verified; always true today.
    PhoneNumberVerified,
    /// The photo of the document, as bytes.
    Photo,
    /// The address of the person's picture.
    Picture,
    /// City and country of birth. V2.
    PlaceOfBirth,
    /// That the person is a student: a grant to ask the attestation with. V2.
    StudentAttestation,
    /// About the transaction in the app.
    TransactionInfo,
    /// The address of the phone in the transaction. V2.
    TransactionIp,
    /// Since when each claim is valid. V2.
    ValidityFrom,
    /// Until when each claim is valid. V2.
    ValidityTo,
    /// When each claim was verified. V2.
    VerificationDate,
    /// Any other claim, by its name on the wire.
    Other(String),
}

/// How a claim is called in each dialect.
enum Names<'a> {
    /// The same in both.
    Plain(&'a str),
    /// Behind the prefix of V2 alone.
    V2(&'static [&'static str]),
    /// In full, V1 alone.
    V1(&'static str),
    /// Behind the prefix of V2, and in full in V1.
    Both(&'static [&'static str], &'static str),
}

impl Claim {
    fn names(&self) -> Names<'_> {
        use Names::{Both, Plain, V1, V2};
        match self {
            Self::Account => V2(&["account"]),
            Self::Address => Plain("address"),
            Self::AddressAssuranceLevel => V2(&["address_assurance_level"]),
            Self::AgeGte16 => Plain("age_gte_16"),
            Self::AgeGte18 => Plain("age_gte_18"),
            Self::AgeGte21 => Plain("age_gte_21"),
            Self::AgeGte30 => Plain("age_gte_30"),
            Self::App => V2(&["app"]),
            Self::BeEidSn => V2(&["BEeidSn"]),
            Self::Birthdate => Plain("birthdate"),
            Self::BirthdateAsString => {
                Both(&["birthdate_as_string"], "tag:sixdots.be,2020-03:claim_birthdate_as_string")
            }
            Self::Citizenship => {
                Both(&["claim_citizenship"], "tag:sixdots.be,2016-06:claim_nationality")
            }
            Self::CitizenshipAsIso => V2(&["claim_citizenship_as_iso"]),
            Self::CityOfBirth => V1("tag:sixdots.be,2016-06:claim_city_of_birth"),
            Self::CountryOfBirth => V1("tag:sixdots.be,2016-06:claim_country_of_birth"),
            Self::Device => Both(&["claim_device"], "tag:sixdots.be,2017-05:claim_device"),
            Self::Eid => V1("tag:sixdots.be,2016-06:claim_eid"),
            Self::Email => Plain("email"),
            Self::EmailVerified => Plain("email_verified"),
            Self::FamilyName => Plain("family_name"),
            Self::Gender => Plain("gender"),
            Self::GivenName => Plain("given_name"),
            Self::IdDocumentSn => V2(&["IDDocumentSN"]),
            Self::IdDocumentType => V2(&["IDDocumentType"]),
            Self::IdIssuingCountry => V2(&["IDIssuingCountry"]),
            Self::IdentificationMode => V2(&["identification_mode"]),
            Self::IssuanceLocality => V2(&["issuance_locality"]),
            Self::Locale => Plain("locale"),
            Self::Name => Plain("name"),
            Self::NationalNumber(country) => V2(country.national_number_claims()),
            Self::OfficialGender => V2(&["official_gender"]),
            Self::OngoingCall => V2(&["ongoing_call"]),
            Self::PassportSn => V1("tag:sixdots.be,2017-05:claim_passport_sn"),
            Self::PhoneNumber => Plain("phone_number"),
            Self::PhoneNumberVerified => Plain("phone_number_verified"),
            Self::Photo => Both(&["physical_person_photo"], "tag:sixdots.be,2017-05:claim_photo"),
            Self::Picture => Plain("picture"),
            Self::PlaceOfBirth => V2(&["place_of_birth"]),
            Self::StudentAttestation => V2(&["student_attestation_ag"]),
            Self::TransactionInfo => {
                Both(&["transaction_info"], "tag:sixdots.be,2017-05:claim_transaction_info")
            }
            Self::TransactionIp => V2(&["transaction_ip"]),
            Self::ValidityFrom => V2(&["validityFrom"]),
            Self::ValidityTo => V2(&["validityTo"]),
            Self::VerificationDate => V2(&["verificationDate"]),
            Self::Other(name) => Plain(name),
        }
    }

    /// Its names on the wire in a dialect: one, or two where itsme's pages disagree.
    ///
    /// # Errors
    /// [`RequestError::ClaimNotInDialect`]: it has none.
    pub fn wire_names(&self, dialect: Dialect) -> Result<Vec<String>, RequestError> {
        let prefixed =
            |names: &[&str]| names.iter().map(|name| format!("{V2_PREFIX}{name}")).collect();
        match (self.names(), dialect) {
            (Names::Plain(name), _) => Ok(vec![name.to_owned()]),
            (Names::V2(names) | Names::Both(names, _), Dialect::V2) => Ok(prefixed(names)),
            (Names::V1(name) | Names::Both(_, name), Dialect::V1) => Ok(vec![name.to_owned()]),
            (Names::V2(_), Dialect::V1) | (Names::V1(_), Dialect::V2) => {
                Err(RequestError::ClaimNotInDialect { claim: format!("{self:?}"), dialect })
            }
        }
    }

    /// Its names in both dialects.
    pub(crate) fn all_names(&self) -> impl Iterator<Item = String> {
        [Dialect::V2, Dialect::V1].into_iter().flat_map(|d| self.wire_names(d).unwrap_or_default())
    }

    /// Whether its value can be an image, so that tokens with it are large.
    pub(crate) fn is_image(&self) -> bool {
        match self {
            Self::Photo | Self::Picture => true,
            Self::Other(name) => name.contains("photo") || name.contains("picture"),
            _ => false,
        }
    }

    /// Asks for the claim in the userinfo answer instead of the ID token.
    pub fn in_userinfo(self) -> ClaimRequest {
        ClaimRequest::from(self).in_userinfo()
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
