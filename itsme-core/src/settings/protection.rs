/// The form of a JWT that the client sends: a client assertion (OIDC Core §9, RFC 7523) or a request
/// object (OIDC Core §6, RFC 9101).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum JwtProtection {
    /// Signed, then encrypted to the OP's key. itsme accepts this form and once required it.
    #[default]
    Nested,
    /// Only signed, for OPs that do not accept encrypted ones.
    Signed,
}

/// The audience of a client assertion (RFC 7523 §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssertionAudience {
    /// The endpoint that itsme's documentation names: the token endpoint, or the backchannel authentication
    /// endpoint for a user discovery.
    #[default]
    TokenEndpoint,
    /// The OP, by its issuer, with the `typ` `client-authentication+jwt` (RFC 7523bis). Such an assertion is
    /// useless anywhere else, whatever a discovery document says. For OPs that support it.
    Issuer,
}

/// How the OP is told whom to ask without a browser (`login_hint_token`, CIBA Core §7.1). itsme's documentation
/// does not settle the form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginHintForm {
    /// A signed JWT.
    #[default]
    Signed,
    /// An unsigned JWT (`alg` is `none`) within the signed request.
    Unsigned,
    /// A JSON object within the signed request.
    Object,
}
