use thiserror::Error;

use crate::{
    dialect::Dialect,
    error::{FreeTextError, PaymentError},
};

/// What is wrong with a URL that must be sent or called as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UrlError {
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
    /// Port 443 is not written out.
    #[error("must name port 443, as in https://host:443/path")]
    Port,
    /// This machine, or an address without a name, which itsme cannot reach or trust.
    #[error("must have a public host name: itsme fetches it")]
    Local,
    /// Its query has a parameter that every request brings along, and would then be there twice.
    #[error("must not have a parameter in its query that a request has, such as `client_id`")]
    Parameter,
    /// It is an endpoint that gets secrets, and not where those of the OP are.
    #[error(
        "is neither on the issuer's host (in itsme's own environments: on one of itsme's) nor on one \
         that `Settings::endpoint_host` names"
    )]
    ForeignHost,
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
    Issuer(UrlError),
    /// The redirect URI is not one that itsme accepts.
    #[error("the redirect URI {0}")]
    RedirectUri(UrlError),
    /// The client secret is empty: an environment variable that is not set?
    #[error("the client secret is empty")]
    EmptyClientSecret,
    /// A client secret that can be found by trying.
    #[error(
        "the client secret has {found} bytes and can be found by trying: {needed} are needed. Ask \
         itsme for another one, or take the risk with `Settings::danger_short_client_secret`"
    )]
    ShortClientSecret {
        /// Bytes.
        needed: usize,
        /// Bytes.
        found: usize,
    },
    /// A host is named that is none, or one in an environment of itsme's own.
    #[error(
        "`{0}` cannot be an endpoint's host: name a host alone, as in `api.op.example`, and only \
         for a custom environment"
    )]
    EndpointHost(String),
    /// A [sibling](crate::Client::sibling) of a client must be in the same environment.
    #[error(
        "the sibling's settings name another environment than the client's, or differ from them in \
         `endpoint_host` or `danger_http_on_loopback`"
    )]
    OtherEnvironment,
    /// Private keys for a client with a secret, or a secret for one with keys.
    #[error(
        "a client keeps the kind of credentials that it was made with: private keys, or a secret"
    )]
    OtherCredentials,
    /// A client secret, where itsme only knows private keys.
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
    RedirectUri(UrlError),
    /// The `request_uri` is not one that itsme fetches.
    #[error("the request URI {0}")]
    RequestUri(UrlError),
    /// The free text of a confirmation cannot be shown.
    #[error(transparent)]
    FreeText(FreeTextError),
    /// The payment of a confirmation cannot be shown.
    #[error(transparent)]
    Payment(PaymentError),
    /// Revocation needs a client secret.
    #[error("itsme only revokes the tokens of clients with a secret; others expire by themselves")]
    RevocationNeedsSecret,
    /// The caller's own `state` or `nonce` can be guessed.
    #[error("your own `{0}` has fewer than 16 characters and could be guessed")]
    TooShort(&'static str),
    /// The caller's own code verifier is not what RFC 7636 §4.1 asks for.
    #[error("your own code verifier is not 43 to 128 characters of A-Z a-z 0-9 - . _ ~")]
    CodeVerifier,
    /// A claim that the client's dialect has no name for.
    #[error("the claim `{claim}` does not exist in the dialect {dialect} of this environment")]
    ClaimNotInDialect {
        /// The claim, by a name that it has in the other dialect.
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
    /// A claim that carries a part of a confirmation's template.
    #[error("a template is given to `AuthorizationRequest::confirm`, not asked for as a claim")]
    TemplateClaim,
    /// A scope that the client's dialect does not have.
    #[error("the scope `{scope}` does not exist in the dialect {dialect} of this environment")]
    ScopeNotInDialect {
        /// The scope.
        scope: &'static str,
        /// The client's dialect.
        dialect: Dialect,
    },
    /// A client with a secret, or the older dialect, where a person cannot be asked without a browser.
    #[error("only V2 clients with private keys can ask a person without a browser")]
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
