use serde::{Deserialize, Serialize};

use crate::dialect::Dialect;

/// How strongly a user is authenticated (`acr`, OIDC Core §2, itsme: authentication levels).
///
/// The levels are ordered: `Basic < Advanced`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Acr {
    /// The user authenticates in the app with a fingerprint, their face or the itsme code.
    Basic,
    /// The user authenticates in the app with the itsme code.
    Advanced,
}

impl Acr {
    /// The name of this level in requests.
    pub fn name(self, dialect: Dialect) -> &'static str {
        match self {
            Self::Basic => dialect.habits().acr_basic,
            Self::Advanced => dialect.habits().acr_advanced,
        }
    }

    /// Reads the level from a token's `acr`, in either dialect. `None` for values that itsme does not define. Case is
    /// ignored, because itsme's documentation is inconsistent about it; everything else, such as the month in a V1
    /// name, must match.
    pub(crate) fn read(acr: &str) -> Option<Self> {
        let is = |level: Self| {
            let names = [Dialect::V1, Dialect::V2].map(|dialect| level.name(dialect));
            names.iter().any(|name| name.eq_ignore_ascii_case(acr))
        };
        [Self::Basic, Self::Advanced].into_iter().find(|level| is(*level))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_dialects_are_read() {
        for (text, expected) in [
            ("http://itsme.services/v2/claim/acr_basic", Some(Acr::Basic)),
            ("http://itsme.services/V2/claim/acr_advanced", Some(Acr::Advanced)),
            ("tag:sixdots.be,2016-06:acr_basic", Some(Acr::Basic)),
            ("tag:sixdots.be,2016-06:acr_advanced", Some(Acr::Advanced)),
            ("TAG:sixdots.be,2016-06:ACR_advanced", Some(Acr::Advanced)),
            ("tag:sixdots.be,2016-06:acr_secured", None),
            ("tag:sixdots.be,9999-99:acr_advanced", None),
            ("tag:sixdots.be,2017-05:acr_advanced", None),
            ("tag:sixdots.be,:acr_advanced", None),
            ("tag:itsmetag:sixdots.be,2016-06:acr_advanced", None),
            ("http://evil.example/acr_advanced", None),
            ("acr_advanced", None),
            ("", None),
        ] {
            assert_eq!(Acr::read(text), expected, "{text}");
        }
        assert!(Acr::Basic < Acr::Advanced);
    }
}
