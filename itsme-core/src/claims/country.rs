use serde::{Deserialize, Serialize};

/// One country, one line: its code, and the claims that carry the national number, behind the prefix
/// of V2.
macro_rules! countries {
    ($($(#[$doc:meta])* $country:ident $code:literal => $($claim:literal)|+;)*) => {
        /// A country whose people itsme knows by a national number (ISO 3166-1).
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[non_exhaustive]
        pub enum Country {
            $($(#[$doc])* #[serde(rename = $code)] $country,)*
        }

        impl Country {
            /// All of them.
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
    /// `MT`: the number of the identity card.
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
    /// `SI`: *EMŠO*. itsme's pages write the claim in two ways.
    Slovenia "SI" => "SINationalNumber" | "SVNationalNumber";
}

impl Country {
    /// By the rest of a claim's name behind the prefix, in any case.
    pub(crate) fn of_national_number_claim(name: &str) -> Option<Self> {
        let has = |country: &&Self| {
            country.national_number_claims().iter().any(|claim| claim.eq_ignore_ascii_case(name))
        };
        Self::ALL.iter().find(has).copied()
    }
}
