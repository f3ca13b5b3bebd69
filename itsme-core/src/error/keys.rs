use thiserror::Error;

use crate::{error::KeyFileForm, jose::RsaKeyError};

/// The reason that a private key file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The file is empty.
    #[error("the file is empty")]
    Empty,
    /// The file is not JSON, or is JSON but not a JWK set.
    #[error("the file is not a JWK set (a JSON object with a `keys` array): {0}")]
    NotAKeySet(String),
    /// The file is in a different format, such as PEM.
    #[error("the file is not a JWK set: {0}")]
    Form(#[from] KeyFileForm),
    /// A JWK set without private keys was given where private keys are needed.
    #[error(
        "the file is a public JWK set: no key in it has a private part (`d`); give the private set that it \
         was made from, or use `PrivateKeys::external` if an HSM or a KMS holds the private keys"
    )]
    PublicSet,
    /// One key in the set is unusable. The error identifies the key, so that you can repair or remove it.
    #[error("{key}: {error}")]
    Key {
        /// The key's position in the file and its `kid`.
        key: String,
        /// What is wrong with the key.
        error: KeyError,
    },
    /// The set has no RSA key with `"use": "sig"`.
    #[error("there is no RSA key whose `use` is `sig`; one is needed to sign requests to itsme{}", listed(.passed_over))]
    NoSigningKey {
        /// The keys in the set that were ignored because this library cannot use them.
        passed_over: Vec<PassedOver>,
    },
    /// OpenSSL could not generate a key.
    #[error("OpenSSL could not generate a key")]
    Generation,
    /// All private keys in the set are external, so this library cannot generate a new one.
    #[error(
        "the keys in this set are external: generate the new key in the HSM or KMS, and add its public half \
         with `with_external`"
    )]
    Outside,
    /// No key in the set has the given `kid` and use.
    #[error("no key in the set has this `kid` and use")]
    UnknownKey,
    /// The set has no RSA key with `"use": "enc"`.
    #[error("there is no RSA key whose `use` is `enc`; itsme needs one to encrypt responses{}", listed(.passed_over))]
    NoEncryptionKey {
        /// The keys in the set that were ignored because this library cannot use them.
        passed_over: Vec<PassedOver>,
    },
}

/// A key that this library ignores, because its type or algorithm is not one that itsme uses. The key can stay in
/// the file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{key} is ignored: {error}")]
#[non_exhaustive]
pub struct PassedOver {
    /// The key's position in the file and its `kid`.
    pub key: String,
    /// The reason that the key is ignored: [`KeyError::OtherKeyType`], [`KeyError::OtherCurve`] or
    /// [`KeyError::OtherAlgorithm`].
    pub error: KeyError,
}

fn listed(passed_over: &[PassedOver]) -> String {
    passed_over.iter().map(|key| format!("; {key}")).collect()
}

/// What is wrong with one key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The `kid` is missing or empty.
    #[error("it has no `kid`")]
    NoKid,
    /// An earlier key in the set has the same `kid`.
    #[error("an earlier key has the same `kid`")]
    SameKid,
    /// `kty` is missing or misspelled.
    #[error("its `kty` must be RSA")]
    KeyType,
    /// `kty` is a key type other than RSA.
    #[error("its `kty` is `{0}`; only RSA keys are used")]
    OtherKeyType(String),
    /// The key has no `kty`, and its `crv` names an elliptic curve.
    #[error("its `crv` is `{0}`; only RSA keys are used")]
    OtherCurve(String),
    /// `alg` is an algorithm that itsme does not use.
    #[error("its `alg` is `{0}`; only RS256, RSA-OAEP and RSA-OAEP-256 are used")]
    OtherAlgorithm(String),
    /// The key is not a JSON object, or has the same member twice.
    #[error("it must be a JSON object without repeated members")]
    Malformed,
    /// A member that must be a string is not one.
    #[error("its `{0}` must be a string")]
    NotText(&'static str),
    /// `use` is neither `sig` nor `enc`.
    #[error("its `use` must be `sig` or `enc`")]
    Use,
    /// `alg` does not match `use`, or is misspelled.
    #[error("its `alg` must be {0}, or absent")]
    Algorithm(&'static str),
    /// An external key has private members, such as `d`, in the set that was passed.
    #[error(
        "it is declared external but has private members, such as `d`; remove and destroy them"
    )]
    PrivatePart,
    /// The key's RSA parameters are missing or wrong.
    #[error(transparent)]
    Rsa(#[from] RsaKeyError),
}
