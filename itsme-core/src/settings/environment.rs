use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::dialect::Dialect;

/// The itsme environment that the client connects to (itsme: environments).
///
/// The environment determines the issuer and the [dialect](Dialect). Everything else is read from the issuer's
/// discovery document.
///
/// In configuration files, an environment is written as `production`, `e2e`, `production-v1`, `e2e-v1`, or as the
/// issuer of a different OP. Prefix the issuer with `v1:` if the OP uses the older dialect. [`Display`](fmt::Display),
/// [`FromStr`] and serde use this form.
///
/// ```
/// use itsme_core::{Dialect, Environment};
///
/// assert_eq!("e2e".parse(), Ok(Environment::E2e));
/// let fake: Environment = "v1:http://127.0.0.1:8811/oidc".parse()?;
/// assert_eq!(fake, Environment::custom_v1("http://127.0.0.1:8811/oidc"));
/// assert_eq!(fake.to_string(), "v1:http://127.0.0.1:8811/oidc");
/// # Ok::<(), itsme_core::EnvironmentError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Environment {
    /// Production, with real users: `https://idp.prd.itsme.services/v2`.
    Production,
    /// The sandbox, with test identities: `https://idp.e2e.itsme.services/v2`.
    E2e,
    /// Production for early partners (V1), with real users: `https://merchant.itsme.be/oidc`.
    ProductionV1,
    /// The sandbox for early partners (V1): `https://merchant.e2e.itsme.be/oidc`.
    E2eV1,
    /// A different OP, created with [`custom`](Self::custom) or [`custom_v1`](Self::custom_v1).
    #[non_exhaustive]
    Custom {
        /// The OP's issuer, byte for byte as in its discovery document.
        issuer: String,
        /// The dialect that the OP uses.
        dialect: Dialect,
    },
}

impl Environment {
    /// An OP other than itsme's own, identified by its issuer, such as a fake OP for tests, a disaster recovery site or
    /// a broker.
    ///
    /// Tokens must contain exactly this issuer, so write it as the OP does, with or without a trailing slash.
    pub fn custom(issuer: impl Into<String>) -> Self {
        Self::Custom { issuer: issuer.into(), dialect: Dialect::V2 }
    }

    /// Like [`custom`](Self::custom), but for an OP that uses the older dialect.
    pub fn custom_v1(issuer: impl Into<String>) -> Self {
        Self::Custom { issuer: issuer.into(), dialect: Dialect::V1 }
    }

    /// The OP's issuer, byte for byte as in its discovery document.
    pub fn issuer(&self) -> &str {
        match self {
            Self::Production => "https://idp.prd.itsme.services/v2",
            Self::E2e => "https://idp.e2e.itsme.services/v2",
            Self::ProductionV1 => "https://merchant.itsme.be/oidc",
            Self::E2eV1 => "https://merchant.e2e.itsme.be/oidc",
            Self::Custom { issuer, .. } => issuer,
        }
    }

    /// The dialect that the OP uses.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Production | Self::E2e => Dialect::V2,
            Self::ProductionV1 | Self::E2eV1 => Dialect::V1,
            Self::Custom { dialect, .. } => *dialect,
        }
    }

    /// Whether this is one of itsme's own environments and `host` is one of itsme's hosts.
    pub(crate) fn has_host(&self, host: &str) -> bool {
        let is_below = |domain| {
            let below = host.strip_suffix(domain);
            below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let is_built_in = !matches!(self, Self::Custom { .. });
        is_built_in && ["itsme.services", "itsme.be"].into_iter().any(is_below)
    }

    /// Whether the OP of this environment may use this issuer in its metadata and tokens. itsme's own environments have
    /// also had other issuers; in that case, the one in the metadata is expected in tokens.
    pub(crate) fn accepts(&self, issuer: &str) -> bool {
        let others: &[&str] = match self {
            Self::Production => &[
                "https://oidc.prd.itsme.services/v2",
                "https://oidc.prd.itsme.services/clientsecret-oidc/csapi/v0.1",
            ],
            Self::E2e => &[
                "https://oidc.e2e.itsme.services/v2",
                "https://oidc.e2e.itsme.services/clientsecret-oidc/csapi/v0.1",
            ],
            // Used by itsme until 2025-01-22.
            Self::E2eV1 => &["https://e2emerchant.itsme.be/oidc"],
            Self::ProductionV1 | Self::Custom { .. } => &[],
        };
        issuer == self.issuer() || others.contains(&issuer)
    }
}

