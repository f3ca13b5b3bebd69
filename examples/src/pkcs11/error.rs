use std::path::PathBuf;

use cryptoki::{
    context::Function,
    error::{Error as CryptokiError, RvError},
};
use itsme_core::KeysError;
use thiserror::Error;

/// The reason why a token did not perform an operation. Contains no PIN and no data.
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
    #[error("the PKCS #11 module has no token `{label}`; its tokens are: {}", named(found))]
    NoToken {
        /// The label that was looked for.
        label: String,
        /// The labels that exist.
        found: Vec<String>,
    },
    /// More than one token has this label.
    #[error("the PKCS #11 module has more than one token with the label `{0}`")]
    SameLabel(String),
    /// The token has no private key with this label.
    #[error("the token has no private RSA key `{0}`")]
    NoKey(String),
    /// The token has the private key, but no public key to publish.
    #[error("the token has the private RSA key `{0}`, but no public key with this label")]
    NoPublicKey(String),
    /// More than one key has this label.
    #[error("the token has more than one RSA key `{0}` of the same kind; labels must be unique")]
    SameKeyLabel(String),
    /// A key's `CKA_LABEL` is empty or is not text.
    #[error("the token has a private RSA key whose label is empty or is not UTF-8")]
    Unnamed,
    /// The key can both sign and decrypt, or can do neither.
    #[error("the key `{0}` must have exactly one use: either CKA_SIGN or CKA_DECRYPT")]
    Uses(String),
    /// The module does not reveal the modulus and exponent of a public key.
    #[error("the token does not reveal the modulus and exponent of the public key `{0}`")]
    NoNumbers(String),
    /// OpenSSL cannot use the public key.
    #[error("the public key `{0}` cannot be used")]
    PublicKey(String, #[source] openssl::error::ErrorStack),
    /// The keys do not form a set that a client can use.
    #[error("the token's keys are unusable: {0}")]
    Keys(#[from] KeysError),
    /// An error from the module.
    #[error(transparent)]
    Pkcs11(#[from] CryptokiError),
}

impl TokenError {
    /// Whether the ciphertext could not be decrypted. SoftHSM reports this as `CKR_GENERAL_ERROR`.
    /// In a broken HSM the same code means something else, and the flow then fails as if the token
    /// could not be decrypted; `doctor` can distinguish the two.
    pub(super) fn does_not_decrypt(&self) -> bool {
        use RvError::{EncryptedDataInvalid, EncryptedDataLenRange, GeneralError};
        matches!(
            self,
            Self::Pkcs11(CryptokiError::Pkcs11(
                EncryptedDataInvalid | EncryptedDataLenRange | GeneralError,
                // An error in `C_DecryptInit` is reported before anything is decrypted.
                Function::Decrypt,
            ))
        )
    }

    /// Whether another attempt in a new session might succeed.
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
