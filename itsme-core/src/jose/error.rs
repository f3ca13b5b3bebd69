use thiserror::Error;

/// Why a token cannot be opened (RFC 7515, RFC 7516, RFC 8725).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JoseError {
    /// The token is longer than allowed.
    #[error("it is longer than {limit} characters")]
    TooLarge {
        /// The maximum length in characters.
        limit: usize,
    },
    /// The token is not a JOSE compact serialization.
    #[error("it is malformed: {what}")]
    Malformed {
        /// What is wrong, without quoting the token.
        what: &'static str,
    },
    /// The header has a member that is not accepted: `crit`, `zip`, `b64`, a `typ` of a different
    /// kind of JWT, or a `cty` other than `JWT`.
    #[error("its header has a `{member}` that is not accepted")]
    Header {
        /// The member.
        member: &'static str,
    },
    /// The token is signed but not encrypted. itsme encrypts every token, so that nobody else can read it.
    #[error("it is not encrypted")]
    NotEncrypted,
    /// The `alg` or `enc` of the encryption is not one that was agreed upon.
    #[error("it is encrypted with `{found}`, which is not accepted")]
    EncryptionAlgorithm {
        /// The algorithm in the header.
        found: String,
    },
    /// The token is encrypted to a key that we do not have. Was an encryption key removed too
    /// early?
    #[error("it is encrypted to {}; we have {}", named(.kid), listed(.ours))]
    UnknownDecryptionKey {
        /// The `kid` in the header.
        kid: Option<String>,
        /// The `kid`s of our decryption keys.
        ours: Vec<String>,
    },
    /// The token cannot be decrypted. The exact reason is withheld, because it would help an attacker.
    #[error("it cannot be decrypted")]
    Decryption,
    /// The decrypted content is not a signed token.
    #[error("it is encrypted but not signed")]
    NotSigned,
    /// The `alg` of the signature is not the one agreed upon.
    #[error("it is signed with `{found}`, which is not accepted")]
    SignatureAlgorithm {
        /// The algorithm in the header.
        found: String,
    },
    /// The token is signed with a key that the OP does not publish. The OP's keys have been fetched again, unless that
    /// was already done less than a minute ago.
    #[error("unknown signing key: the token is signed with {}; the OP publishes {}", named(.kid), listed(.published))]
    UnknownSigningKey {
        /// The `kid` in the header.
        kid: Option<String>,
        /// The `kid`s of the OP's signing keys.
        published: Vec<String>,
    },
    /// The signature is not valid.
    #[error("its signature is not valid")]
    Signature,
}

/// Why one of our RSA keys cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RsaKeyError {
    /// The key has only its public half.
    #[error(
        "it has no private part (`d`): is this the published set instead of the private one? If an \
         HSM or a KMS holds the private keys, use `PrivateKeys::external`"
    )]
    PublicOnly,
    /// A required number is missing.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A number is not properly encoded.
    #[error("`{0}` is not a base64url number")]
    NotANumber(&'static str),
    /// The modulus has fewer than 2048 or more than 8192 bits.
    #[error("it has {0} bits, but 2048 to 8192 are needed")]
    Size(i32),
    /// The numbers do not match.
    #[error("its numbers do not match: the key is damaged or a mix of two keys")]
    Inconsistent,
}

fn named(kid: &Option<String>) -> String {
    kid.as_ref().map_or_else(|| "an unnamed key".to_owned(), |kid| format!("the key `{kid}`"))
}

fn listed(kids: &[String]) -> String {
    if kids.is_empty() {
        return "no named keys".to_owned();
    }
    let kids: Vec<_> = kids.iter().map(|kid| format!("`{kid}`")).collect();
    kids.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_named_and_so_are_the_known_ones() {
        let told = |kid: Option<&str>, known: &[&str]| {
            let published = known.iter().map(|&kid| kid.to_owned()).collect();
            JoseError::UnknownSigningKey { kid: kid.map(str::to_owned), published }.to_string()
        };
        let text = told(Some("s3"), &["s1", "s2"]);
        assert!(text.contains("the key `s3`; ") && text.ends_with(" `s1`, `s2`"), "{text}");
        let text = told(None, &[]);
        assert!(text.contains("an unnamed key; ") && text.ends_with(" no named keys"), "{text}");
    }
}
