use thiserror::Error;

/// Why a token does not open (RFC 7515, RFC 7516, RFC 8725).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JoseError {
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
    #[error("it is encrypted with `{found}`, which is not accepted")]
    EncryptionAlgorithm {
        /// What the header names.
        found: String,
    },
    /// Encrypted to a key that we do not have. Was an encryption key dropped too early?
    #[error("it is encrypted to {}; we have {}", named(.kid), listed(.ours))]
    UnknownDecryptionKey {
        /// The key's name in the header.
        kid: Option<String>,
        /// The names of our decryption keys.
        ours: Vec<String>,
    },
    /// It does not decrypt. What exactly is wrong is not told, for that would help a forger.
    #[error("it does not decrypt")]
    Decryption,
    /// What was encrypted is not a signed token.
    #[error("it is encrypted but not signed")]
    NotSigned,
    /// `alg` of the signature is not the one that was agreed.
    #[error("it is signed with `{found}`, which is not accepted")]
    SignatureAlgorithm {
        /// What the header names.
        found: String,
    },
    /// Signed with a key that the OP does not publish, also after its keys were fetched again or
    /// when that was done less than a minute ago.
    #[error("it is signed with {}; the OP publishes {}", named(.kid), listed(.published))]
    UnknownSigningKey {
        /// The key's name in the header.
        kid: Option<String>,
        /// The names of the OP's signing keys.
        published: Vec<String>,
    },
    /// The signature is wrong.
    #[error("its signature is wrong")]
    Signature,
}

/// What makes a private RSA key unusable.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RsaKeyError {
    /// Only the public half is there.
    #[error(
        "it has no private part (`d`): is this the published set in place of the private one? Keys that \
         an HSM or a KMS holds are read by `PrivateKeys::external`"
    )]
    PublicOnly,
    /// A number that every key has is absent.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A number is not written as it should be.
    #[error("`{0}` is not a base64url number")]
    NotANumber(&'static str),
    /// The modulus has fewer than 2048 or more than 8192 bits.
    #[error("it has {0} bits, but 2048 to 8192 are needed")]
    Size(i32),
    /// The numbers do not belong together.
    #[error("its numbers do not belong together: the key was damaged or mixed from two keys")]
    Inconsistent,
}

fn named(kid: &Option<String>) -> String {
    kid.as_ref().map_or_else(|| "an unnamed key".to_owned(), |kid| format!("the key `{kid}`"))
}

fn listed(kids: &[String]) -> String {
    if kids.is_empty() {
        return "none with a name".to_owned();
    }
    let kids: Vec<_> = kids.iter().map(|kid| format!("`{kid}`")).collect();
    kids.join(", ")
}
