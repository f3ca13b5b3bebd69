use serde::{Deserialize, Serialize};

/// A country whose people itsme knows by a national number (ISO 3166-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Country {
    /// `BE`: *Rijksregisternummer*, *numéro de registre national*.
    #[serde(rename = "BE")]
    Belgium,
    /// `BG`: *ЕГН*.
    #[serde(rename = "BG")]
    Bulgaria,
    /// `HR`: *OIB*.
    #[serde(rename = "HR")]
    Croatia,
    /// `CZ`: *rodné číslo*.
    #[serde(rename = "CZ")]
    Czechia,
    /// `LV`: *personas kods*.
    #[serde(rename = "LV")]
    Latvia,
    /// `LT`: *asmens kodas*.
    #[serde(rename = "LT")]
    Lithuania,
    /// `LU`: *matricule*.
    #[serde(rename = "LU")]
    Luxembourg,
    /// `MT`: the number of the identity card.
    #[serde(rename = "MT")]
    Malta,
    /// `MD`: *IDNP*.
    #[serde(rename = "MD")]
    Moldova,
    /// `NL`: *BSN*.
    #[serde(rename = "NL")]
    Netherlands,
    /// `RO`: *CNP*.
    #[serde(rename = "RO")]
    Romania,
    /// `RS`: *JMBG*.
    #[serde(rename = "RS")]
    Serbia,
    /// `SK`: *rodné číslo*.
    #[serde(rename = "SK")]
    Slovakia,
    /// `SI`: *EMŠO*.
    #[serde(rename = "SI")]
    Slovenia,
}

impl Country {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Belgium,
        Self::Bulgaria,
        Self::Croatia,
        Self::Czechia,
        Self::Latvia,
        Self::Lithuania,
        Self::Luxembourg,
        Self::Malta,
        Self::Moldova,
        Self::Netherlands,
        Self::Romania,
        Self::Serbia,
        Self::Slovakia,
        Self::Slovenia,
    ];

    /// The claims that carry the national number, behind the prefix of V2. Slovenia's is written in
    /// two ways on itsme's pages.
    pub(crate) fn national_number_claims(self) -> &'static [&'static str] {
        match self {
            Self::Belgium => &["BENationalNumber"],
            Self::Bulgaria => &["BGNationalNumber"],
            Self::Croatia => &["HRNationalNumber"],
            Self::Czechia => &["CZNationalNumber"],
            Self::Latvia => &["LVNationalNumber"],
            Self::Lithuania => &["LTNationalNumber"],
            Self::Luxembourg => &["claim_luxtrust_ssn"],
            Self::Malta => &["MTNationalNumber"],
            Self::Moldova => &["MDNationalNumber"],
            Self::Netherlands => &["claim_nl_bsn"],
            Self::Romania => &["RONationalNumber"],
            Self::Serbia => &["RSNationalNumber"],
            Self::Slovakia => &["SKNationalNumber"],
            Self::Slovenia => &["SINationalNumber", "SVNationalNumber"],
        }
    }

    /// By the rest of a claim's name behind the prefix, in lower case.
    pub(crate) fn of_national_number_claim(name: &str) -> Option<Self> {
        let has = |country: &Self| {
            country.national_number_claims().iter().any(|claim| claim.eq_ignore_ascii_case(name))
        };
        Self::ALL.into_iter().find(has)
    }
}
