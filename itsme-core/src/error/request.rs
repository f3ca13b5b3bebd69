use thiserror::Error;

use crate::{
    dialect::Dialect,
    error::{FreeTextError, PaymentError},
};

/// What is wrong with a URL that must be sent or called exactly as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UrlError {
    /// The text is not an absolute URL with a host, in printable ASCII.
    #[error("is not an absolute URL in printable ASCII characters")]
    NotAUrl,
    /// The scheme is `http` or another one that is not `https`.
    #[error(
        "must begin with https:// (plain http only with `Settings::danger_http_on_loopback`, and \
         only to localhost)"
    )]
    NotHttps,
    /// The URL has a fragment (`#…`).
    #[error("must not have a fragment (`#…`)")]
    Fragment,
    /// The URL has a query (`?…`) where none is allowed.
    #[error("must not have a query (`?…`)")]
    Query,
    /// Port 443 is not written out.
    #[error("must name port 443, as in https://host:443/path")]
    Port,
    /// The URL points to this machine or to an IP address, which itsme cannot reach or trust.
    #[error("must have a public host name: itsme fetches it")]
    Local,
    /// The query has a parameter that every request adds, which would then appear twice.
    #[error("must not contain a query parameter that the client sets itself, such as `client_id`")]
    Parameter,
    /// An endpoint that receives secrets is not on one of the OP's hosts.
    #[error(
        "is on an unexpected host; expected the issuer's, one allowed with `Settings::endpoint_host`, \
         or in itsme's own environments another of itsme's"
    )]
    ForeignHost,
    /// The URL has a user name or password.
    #[error("must not contain a user name or password")]
    Credentials,
}

/// What is wrong with the settings of a client.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The client id is empty.
    #[error("the client id is empty")]
    EmptyClientId,
    /// The issuer of a custom environment is not a URL that may be called.
    #[error("the issuer {0}")]
    Issuer(UrlError),
    /// The redirect URI is not one that itsme accepts.
    #[error("the redirect URI {0}")]
    RedirectUri(UrlError),
    /// The client secret is empty: is an environment variable unset?
    #[error("the client secret is empty")]
    EmptyClientSecret,
    /// The client secret is short enough to be found by brute force.
    #[error(
        "the client secret has {found} bytes; {needed} are needed to resist brute force. Ask \
         itsme for a longer one, or accept the risk with `Settings::danger_short_client_secret`"
    )]
    ShortClientSecret {
        /// The least number of bytes accepted.
        needed: usize,
        /// The number of bytes the secret has.
        found: usize,
    },
    /// An endpoint host is not a host name, or was set for one of itsme's own environments.
    #[error(
        "`{0}` cannot be an endpoint host: give only a host, such as `api.op.example`, and only \
         for a custom environment"
    )]
    EndpointHost(String),
    /// A [sibling](crate::Client::sibling) must use the same environment as the client.
    #[error(
        "the sibling's settings name a different environment from the client's, or a different \
         `endpoint_host` or `danger_http_on_loopback`"
    )]
    OtherEnvironment,
    /// A client with a secret was given private keys, or a client with private keys a secret.
    #[error("a client keeps the kind of credentials it was created with: private keys or a secret")]
    OtherCredentials,
    /// A client secret was given for the older dialect (V1), which only knows private keys.
    #[error("the older dialect has no client secret method; use private keys")]
    SecretInV1,
}

/// What is wrong with an authorization request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The service code is empty.
    #[error("the service code is empty; itsme gave you one per service at onboarding")]
    EmptyServiceCode,
    /// The service code has a character that a scope cannot contain (RFC 6749 §3.3).
    #[error("the service code has a character that a scope cannot contain")]
    ServiceCode,
    /// Neither the settings nor the request set a redirect URI.
    #[error("no redirect URI: set one with `Settings::redirect_uri` or on the request")]
    NoRedirectUri,
    /// The request's redirect URI is not one that itsme accepts.
    #[error("the redirect URI {0}")]
    RedirectUri(UrlError),
    /// itsme cannot fetch the `request_uri`.
    #[error("the request URI {0}")]
    RequestUri(UrlError),
    /// The free text of a confirmation cannot be shown.
    #[error(transparent)]
    FreeText(FreeTextError),
    /// The payment of a confirmation cannot be shown.
    #[error(transparent)]
    Payment(PaymentError),
    /// Revocation needs a client secret.
    #[error("itsme only revokes tokens of clients with a secret; others expire on their own")]
    RevocationNeedsSecret,
    /// The caller's own `state` or `nonce` is short enough to guess.
    #[error("your own `{0}` has fewer than 16 characters and could be guessed")]
    TooShort(&'static str),
    /// The caller's own code verifier does not meet RFC 7636 §4.1.
    #[error("your own code verifier is not 43 to 128 characters of A-Z a-z 0-9 - . _ ~")]
    CodeVerifier,
    /// The client's dialect has no name for the claim.
    #[error("the claim `{claim}` does not exist in this environment's dialect, {dialect}")]
    ClaimNotInDialect {
        /// The claim, by its name in the other dialect.
        claim: String,
        /// The client's dialect.
        dialect: Dialect,
    },
    /// The `sub` of the known user is empty.
    #[error("the known user's `sub` is empty")]
    EmptyKnownUser,
    /// The name of a claim is empty.
    #[error("a claim with an empty name was requested")]
    EmptyClaim,
    /// The claim carries part of a confirmation's template.
    #[error(
        "a template cannot be requested as a claim; pass it to `AuthorizationRequest::confirm`"
    )]
    TemplateClaim,
    /// The client's dialect does not have the scope.
    #[error("the scope `{scope}` does not exist in this environment's dialect, {dialect}")]
    ScopeNotInDialect {
        /// The scope.
        scope: &'static str,
        /// The client's dialect.
        dialect: Dialect,
    },
    /// The client has a secret or uses the older dialect (V1), and so cannot ask a person without a
    /// browser.
    #[error("only V2 clients with private keys can ask a person without a browser")]
    NoBackchannel,
    /// The request has something that only a browser can carry.
    #[error("`{0}` is not possible in a request without a browser")]
    NotInBackchannel(&'static str),
    /// The requested expiry would leave the person no time to answer.
    #[error("the requested expiry is less than a second")]
    RequestedExpiry,
    /// The request object would expire immediately.
    #[error("the request object would expire immediately")]
    Lifetime,
    /// The claim belongs to the token itself: requesting it by name or value would promise a check
    /// that is never made.
    #[error("the claim `{0}` belongs to the token and cannot be requested")]
    TokenClaim(&'static str),
}
