use std::path::PathBuf;

use cryptoki::{
    context::Function,
    error::{Error as CryptokiError, RvError},
};
use itsme_core::KeysError;
use thiserror::Error;

/// Why a token has not done what it was asked. No PIN and no data is in it.
#[derive(Debug, Error)]
#[allow(clippy::exhaustive_enums, reason = "this crate is not published")]
pub enum TokenError {
    /// The module is not there, or is no PKCS #11 module.
    #[error("the PKCS #11 module {} cannot be loaded", path.display())]
    Module {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: CryptokiError,
    },
    /// The module has no such token.
    #[error("the PKCS #11 module has no token `{label}`; it has {}", named(found))]
    NoToken {
        /// What was looked for.
        label: String,
        /// The labels that there are.
        found: Vec<String>,
    },
    /// Two tokens have the label.
    #[error("the PKCS #11 module has more than one token `{0}`")]
    SameLabel(String),
    /// The token has no such private key.
    #[error("the token has no private RSA key `{0}`")]
    NoKey(String),
    /// The token has the private key, and no public one to publish.
    #[error("the token has no public RSA key `{0}` beside the private one")]
    NoPublicKey(String),
    /// Two keys have the label.
    #[error("the token has more than one RSA key `{0}` of one kind; a label is a key's handle")]
    SameKeyLabel(String),
    /// `CKA_LABEL` is no text.
    #[error("the token has a private RSA key whose label is empty or is not UTF-8")]
    Unnamed,
    /// It can both sign and decrypt, or neither.
    #[error("the key `{0}` must have one use: either CKA_SIGN or CKA_DECRYPT, not both")]
    Uses(String),
    /// The module does not tell the numbers of a public key.
    #[error("the token does not tell modulus and exponent of the public key `{0}`")]
    NoNumbers(String),
    /// OpenSSL cannot use the public key.
    #[error("the public key `{0}` cannot be used")]
    PublicKey(String, #[source] openssl::error::ErrorStack),
    /// They do not make a key set that a client can use.
    #[error("the keys of the token are unusable: {0}")]
    Keys(#[from] KeysError),
    /// What the module says.
    #[error(transparent)]
    Pkcs11(#[from] CryptokiError),
}

impl TokenError {
    /// SoftHSM calls a wrong ciphertext `CKR_GENERAL_ERROR`. From a broken HSM this means something else, and
    /// the flow then ends with a token that cannot be read; `doctor` tells the two apart.
    pub(super) fn does_not_decrypt(&self) -> bool {
        use RvError::{EncryptedDataInvalid, EncryptedDataLenRange, GeneralError};
        matches!(
            self,
            Self::Pkcs11(CryptokiError::Pkcs11(
                EncryptedDataInvalid | EncryptedDataLenRange | GeneralError,
                // Before it, in `C_DecryptInit`, nothing was decrypted yet.
                Function::Decrypt,
            ))
        )
    }

    /// It is worth another session, and another try.
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
