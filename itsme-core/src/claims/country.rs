use serde::{Deserialize, Serialize};

/// Lists one country per line: its code, and the claims that contain its national number, without V2's prefix.
macro_rules! countries {
    ($($(#[$doc:meta])* $country:ident $code:literal => $($claim:literal)|+;)*) => {
        /// A country whose national numbers itsme can share (ISO 3166-1).
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[non_exhaustive]
        pub enum Country {
            $($(#[$doc])* #[serde(rename = $code)] $country,)*
        }

        impl Country {
            /// All countries.
            pub const ALL: &[Self] = &[$(Self::$country),*];

            pub(crate) fn national_number_claims(self) -> &'static [&'static str] {
                match self {
                    $(Self::$country => &[$($claim),+],)*
                }
            }
        }
    };
}

countries! {
    /// `BE`: *Rijksregisternummer*, *numéro de registre national*.
    Belgium "BE" => "BENationalNumber";
    /// `BG`: *ЕГН*.
    Bulgaria "BG" => "BGNationalNumber";
    /// `HR`: *OIB*.
    Croatia "HR" => "HRNationalNumber";
    /// `CZ`: *rodné číslo*.
    Czechia "CZ" => "CZNationalNumber";
    /// `LV`: *personas kods*.
    Latvia "LV" => "LVNationalNumber";
    /// `LT`: *asmens kodas*.
    Lithuania "LT" => "LTNationalNumber";
    /// `LU`: *matricule*.
    Luxembourg "LU" => "claim_luxtrust_ssn";
    /// `MT`: the identity card number.
    Malta "MT" => "MTNationalNumber";
    /// `MD`: *IDNP*.
    Moldova "MD" => "MDNationalNumber";
    /// `NL`: *BSN*.
    Netherlands "NL" => "claim_nl_bsn";
    /// `RO`: *CNP*.
    Romania "RO" => "RONationalNumber";
    /// `RS`: *JMBG*.
    Serbia "RS" => "RSNationalNumber";
    /// `SK`: *rodné číslo*.
    Slovakia "SK" => "SKNationalNumber";
    /// `SI`: *EMŠO*. itsme's documentation spells the claim's name in two ways.
    Slovenia "SI" => "SINationalNumber" | "SVNationalNumber";
}

impl Country {
    /// Finds a country by a claim's name without its prefix. Case is ignored.
    pub(crate) fn of_national_number_claim(name: &str) -> Option<Self> {
        let has = |country: &&Self| {
            country.national_number_claims().iter().any(|claim| claim.eq_ignore_ascii_case(name))
        };
        Self::ALL.iter().find(has).copied()
    }
}
