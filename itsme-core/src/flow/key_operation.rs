use std::{fmt, sync::Arc};

use zeroize::Zeroizing;

use crate::{
    error::Error,
    ground::{opaque::opaque, wiped::Wiped},
    jose::{self, KeyEncryption, KeyHome, OwnKey, UnsignedJws},
};

const RS256: &str = "RS256";

/// An operation with a private key that is held outside this process, in an HSM or a KMS (see
/// [`PrivateKeys::external`](crate::PrivateKeys::external)).
///
/// `Debug` shows only the key's `kid` and the algorithm, which may be logged.
#[allow(clippy::exhaustive_enums, reason = "a key holder must support all of them")]
pub enum KeyOperation {
    /// Sign with PKCS #1 v1.5 and SHA-256 (RFC 7518 §3.3). The result is the signature, which has as many bytes
    /// as the modulus.
    Sign {
        /// The `kid` of the key's JWK.
        kid: String,
        /// `RS256`.
        algorithm: &'static str,
        /// The message to sign.
        input: SigningInput,
    },
    /// Decrypt a content encryption key with RSA-OAEP, without a label (RFC 7518 §4.3). The result is the
    /// decrypted key.
    Unwrap {
        /// The `kid` of the key's JWK.
        kid: String,
        /// `RSA-OAEP`, which uses SHA-1, or `RSA-OAEP-256`, which uses SHA-256.
        algorithm: &'static str,
        /// The encrypted content encryption key, which has as many bytes as the modulus.
        encrypted_key: Vec<u8>,
    },
}

/// The message to sign. It may contain the text of a confirmation. The key holder does not need to see that text:
/// most HSMs and every KMS accept the message's digest instead.
pub struct SigningInput(Zeroizing<Vec<u8>>);

/// What is known about a failed key operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(clippy::exhaustive_enums, reason = "a key holder must distinguish these")]
pub enum KeyFailure {
    /// The key was used, but the content encryption key cannot be decrypted. The sender of the token is never told.
    #[error("the content encryption key cannot be decrypted")]
    DoesNotUnwrap,
    /// The key cannot be reached or is busy, for example because of a timeout or throttling. The operation is retried
    /// once.
    #[error("the key cannot be reached")]
    Unavailable,
    /// The key holder refused, and retrying will not help: the key does not exist or is disabled, or permission is
    /// missing.
    #[error("the key holder refused to use the key")]
    Refused,
}

impl KeyOperation {
    /// The `kid` of the key's JWK.
    pub fn kid(&self) -> &str {
        let (Self::Sign { kid, .. } | Self::Unwrap { kid, .. }) = self;
        kid
    }

    /// The JOSE name of the operation: `RS256`, `RSA-OAEP` or `RSA-OAEP-256`.
    pub fn algorithm(&self) -> &'static str {
        let (Self::Sign { algorithm, .. } | Self::Unwrap { algorithm, .. }) = self;
        algorithm
    }
}

impl SigningInput {
    /// The whole message, for a key holder that computes the digest itself.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The SHA-256 digest of the message, for a key holder that signs digests.
    pub fn digest(&self) -> [u8; 32] {
        jose::sha256(&[&self.0])
    }

    /// The digest, encoded as a `DigestInfo` (RFC 8017 §9.2), for a key holder that only adds the padding, such as the
    /// mechanism `CKM_RSA_PKCS` in PKCS #11.
    pub fn digest_info(&self) -> [u8; 51] {
        const SHA256: [u8; 19] = [
            0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
            0x01, 0x05, 0x00, 0x04, 0x20,
        ];
        let mut info = [0; 51];
        info[..19].copy_from_slice(&SHA256);
        info[19..].copy_from_slice(&self.digest());
        info
    }
}

/// A machine's request for a private key operation, whether the key is local or external.
pub(crate) struct Ask {
    key: Arc<OwnKey>,
    work: Work,
    /// Whether this is the second attempt, made because the key holder could not be reached the first time.
    again: bool,
}

enum Work {
    Sign(UnsignedJws),
    Unwrap(KeyEncryption, Vec<u8>),
}