/// The built-in environments, by name.
const NAMED: [(&str, Environment); 4] = [
    ("production", Environment::Production),
    ("e2e", Environment::E2e),
    ("production-v1", Environment::ProductionV1),
    ("e2e-v1", Environment::E2eV1),
];

/// The error for text that does not name an [`Environment`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown environment {0:?}; expected production, e2e, production-v1, e2e-v1, or an issuer such as \
     https://op.example/v2 (or v1:https://op.example/oidc if the OP uses V1)"
)]
pub struct EnvironmentError(String);

impl FromStr for Environment {
    type Err = EnvironmentError;

    /// Parses an environment. The issuer of a built-in environment is parsed as that environment.
    fn from_str(text: &str) -> Result<Self, EnvironmentError> {
        if let Some((_, named)) = NAMED.into_iter().find(|(name, _)| *name == text) {
            return Ok(named);
        }
        let (issuer, dialect) = match text.strip_prefix("v1:") {
            Some(issuer) => (issuer, Dialect::V1),
            None => (text, Dialect::V2),
        };
        if !issuer.starts_with("https://") && !issuer.starts_with("http://") {
            return Err(EnvironmentError(text.to_owned()));
        }
        match NAMED.into_iter().map(|(_, built_in)| built_in).find(|it| it.issuer() == issuer) {
            // For a built-in issuer, `v1:` may be omitted, but it must not contradict the issuer's dialect.
            Some(built_in) if dialect == Dialect::V2 || built_in.dialect() == dialect => {
                Ok(built_in)
            }
            Some(_) => Err(EnvironmentError(text.to_owned())),
            None => Ok(Self::Custom { issuer: issuer.to_owned(), dialect }),
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMED.iter().find(|(_, named)| named == self) {
            Some((name, _)) => f.write_str(name),
            None if self.dialect() == Dialect::V1 => write!(f, "v1:{}", self.issuer()),
            None => f.write_str(self.issuer()),
        }
    }
}

impl TryFrom<String> for Environment {
    type Error = EnvironmentError;

    fn try_from(text: String) -> Result<Self, EnvironmentError> {
        text.parse()
    }
}

impl From<Environment> for String {
    fn from(environment: Environment) -> Self {
        environment.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_written_as_it_is_read() {
        for (text, environment) in [
            ("production", Environment::Production),
            ("e2e", Environment::E2e),
            ("production-v1", Environment::ProductionV1),
            ("e2e-v1", Environment::E2eV1),
            ("https://op.example/v2/", Environment::custom("https://op.example/v2/")),
            ("v1:http://localhost:1/oidc", Environment::custom_v1("http://localhost:1/oidc")),
        ] {
            assert_eq!(text.parse().as_ref(), Ok(&environment));
            assert_eq!(environment.to_string(), text);
            let json = serde_json::to_string(&environment).expect("JSON");
            assert_eq!(json, format!("{text:?}"));
            assert_eq!(
                serde_json::from_str::<Environment>(&json).expect("its own JSON"),
                environment
            );
        }
    }

    #[test]
    fn the_issuer_of_a_built_in_one_is_pinned_like_it() {
        for (_, built_in) in NAMED {
            let issuer = built_in.issuer().to_owned();
            let by_v1 = format!("v1:{issuer}").parse::<Environment>();
            assert_eq!(by_v1.is_ok(), built_in.dialect() == Dialect::V1);
            assert_eq!(issuer.parse(), Ok(built_in));
        }
    }

    #[test]
    fn what_is_none_is_told_with_what_there_is() {
        for text in ["", "prod", "Production", " e2e", "v1:e2e", "op.example/v2", "v1:", "ftp://a"]
        {
            let error = text.parse::<Environment>().expect_err(text);
            let said = error.to_string();
            assert!(
                said.starts_with(&format!("unknown environment {text:?}; expected prod")),
                "{said}"
            );
        }
    }
}
