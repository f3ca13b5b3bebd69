use thiserror::Error;

use crate::jose::RsaKeyError;

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
    /// One key of the set is of no use. It is named, so that it can be mended or taken out.
    #[error("{key}: {error}")]
    Key {
        /// Its place in the file and its `kid`.
        key: String,
        /// What is wrong with it.
        error: KeyError,
    },
    /// There is no key with `"use": "sig"`.
    #[error("there is no key whose `use` is `sig`; it signs what is sent to itsme")]
    NoSigningKey,
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
    /// There is no key with `"use": "enc"`.
    #[error("there is no key whose `use` is `enc`; itsme encrypts its answers to it")]
    NoEncryptionKey,
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
    /// `kty` is not `RSA`.
    #[error("its `kty` must be RSA")]
    KeyType,
    /// `use` is neither `sig` nor `enc`.
    #[error("its `use` must be sig or enc")]
    Use,
    /// `alg` does not go with `use`.
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
