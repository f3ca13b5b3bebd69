use thiserror::Error;

/// The check that a token failed: one variant for each (OIDC Core §3.1.3.7 and §5.3.4, RFC 7515,
/// RFC 7516, RFC 8725).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// More characters than a token may have.
    #[error("it is larger than {limit} characters")]
    TooLarge {
        /// The most that is taken.
        limit: usize,
    },
    /// Not in the form of a JOSE compact serialization.
    #[error("it is malformed: {what}")]
    Malformed {
        /// What is wrong, without quoting the token.
        what: &'static str,
    },
    /// A header member that is refused: `crit`, `zip`, `b64`, `kid` with a shared key, or a `cty`
    /// other than `JWT`.
    #[error("its header has a `{member}` that is not accepted")]
    Header {
        /// The member.
        member: &'static str,
    },
    /// Signed only. itsme encrypts every token; this one is not for our eyes alone.
    #[error("it is not encrypted")]
    NotEncrypted,
    /// `alg` or `enc` of the encryption is not one that was agreed.
    #[error("it is encrypted with {found:?}, which is not accepted")]
    EncryptionAlgorithm {
        /// What the header names.
        found: String,
    },
    /// Encrypted to a key that we do not have. Was an encryption key dropped too early?
    #[error("it is encrypted to a key that we do not have: {kid:?}")]
    UnknownDecryptionKey {
        /// The key's name in the header.
        kid: Option<String>,
    },
    /// It does not decrypt. What exactly is wrong is not told, for that would help a forger.
    #[error("it does not decrypt")]
    Decryption,
    /// What was encrypted is not a signed token.
    #[error("it is encrypted but not signed")]
    NotSigned,
    /// `alg` of the signature is not the one that was agreed.
    #[error("it is signed with {found:?}, which is not accepted")]
    SignatureAlgorithm {
        /// What the header names.
        found: String,
    },
    /// Signed with a key that the OP does not publish, also after its keys were fetched again or
    /// when that was done less than a minute ago.
    #[error("it is signed with a key that the OP does not publish: {kid:?}")]
    UnknownSigningKey {
        /// The key's name in the header.
        kid: Option<String>,
    },
    /// The signature is wrong.
    #[error("its signature is wrong")]
    Signature,

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
    /// There are several audiences and no `azp`, or `azp` is not our client id.
    #[error("it was asked for by somebody else (`azp`)")]
    AuthorizedParty,
    /// `exp` is in the past.
    #[error("it has expired (`exp`); is the clock right?")]
    Expired,
    /// `iat` is in the future.
    #[error("it is from the future (`iat`); is the clock right?")]
    IssuedInFuture,
    /// `nbf` is in the future.
    #[error("it is not valid yet (`nbf`); is the clock right?")]
    NotYetValid,
    /// `nonce` is not the one that was sent: a replay, or an injected code.
    #[error("it belongs to another login (`nonce`)")]
    Nonce,
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
