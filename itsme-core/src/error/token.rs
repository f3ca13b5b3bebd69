use thiserror::Error;

use crate::jose::JoseError;

/// The check that a token failed: one variant for each (OIDC Core §3.1.3.7 and §5.3.4).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It does not open: its form, its encryption or its signature is not what was agreed.
    #[error(transparent)]
    Jose(#[from] JoseError),

    /// A claim that must be there is not.
    #[error("it has no `{claim}`")]
    Missing {
        /// The claim.
        claim: &'static str,
    },
    /// A claim has a value of another kind than the specifications say.
    #[error("its `{claim}` is not what it must be")]
    Claim {
        /// The claim.
        claim: &'static str,
    },
    /// `iss` is not the OP.
    #[error("it was issued by somebody else (`iss`)")]
    Issuer,
    /// `aud` does not have our client id.
    #[error("it is meant for somebody else (`aud`)")]
    Audience,
    /// `aud` has somebody beside our client id whom no setting names
    /// ([`Settings::other_audience`](crate::Settings::other_audience)).
    #[error("it is also meant for somebody whom no setting names (`aud`)")]
    OtherAudience,
    /// `azp` is not our client id.
    #[error("it was asked for by somebody else (`azp`)")]
    AuthorizedParty,
    /// `exp` is in the past.
    #[error("it has expired (`exp`); is the clock right?")]
    Expired,
    /// `iat` is in the future.
    #[error("it is from the future (`iat`); is the clock right?")]
    IssuedInFuture,
    /// `exp` is before `iat`.
    #[error("it ends before it begins (`exp`, `iat`)")]
    EndsBeforeBeginning,
    /// `iat` is more than ten minutes before the request.
    #[error("it is older than the request (`iat`); is the clock right?")]
    IssuedBeforeRequest,
    /// `nbf` is in the future.
    #[error("it is not valid yet (`nbf`); is the clock right?")]
    NotYetValid,
    /// `nonce` is not the one that was sent: a replay, or an injected code.
    #[error("it belongs to another login (`nonce`)")]
    Nonce,
    /// It is not a token about a login but about something else: a log-out, say.
    #[error("it is a token of another kind (`{claim}`)")]
    OtherKind {
        /// The claim that tells.
        claim: &'static str,
    },
    /// It answers another request than the one that was polled for.
    #[error("it answers another request (`urn:openid:params:jwt:claim:auth_req_id`)")]
    AuthReqId,
    /// `sub` is not the known user's who was asked, or not the same in both tokens.
    #[error("it is about somebody else (`sub`)")]
    Subject,
    /// `acr` is weaker than what was asked.
    #[error("the person was authenticated less strongly than was asked (`acr`)")]
    Acr,
    /// The person was authenticated longer ago than `max_age` allows.
    #[error("the person was authenticated too long ago (`auth_time`)")]
    AuthTime,
    /// `at_hash` is not the access token's.
    #[error("it belongs to another access token (`at_hash`)")]
    AccessTokenHash,
}
