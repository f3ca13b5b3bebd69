use std::fmt;

/// The OP's endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// `backchannel_authentication_endpoint`.
    Backchannel,
    /// The discovery document.
    Discovery,
    /// `jwks_uri`.
    KeySet,
    /// The URL in the `picture` claim.
    Picture,
    /// `revocation_endpoint`.
    Revocation,
    /// `token_endpoint`.
    Token,
    /// The endpoint for discovering a user by QR code.
    UserDiscovery,
    /// `userinfo_endpoint`.
    Userinfo,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Backchannel => "backchannel authentication endpoint",
            Self::Discovery => "discovery endpoint",
            Self::KeySet => "key set endpoint",
            Self::Picture => "picture URL",
            Self::Revocation => "revocation endpoint",
            Self::Token => "token endpoint",
            Self::UserDiscovery => "user discovery endpoint",
            Self::Userinfo => "userinfo endpoint",
        })
    }
}