/// The result of a key operation.
pub(crate) enum KeyUsed {
    /// The signed JWS.
    Signed(Wiped<Vec<u8>>),
    /// The decrypted content encryption key; `None` if it cannot be decrypted.
    Unwrapped(Option<Zeroizing<Vec<u8>>>),
    /// There is no result: the key holder could not be reached, even on the second attempt.
    Unavailable,
}

/// Where the operation is performed.
pub(super) enum Answer {
    /// In this process: it is done, and this is the result.
    Here(KeyUsed),
    /// By the key holder.
    Outside(Ask),
}

impl Ask {
    pub(crate) fn sign(key: Arc<OwnKey>, jws: UnsignedJws) -> Self {
        Self { key, work: Work::Sign(jws), again: false }
    }

    pub(crate) fn unwrap(key: Arc<OwnKey>, alg: KeyEncryption, encrypted_key: Vec<u8>) -> Self {
        Self { key, work: Work::Unwrap(alg, encrypted_key), again: false }
    }

    pub(super) fn answer(self) -> Result<Answer, Error> {
        let used = match (&self.key.home, self.work) {
            (KeyHome::Here(key), Work::Sign(jws)) => {
                let signature = key.sign(jws.signing_input()).ok_or(Error::Crypto("sign"))?;
                KeyUsed::Signed(jws.with_signature(&signature))
            }
            (KeyHome::Here(key), Work::Unwrap(alg, encrypted_key)) => {
                KeyUsed::Unwrapped(key.decrypt(alg, &encrypted_key))
            }
            // Don't send a key that cannot be valid to the key holder: each kind would report a different error.
            (KeyHome::Outside(public), Work::Unwrap(_, encrypted_key))
                if !public.may_have_encrypted(&encrypted_key) =>
            {
                KeyUsed::Unwrapped(None)
            }
            (KeyHome::Outside(_), work) => return Ok(Answer::Outside(Self { work, ..self })),
        };
        Ok(Answer::Here(used))
    }

    /// The operation that the key holder must perform.
    pub(super) fn operation(&self) -> KeyOperation {
        let kid = self.key.kid.clone();
        match &self.work {
            Work::Sign(jws) => {
                let input = SigningInput(Zeroizing::new(jws.signing_input().to_vec()));
                KeyOperation::Sign { kid, algorithm: RS256, input }
            }
            Work::Unwrap(alg, encrypted_key) => {
                let (algorithm, encrypted_key) = (alg.name(), encrypted_key.clone());
                KeyOperation::Unwrap { kid, algorithm, encrypted_key }
            }
        }
    }

    /// Accepts the key holder's result. A signature is first verified with the published key, because this gives a
    /// clearer error than the one that the OP would return for a wrong signature.
    pub(super) fn accept(self, made: Zeroizing<Vec<u8>>) -> Result<KeyUsed, Error> {
        match self.work {
            Work::Sign(jws) => match &self.key.home {
                KeyHome::Outside(public) if !public.has_signed(jws.signing_input(), &made) => {
                    Err(Error::KeyMismatch { kid: self.key.kid.clone(), algorithm: RS256 })
                }
                _ => Ok(KeyUsed::Signed(jws.with_signature(&made))),
            },
            Work::Unwrap(..) => Ok(KeyUsed::Unwrapped(Some(made))),
        }
    }

    /// The result for a content encryption key that cannot be decrypted; `None` if the operation was to sign.
    pub(super) fn does_not_unwrap(&self) -> Option<KeyUsed> {
        matches!(self.work, Work::Unwrap(..)).then_some(KeyUsed::Unwrapped(None))
    }

    /// The same request, for the second attempt; `None` if this was the second attempt.
    pub(super) fn once_more(self) -> Option<Self> {
        (!self.again).then_some(Self { again: true, ..self })
    }
}

impl fmt::Debug for KeyOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = match self {
            Self::Sign { .. } => "Sign",
            Self::Unwrap { .. } => "Unwrap",
        };
        write!(f, "{operation}({}, {})", self.kid(), self.algorithm())
    }
}

opaque!(SigningInput);
