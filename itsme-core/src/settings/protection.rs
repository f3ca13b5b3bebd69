/// The form of a JWT that the client sends: a client assertion (OIDC Core §9, RFC 7523) or a request
/// object (OIDC Core §6, RFC 9101).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum JwtProtection {
    /// Signed, then encrypted to the OP's key. itsme takes it and once insisted on it.
    #[default]
    Nested,
    /// Signed only, for OPs that take no encrypted ones.
    Signed,
}

/// For whom a client assertion is (RFC 7523 §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssertionAudience {
    /// The endpoint that itsme's pages name: the token endpoint, and for a user discovery the backchannel
    /// authentication endpoint.
    #[default]
    TokenEndpoint,
    /// The OP, by its issuer, with the `typ` `client-authentication+jwt` (RFC 7523bis): it is of no use anywhere
    /// else, whatever a discovery document says. For OPs that know it.
    Issuer,
}

/// How the OP is told whom to ask without a browser (CIBA Core §7.1 `login_hint_token`). itsme's pages
/// say less than one would like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginHintForm {
    /// A JWT, signed like everything else.
    #[default]
    Signed,
    /// A JWT that nobody signed (`alg` is `none`), within the signed request.
    Unsigned,
    /// An object, within the signed request.
    Object,
}
