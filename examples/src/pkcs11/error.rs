use std::path::PathBuf;

use cryptoki::{
    context::Function,
    error::{Error as CryptokiError, RvError},
};
use itsme_core::KeysError;
use thiserror::Error;

/// Why a token did not perform an operation. Contains no PIN and no data.
#[derive(Debug, Error)]
#[allow(clippy::exhaustive_enums, reason = "this crate is not published")]
pub enum TokenError {
    /// The module is missing, or is not a PKCS #11 module.
    #[error("the PKCS #11 module {} cannot be loaded", path.display())]
    Module {
        /// The module's file.
        path: PathBuf,
        /// The cause.
        #[source]
        error: CryptokiError,
    },
    /// The module has no token with this label.
    #[error("the PKCS #11 module has no token `{label}`; it has {}", named(found))]
    NoToken {
        /// The label that was looked for.
        label: String,
        /// The labels that exist.
        found: Vec<String>,
    },
    /// Two tokens have the label.
    #[error("the PKCS #11 module has more than one token `{0}`")]
    SameLabel(String),
    /// The token has no such private key.
    #[error("the token has no private RSA key `{0}`")]
    NoKey(String),
    /// The token has the private key, but no public one to publish.
    #[error("the token has no public RSA key `{0}` for the private one")]
    NoPublicKey(String),
    /// Two keys have the label.
    #[error("the token has more than one RSA key `{0}` of the same kind; labels must be unique")]
    SameKeyLabel(String),
    /// `CKA_LABEL` is not text.
    #[error("the token has a private RSA key whose label is empty or is not UTF-8")]
    Unnamed,
    /// The key can both sign and decrypt, or neither.
    #[error("the key `{0}` must have one use: either CKA_SIGN or CKA_DECRYPT, not both")]
    Uses(String),
    /// The module does not reveal the numbers of a public key.
    #[error("the token does not reveal the modulus and exponent of the public key `{0}`")]
    NoNumbers(String),
    /// OpenSSL cannot use the public key.
    #[error("the public key `{0}` cannot be used")]
    PublicKey(String, #[source] openssl::error::ErrorStack),
    /// The keys do not form a key set that a client can use.
    #[error("the keys of the token are unusable: {0}")]
    Keys(#[from] KeysError),
    /// An error of the module.
    #[error(transparent)]
    Pkcs11(#[from] CryptokiError),
}

impl TokenError {
    /// SoftHSM reports a wrong ciphertext as `CKR_GENERAL_ERROR`. From a broken HSM that means
    /// something else, and the flow then fails with a token that does not decrypt; `doctor` tells
    /// the two apart.
    pub(super) fn does_not_decrypt(&self) -> bool {
        use RvError::{EncryptedDataInvalid, EncryptedDataLenRange, GeneralError};
        matches!(
            self,
            Self::Pkcs11(CryptokiError::Pkcs11(
                EncryptedDataInvalid | EncryptedDataLenRange | GeneralError,
                // Errors before that, in `C_DecryptInit`, come before any decryption.
                Function::Decrypt,
            ))
        )
    }

    /// Whether another session and another attempt may help.
    pub(super) fn is_unavailable(&self) -> bool {
        use RvError as Is;
        let Self::Pkcs11(CryptokiError::Pkcs11(code, _)) = self else { return false };
        matches!(
            code,
            Is::CryptokiNotInitialized
                | Is::DeviceError
                | Is::DeviceMemory
                | Is::DeviceRemoved
                | Is::FunctionCanceled
                | Is::HostMemory
                | Is::OperationActive
                | Is::SessionClosed
                | Is::SessionCount
                | Is::SessionHandleInvalid
                | Is::TokenNotPresent
                | Is::UserNotLoggedIn
        )
    }
}

fn named(labels: &[String]) -> String {
    match labels {
        [] => "none".to_owned(),
        _ => labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", "),
    }
}
