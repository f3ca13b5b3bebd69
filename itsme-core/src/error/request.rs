use thiserror::Error;

use crate::{
    dialect::Dialect,
    error::{FreeTextError, PaymentError},
};

/// What is wrong with a URL. URLs are used exactly as written; this library does not normalize them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UrlError {
    /// The text is not an absolute URL with a host, written in printable ASCII.
    #[error("must be an absolute URL that contains only printable ASCII characters")]
    NotAUrl,
    /// The scheme is not `https`.
    #[error(
        "must begin with https:// (plain http is allowed only for localhost, and only with \
         `Settings::danger_http_on_loopback`)"
    )]
    NotHttps,
    /// The URL has a fragment (`#…`).
    #[error("must not have a fragment (`#…`)")]
    Fragment,
    /// The URL has a query (`?…`) where none is allowed.
    #[error("must not have a query (`?…`)")]
    Query,
    /// The URL does not explicitly include the port, 443.
    #[error("must explicitly include port 443, as in https://host:443/path")]
    Port,
    /// The URL points to this machine or to an IP address, so itsme cannot reach or trust it.
    #[error("must have a public host name, because itsme fetches it")]
    Local,
    /// The query already has a parameter that the client adds to every request, so it would appear twice.
    #[error("must not contain a query parameter that the client sets itself, such as `client_id`")]
    Parameter,
    /// The URL of an endpoint that receives secrets is not on one of the OP's hosts.
    #[error(
        "is on an unexpected host; it must be on the issuer's host, on one allowed with \
         `Settings::endpoint_host` or, in itsme's own environments, on another of itsme's hosts"
    )]
    ForeignHost,
    /// The URL contains a user name or password.
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
    /// The issuer of a custom environment is not a URL that the client may call.
    #[error("the issuer {0}")]
    Issuer(UrlError),
    /// The redirect URI is not one that itsme accepts.
    #[error("the redirect URI {0}")]
    RedirectUri(UrlError),
    /// The client secret is empty. An environment variable may be unset.
    #[error("the client secret is empty")]
    EmptyClientSecret,
    /// The client secret is short enough to be found by brute force.
    #[error(
        "the client secret has {found} bytes, but {needed} are needed to resist brute force; ask \
         itsme for a longer one, or accept the risk with `Settings::danger_short_client_secret`"
    )]
    ShortClientSecret {
        /// The minimum number of bytes.
        needed: usize,
        /// The number of bytes in the secret.
        found: usize,
    },
    /// An endpoint host is not a host name, or was set for one of itsme's own environments.
    #[error(
        "`{0}` cannot be an endpoint host: set only a host name, such as `api.op.example`, and only \
         for a custom environment"
    )]
    EndpointHost(String),
    /// A [sibling's](crate::Client::sibling) settings specify a different environment from the client's.
    #[error(
        "the sibling must have the same environment, `endpoint_host` and `danger_http_on_loopback` \
         as the client"
    )]
    OtherEnvironment,
    /// A client created with a secret was given private keys, or one created with private keys was given a secret.
    #[error("a client keeps the kind of credentials it was created with: private keys or a secret")]
    OtherCredentials,
    /// A client secret was given for the older dialect (V1), which supports only private keys.
    #[error("the older dialect (V1) does not support client secrets; use private keys")]
    SecretInV1,
}

/// What is wrong with an authorization request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The service code is empty.
    #[error(
        "the service code is empty; itsme assigns one to each of your services during onboarding"
    )]
    EmptyServiceCode,
    /// The service code has a character that a scope cannot contain (RFC 6749 §3.3).
    #[error("the service code has a character that a scope cannot contain")]
    ServiceCode,
    /// No redirect URI is set, either in the settings or on the request.
    #[error("no redirect URI: set one with `Settings::redirect_uri` or on the request")]
    NoRedirectUri,
    /// The request's redirect URI is not one that itsme accepts.
    #[error("the redirect URI {0}")]
    RedirectUri(UrlError),
    /// The `request_uri` is not a URL that itsme can fetch.
    #[error("the request URI {0}")]
    RequestUri(UrlError),
    /// The free text of a confirmation cannot be shown.
    #[error(transparent)]
    FreeText(FreeTextError),
    /// The payment of a confirmation cannot be shown.
    #[error(transparent)]
    Payment(PaymentError),
    /// Revocation needs a client secret.
    #[error(
        "itsme revokes tokens only for clients with a secret; other clients' tokens expire on their own"
    )]
    RevocationNeedsSecret,
    /// The `state` or `nonce` that the caller set is short enough to guess.
    #[error("the `{0}` that you set has fewer than 16 characters and could be guessed")]
    TooShort(&'static str),
    /// The code verifier that the caller set does not meet RFC 7636 §4.1.
    #[error(
        "the code verifier that you set must have 43 to 128 characters, each one of A-Z a-z 0-9 - . _ ~"
    )]
    CodeVerifier,
    /// The claim does not exist in the client's dialect.
    #[error("the claim `{claim}` does not exist in this environment's dialect, {dialect}")]
    ClaimNotInDialect {
        /// The claim's name in the dialect that does have it.
        claim: String,
        /// The client's dialect.
        dialect: Dialect,
    },
    /// The `sub` of the known user (the one that the application expects to respond) is empty.
    #[error("the known user's `sub` is empty")]
    EmptyKnownUser,
    /// The name of a claim is empty.
    #[error("a claim with an empty name was requested")]
    EmptyClaim,
    /// The claim is one that carries part of a confirmation's template.
    #[error(
        "a template cannot be requested as a claim; pass it to `AuthorizationRequest::confirm`"
    )]
    TemplateClaim,
    /// The scope does not exist in the client's dialect.
    #[error("the scope `{scope}` does not exist in this environment's dialect, {dialect}")]
    ScopeNotInDialect {
        /// The scope.
        scope: &'static str,
        /// The client's dialect.
        dialect: Dialect,
    },
    /// The client has a secret or uses the older dialect (V1). Such clients cannot send a request to a user's phone
    /// without a browser.
    #[error("only V2 clients with private keys can send requests without a browser")]
    NoBackchannel,
    /// The request has a setting that works only in a browser.
    #[error("`{0}` cannot be used in a request without a browser")]
    NotInBackchannel(&'static str),
    /// The requested expiry would leave the user no time to respond.
    #[error("the requested expiry is less than a second")]
    RequestedExpiry,
    /// The request object would expire immediately.
    #[error("the request object would expire immediately")]
    Lifetime,
    /// The claim belongs to the token itself, such as `iss`. Requesting it by name or value would suggest a check that
    /// this library does not perform.
    #[error("the claim `{0}` belongs to the token itself and cannot be requested")]
    TokenClaim(&'static str),
}
