use thiserror::Error;

use crate::jose::JoseError;

/// The check that a token failed (OIDC Core §3.1.3.7 and §5.3.4). Each check has its own variant.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The token cannot be decrypted or verified: its format, encryption or signature is not as agreed with the OP.
    #[error(transparent)]
    Jose(#[from] JoseError),

    /// A required claim is missing.
    #[error("it has no `{claim}`")]
    Missing {
        /// The claim.
        claim: &'static str,
    },
    /// A claim's value does not have the type that the specifications require.
    #[error("its `{claim}` is not valid")]
    Claim {
        /// The claim.
        claim: &'static str,
    },
    /// `iss` is not the OP's issuer.
    #[error("it was issued by a different issuer (`iss`)")]
    Issuer,
    /// `aud` does not contain the client's id.
    #[error("it is intended for a different audience (`aud`)")]
    Audience,
    /// `aud` contains an additional audience that no setting allows
    /// ([`Settings::other_audience`](crate::Settings::other_audience)).
    #[error("it has an additional audience that the settings do not allow (`aud`)")]
    OtherAudience,
    /// `azp` is not the client's id.
    #[error("it was issued to a different client (`azp`)")]
    AuthorizedParty,
    /// `exp` is in the past.
    #[error("it has expired (`exp`); is the clock right?")]
    Expired,
    /// `iat` is in the future.
    #[error("it was issued in the future (`iat`); is the clock right?")]
    IssuedInFuture,
    /// `exp` is before `iat`.
    #[error("it expires before it was issued (`exp`, `iat`)")]
    EndsBeforeBeginning,
    /// `iat` is more than ten minutes before the request.
    #[error("it is older than the request (`iat`); is the clock right?")]
    IssuedBeforeRequest,
    /// `nbf` is in the future.
    #[error("it is not valid yet (`nbf`); is the clock right?")]
    NotYetValid,
    /// `nonce` is not the one in the request. The token was replayed, or the code was injected from a different login.
    #[error("it belongs to a different login (`nonce`)")]
    Nonce,
    /// The token is about something other than a login, such as a logout.
    #[error("it is a different kind of token (`{claim}`)")]
    OtherKind {
        /// The claim that identifies the kind.
        claim: &'static str,
    },
    /// The token belongs to a different backchannel request from the one that was polled.
    #[error("it belongs to a different request (`urn:openid:params:jwt:claim:auth_req_id`)")]
    AuthReqId,
    /// `sub` is not that of the user who was asked, or differs between the ID token and the userinfo response.
    #[error("it is about a different user (`sub`)")]
    Subject,
    /// `acr` is weaker than requested.
    #[error("the user was authenticated less strongly than requested (`acr`)")]
    Acr,
    /// The user was authenticated longer ago than `max_age` allows.
    #[error("the user was authenticated too long ago (`auth_time`)")]
    AuthTime,
    /// `at_hash` does not match the access token.
    #[error("it was issued with a different access token (`at_hash`)")]
    AccessTokenHash,
}
