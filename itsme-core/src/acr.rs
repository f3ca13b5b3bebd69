use serde::{Deserialize, Serialize};

/// How strongly a person is authenticated (OIDC Core §2 `acr`, itsme: authentication levels).
///
/// `Basic < Advanced`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Acr {
    /// The app with a fingerprint, a face or the itsme code.
    Basic,
    /// The app with the itsme code.
    Advanced,
}

impl Acr {
    /// As it is written in requests.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "http://itsme.services/v2/claim/acr_basic",
            Self::Advanced => "http://itsme.services/v2/claim/acr_advanced",
        }
    }

    /// The level that a token's `acr` names; none for values that itsme does not define.
    pub(crate) fn read(acr: &str) -> Option<Self> {
        let acr = acr.to_ascii_lowercase();
        let name = acr.strip_prefix("http://itsme.services/v2/claim/").or_else(|| {
            let tag = acr.strip_prefix("tag:sixdots.be,")?;
            tag.split_once(':').map(|(_date, name)| name)
        })?;
        match name {
            "acr_basic" => Some(Self::Basic),
            "acr_advanced" => Some(Self::Advanced),
            _ => None,
        }
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
            ("tag:sixdots.be,2016-06:acr_secured", None),
            ("http://evil.example/acr_advanced", None),
            ("acr_advanced", None),
            ("", None),
        ] {
            assert_eq!(Acr::read(text), expected, "{text}");
        }
        assert!(Acr::Basic < Acr::Advanced);
    }
}
