/// The form of a JWT that the client sends: a client assertion (OIDC Core §9, RFC 7523) or a request
/// object (OIDC Core §6, RFC 9101).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum JwtProtection {
    /// Signed, then encrypted to the OP's key. itsme accepts this form and used to require it.
    #[default]
    Nested,
    /// Signed only, for OPs that do not accept encrypted JWTs.
    Signed,
}

/// The audience of a client assertion (RFC 7523 §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssertionAudience {
    /// The URL of the endpoint that itsme's documentation requires. This is the token endpoint, except for requests to
    /// the user discovery endpoint, which use the backchannel authentication endpoint as the audience.
    #[default]
    TokenEndpoint,
    /// The OP's issuer. The assertion has the `typ` `client-authentication+jwt` (RFC 7523bis). It is useless at any
    /// other OP, whatever a discovery document contains. Use this only if the OP supports it.
    Issuer,
}

/// The form of the `login_hint_token`, which tells the OP which user to ask when there is no browser (CIBA Core §7.1).
/// itsme's documentation does not say which form it expects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginHintForm {
    /// A signed JWT.
    #[default]
    Signed,
    /// An unsigned JWT (`alg` is `none`) inside the signed request.
    Unsigned,
    /// A JSON object inside the signed request.
    Object,
}
