/// Which itsme the client talks to (itsme: environments).
///
/// The environment names the issuer; everything else comes from its discovery document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Environment {
    /// Real people: `https://idp.prd.itsme.services/v2`.
    Production,
    /// The sandbox with test identities: `https://idp.e2e.itsme.services/v2`.
    E2e,
    /// Another issuer, made with [`custom`](Self::custom).
    #[non_exhaustive]
    Custom {
        /// The issuer, octet by octet as its discovery document writes it.
        issuer: String,
    },
}

impl Environment {
    /// Another OP by its issuer: a fake one in tests, a disaster recovery site, a broker.
    ///
    /// Tokens must carry exactly this issuer, so write it as the OP does, including or not
    /// including a slash at the end.
    pub fn custom(issuer: impl Into<String>) -> Self {
        Self::Custom { issuer: issuer.into() }
    }

    /// Whether the OP of this environment may call itself so, in its metadata and its tokens. The
    /// built-in ones have a second name; what counts in the end is what the metadata says.
    pub(crate) fn accepts(&self, issuer: &str) -> bool {
        let second = match self {
            Self::Production => "https://oidc.prd.itsme.services/v2",
            Self::E2e => "https://oidc.e2e.itsme.services/v2",
            Self::Custom { issuer } => issuer,
        };
        issuer == self.issuer() || issuer == second
    }

    /// The issuer, octet by octet.
    pub fn issuer(&self) -> &str {
        match self {
            Self::Production => "https://idp.prd.itsme.services/v2",
            Self::E2e => "https://idp.e2e.itsme.services/v2",
            Self::Custom { issuer } => issuer,
        }
    }
}
