use crate::dialect::Dialect;

/// Which itsme the client talks to (itsme: environments).
///
/// The environment names the issuer and the [dialect](Dialect); everything else comes from the
/// issuer's discovery document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Environment {
    /// Real people: `https://idp.prd.itsme.services/v2`.
    Production,
    /// The sandbox with test identities: `https://idp.e2e.itsme.services/v2`.
    E2e,
    /// Real people, for partners of the early years: `https://merchant.itsme.be/oidc`.
    ProductionV1,
    /// The sandbox of the early years: `https://merchant.e2e.itsme.be/oidc`.
    E2eV1,
    /// Another issuer, made with [`custom`](Self::custom) or [`custom_v1`](Self::custom_v1).
    #[non_exhaustive]
    Custom {
        /// The issuer, byte for byte as its discovery document writes it.
        issuer: String,
        /// What it speaks.
        dialect: Dialect,
    },
}

impl Environment {
    /// Another OP by its issuer: a fake one in tests, a disaster recovery site, a broker.
    ///
    /// Tokens must carry exactly this issuer, so write it as the OP does, including or not
    /// including a slash at the end.
    pub fn custom(issuer: impl Into<String>) -> Self {
        Self::Custom { issuer: issuer.into(), dialect: Dialect::V2 }
    }

    /// Another OP that speaks the older dialect, see [`custom`](Self::custom).
    pub fn custom_v1(issuer: impl Into<String>) -> Self {
        Self::Custom { issuer: issuer.into(), dialect: Dialect::V1 }
    }

    /// The issuer, byte for byte.
    pub fn issuer(&self) -> &str {
        match self {
            Self::Production => "https://idp.prd.itsme.services/v2",
            Self::E2e => "https://idp.e2e.itsme.services/v2",
            Self::ProductionV1 => "https://merchant.itsme.be/oidc",
            Self::E2eV1 => "https://merchant.e2e.itsme.be/oidc",
            Self::Custom { issuer, .. } => issuer,
        }
    }

    /// What it speaks.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Production | Self::E2e => Dialect::V2,
            Self::ProductionV1 | Self::E2eV1 => Dialect::V1,
            Self::Custom { dialect, .. } => *dialect,
        }
    }

    /// Whether it is one of itsme's own environments, and `host` one of itsme's hosts.
    pub(crate) fn has_host(&self, host: &str) -> bool {
        let is_below = |domain| {
            let below = host.strip_suffix(domain);
            below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let is_built_in = !matches!(self, Self::Custom { .. });
        is_built_in && ["itsme.services", "itsme.be"].into_iter().any(is_below)
    }

    /// Whether the OP of this environment may call itself so, in its metadata and its tokens. The
    /// built-in ones have had other names; what counts in the end is what the metadata says.
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
            // Until 2025-01-22.
            Self::E2eV1 => &["https://e2emerchant.itsme.be/oidc"],
            Self::ProductionV1 | Self::Custom { .. } => &[],
        };
        issuer == self.issuer() || others.contains(&issuer)
    }
}
