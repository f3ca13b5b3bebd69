use std::{borrow::Cow, sync::Arc};

use thiserror::Error as ThisError;

mod advice;
mod callback;
mod confirm;
mod endpoint;
mod evidence;
mod key_file;
mod keys;
pub(crate) mod oauth;
mod picture;
mod recording;
mod request;
mod token;

pub use self::{
    advice::Advice,
    callback::CallbackError,
    confirm::{FreeTextError, PaymentError},
    endpoint::{MetadataError, UnexpectedReply},
    evidence::EvidenceError,
    key_file::KeyFileForm,
    keys::{KeyError, KeysError, PassedOver},
    oauth::{ErrorCode, Refusal},
    picture::PictureError,
    recording::RecordingError,
    request::{RequestError, SettingsError, UrlError},
    token::TokenError,
};
use crate::{flow::attempt::SendFailure, http::endpoint::Endpoint};

/// Why a flow ended without its result, ordered by who can act.
///
/// Errors contain no token, key, code or personal claim. [`Refused`](Self::Refused) quotes the OP, and
/// [`UnexpectedReply`](Self::UnexpectedReply) quotes a response that is not the OP's.
#[derive(Clone, Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The person declined, or closed the app. Nothing is wrong; offer the login again.
    #[error("the person declined or cancelled in the itsme app")]
    Cancelled,
    /// The OP refused the request, in its own words.
    #[error("the OP returned an error: {0}")]
    Refused(Box<Refusal>),

    /// A response of the OP has the right status but not the right content.
    #[error("the {endpoint} gave an unusable response: {what}")]
    Malformed {
        /// The endpoint that responded.
        endpoint: Endpoint,
        /// What is wrong with the response, without quoting it.
        what: Cow<'static, str>,
    },
    /// A response that is not the OP's: a maintenance page, a proxy's error, a wrong status.
    #[error("{0}")]
    UnexpectedReply(Box<UnexpectedReply>),
    /// The discovery document cannot be trusted or lacks a required member.
    #[error("the discovery document is unusable: {0}")]
    Metadata(MetadataError),
    /// The ID token failed a check; do not accept the login.
    #[error("the ID token failed verification: {0}")]
    IdToken(TokenError),
    /// The userinfo response failed a check; do not accept the login.
    #[error("the userinfo response failed verification: {0}")]
    Userinfo(TokenError),
    /// Metadata and keys could not be fetched: the flow that was fetching them for everyone failed.
    #[error("cannot get the OP's metadata and keys: {cause}")]
    ProviderUnavailable {
        /// The error of the flow that was fetching.
        cause: Arc<Error>,
    },
    /// The HTTP client got no response. A flow whose own request failed ends with the HTTP client's error
    /// instead; this is the cause of [`ProviderUnavailable`](Self::ProviderUnavailable) for the others.
    #[error("no response from the {endpoint}: {failure}")]
    NoResponse {
        /// The endpoint that was called.
        endpoint: Endpoint,
        /// What is known about the request.
        failure: SendFailure,
    },

    /// The picture is unavailable.
    #[error("cannot get the picture: {0}")]
    Picture(PictureError),

    /// The callback does not belong to this login.
    #[error("the callback does not belong to this login: {0}")]
    Callback(CallbackError),
    /// The person took longer than [`Settings::login_lifetime`](crate::Settings::login_lifetime) or a ticket
    /// allows, or the clock was set back. Start the login again.
    #[error("the login was started too long ago; start it again")]
    LoginExpired,

    /// The settings cannot work.
    #[error("the settings are unusable: {0}")]
    Settings(SettingsError),
    /// The private key file cannot be used.
    #[error("the private keys are unusable: {0}")]
    Keys(KeysError),
    /// The application asked for something that cannot be sent.
    #[error("the request cannot be sent: {0}")]
    Request(RequestError),
    /// The polled ticket was issued to a client with another `client_id` or issuer.
    #[error("the ticket was issued to another client")]
    ForeignTicket,
    /// The imported [`Provider`](crate::Provider) has another issuer than the client.
    #[error("the imported provider snapshot is for another issuer")]
    ForeignProvider,

    /// A recording cannot be opened.
    #[error("the recording cannot be opened: {0}")]
    Recording(RecordingError),

    /// The key holder's result does not match the published key. Is another key's handle behind the `kid`, or
    /// another public key published? Was a digest hashed twice?
    #[error("the key holder's key `{kid}` does not match the published key ({algorithm})")]
    KeyMismatch {
        /// The key's `kid`.
        kid: String,
        /// The requested operation: `RS256`, `RSA-OAEP` or `RSA-OAEP-256`.
        algorithm: &'static str,
    },
    /// A private key is external, but the flow was driven without a key holder.
    #[error("the key `{kid}` is external, but no key holder was set")]
    NoKeyHolder {
        /// The key's `kid`.
        kid: String,
    },

    /// No random bytes are available.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// OpenSSL failed at something that works on any healthy machine.
    #[error("OpenSSL failed to {0}")]
    Crypto(&'static str),
}

/// A [`Platform`](crate::Platform) could not supply random bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ThisError)]
#[error("the system supplied no random bytes")]
#[allow(clippy::exhaustive_structs)]
pub struct EntropyError;

impl Error {
    pub(crate) fn malformed(endpoint: Endpoint, what: impl Into<Cow<'static, str>>) -> Self {
        Self::Malformed { endpoint, what: what.into() }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

/// A cause whose text `Display` already includes is not a `source`, or an error chain would print it twice.
macro_rules! from {
    ($($variant:ident: $cause:ident,)*) => {
        $(impl From<$cause> for Error {
            fn from(cause: $cause) -> Self { Self::$variant(cause) }
        })*
    };
}

from! {
    Callback: CallbackError,
    Keys: KeysError,
    Metadata: MetadataError,
    Picture: PictureError,
    Recording: RecordingError,
    Request: RequestError,
    Settings: SettingsError,
}
