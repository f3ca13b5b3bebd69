use thiserror::Error;

use crate::{error::KeyFileForm, jose::RsaKeyError};

/// Why a private key file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeysError {
    /// There is no text.
    #[error("the file is empty")]
    Empty,
    /// The text is not JSON, or not a JWK set.
    #[error("the file is not a JWK set, a JSON object with an array `keys`: {0}")]
    NotAKeySet(String),
    /// The file is something else that keys are kept in.
    #[error("the file is not a JWK set: {0}")]
    Form(#[from] KeyFileForm),
    /// It is a JWK set without private keys, where private ones are needed.
    #[error(
        "the file is a public JWK set: no key in it has a private part (`d`); give the private set that \
         it was made of. If an HSM or a KMS holds the private keys, `PrivateKeys::external` reads it"
    )]
    PublicSet,
    /// One key of the set is of no use. It is named, so that it can be mended or taken out.
    #[error("{key}: {error}")]
    Key {
        /// Its place in the file and its `kid`.
        key: String,
        /// What is wrong with it.
        error: KeyError,
    },
    /// There is no RSA key with `"use": "sig"`.
    #[error("there is no RSA key whose `use` is `sig`; it signs what is sent to itsme{}", listed(.passed_over))]
    NoSigningKey {
        /// The keys of the set that are for something else.
        passed_over: Vec<PassedOver>,
    },
    /// A key cannot be made.
    #[error("OpenSSL cannot make a key")]
    Generation,
    /// All keys of the set are outside of this process, where this library cannot make any.
    #[error(
        "the keys of this set are outside: make the new key there, and add its public half \
         (`with_external`)"
    )]
    Outside,
    /// No key has the name that was given.
    #[error("no key of the set has this name and use")]
    UnknownKey,
    /// There is no RSA key with `"use": "enc"`.
    #[error("there is no RSA key whose `use` is `enc`; itsme encrypts its answers to it{}", listed(.passed_over))]
    NoEncryptionKey {
        /// The keys of the set that are for something else.
        passed_over: Vec<PassedOver>,
    },
}

/// A key of the file that is for something else: it is not used, and stays in the file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{key} is passed over: {error}")]
#[non_exhaustive]
pub struct PassedOver {
    /// Its place in the file and its `kid`.
    pub key: String,
    /// What shows that it is for something else: [`KeyError::OtherKeyType`], [`KeyError::OtherCurve`] or
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
    /// No `kid`, or an empty one.
    #[error("it has no `kid`")]
    NoKid,
    /// Another key has the same `kid`.
    #[error("an earlier key has the same `kid`")]
    SameKid,
    /// `kty` is missing or misspelt.
    #[error("its `kty` must be RSA")]
    KeyType,
    /// `kty` names keys of another kind.
    #[error("its `kty` is `{0}`, and only RSA keys are used")]
    OtherKeyType(String),
    /// `crv` names a curve.
    #[error("its `crv` is `{0}`, and only RSA keys are used")]
    OtherCurve(String),
    /// `alg` names another algorithm.
    #[error("its `alg` is `{0}`, and only RS256, RSA-OAEP and RSA-OAEP-256 are used")]
    OtherAlgorithm(String),
    /// It is not a JSON object, or has a member twice.
    #[error("it must be a JSON object that has each member once")]
    Malformed,
    /// A member is not text.
    #[error("its `{0}` must be text")]
    NotText(&'static str),
    /// `use` is neither `sig` nor `enc`.
    #[error("its `use` must be sig or enc")]
    Use,
    /// `alg` does not go with `use`, or is misspelt.
    #[error("its `alg` must be {0}, or left out")]
    Algorithm(&'static str),
    /// A key that is kept outside has no private members here.
    #[error(
        "it has private members, but is said to be kept outside: take them out, and destroy them"
    )]
    PrivatePart,
    /// The numbers of the key.
    #[error(transparent)]
    Rsa(#[from] RsaKeyError),
}
