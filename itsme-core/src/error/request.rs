use thiserror::Error;

use crate::{
    dialect::Dialect,
    error::{FreeTextFault, PaymentFault},
};

/// What is wrong with a URL that must be sent or called as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UrlFault {
    /// Not an absolute URL with a host, in printable ASCII.
    #[error("is not an absolute URL in printable ASCII characters")]
    NotAUrl,
    /// `http`, or another scheme.
    #[error(
        "must begin with https:// (plain http only with `Settings::danger_http_on_loopback`, and \
         only to localhost)"
    )]
    NotHttps,
    /// There is a `#`.
    #[error("must not have a fragment (`#…`)")]
    Fragment,
    /// There is a `?` where none can be.
    #[error("must not have a query (`?…`)")]
    Query,
    /// No port 443 in so many words.
    #[error("must name port 443, as in https://host:443/path")]
    Port,
    /// This machine, or an address without a name, which itsme cannot reach or trust.
    #[error("must have a public host name: itsme fetches it")]
    Local,
    /// There is a user name or a password in it.
    #[error("must not carry a user name or password")]
    Credentials,
}

/// What is wrong with the settings of a client.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The client id is empty.
    #[error("the client id is empty")]
    EmptyClientId,
    /// The issuer of a custom environment is no address to call.
    #[error("the issuer {0}")]
    Issuer(UrlFault),
    /// The redirect URI is not one that itsme accepts.
    #[error("the redirect URI {0}")]
    RedirectUri(UrlFault),
    /// The client secret is empty: an environment variable that is not set?
    #[error("the client secret is empty")]
    EmptyClientSecret,
    /// A client secret, where itsme knows private keys alone.
    #[error("the older dialect has no client secret method; use private keys")]
    SecretInV1,
}

/// What is wrong with an authorization request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The service code is empty.
    #[error("the service code is empty; itsme gave you one for each service at onboarding")]
    EmptyServiceCode,
    /// The service code cannot stand in a scope (RFC 6749 §3.3).
    #[error("the service code has a character that cannot stand in a scope")]
    ServiceCode,
    /// Neither the settings nor the request name a redirect URI.
    #[error("no redirect URI: set one with `Settings::redirect_uri` or on the request")]
    NoRedirectUri,
    /// The request's redirect URI is not one that itsme accepts.
    #[error("the redirect URI {0}")]
    RedirectUri(UrlFault),
    /// The `request_uri` is not one that itsme fetches.
    #[error("the request URI {0}")]
    RequestUri(UrlFault),
    /// The free text of a Confirm cannot be shown.
    #[error(transparent)]
    FreeText(FreeTextFault),
    /// The payment of a Confirm cannot be shown.
    #[error(transparent)]
    Payment(PaymentFault),
    /// A token of a client without secret.
    #[error("itsme revokes the tokens of clients with a secret alone; others expire by themselves")]
    RevocationNeedsSecret,
    /// The caller's own `state` or `nonce` can be guessed.
    #[error("your own `{0}` has fewer than 16 characters and could be guessed")]
    TooShort(&'static str),
    /// The caller's own code verifier is not what RFC 7636 §4.1 asks for.
    #[error("your own code verifier is not 43 to 128 characters of A-Z a-z 0-9 - . _ ~")]
    CodeVerifier,
    /// A claim that the client's dialect has no name for.
    #[error("the claim {claim} does not exist in the dialect {dialect:?} of this environment")]
    ClaimNotInDialect {
        /// The claim.
        claim: String,
        /// The client's dialect.
        dialect: Dialect,
    },
    /// The `sub` of the known user is empty.
    #[error("the known user's `sub` is empty")]
    EmptyKnownUser,
    /// The name of a claim is empty.
    #[error("a claim without a name was asked for")]
    EmptyClaim,
    /// A claim that carries a part of a Confirm's template.
    #[error("a template is given to `Confirm::new`, not asked for as a claim")]
    TemplateClaim,
    /// A scope that the client's dialect does not have.
    #[error("the scope {scope:?} does not exist in the dialect {dialect:?} of this environment")]
    ScopeNotInDialect {
        /// The scope.
        scope: &'static str,
        /// The client's dialect.
        dialect: Dialect,
    },
    /// A client with a secret, or the older dialect, where a person cannot be asked without a browser.
    #[error("a person is asked without a browser by V2 clients with private keys alone")]
    NoBackchannel,
    /// Something that only a browser can carry.
    #[error("`{0}` has no place in a request without a browser")]
    NotInBackchannel(&'static str),
    /// The person would have no time at all to answer.
    #[error("the requested expiry is less than a second")]
    RequestedExpiry,
    /// A request object that is hosted for no time at all.
    #[error("the request object would expire at once")]
    Lifetime,
    /// A claim that belongs to the token itself: asking for it by name or value would promise a
    /// check that nobody makes.
    #[error("the claim `{0}` belongs to the token and cannot be asked for")]
    TokenClaim(&'static str),
}
