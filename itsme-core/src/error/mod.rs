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

/// The reason that a flow failed. The variants are ordered by who can act on them.
///
/// Errors contain no token, key, code or personal claim. [`Refused`](Self::Refused) quotes the OP, and
/// [`UnexpectedReply`](Self::UnexpectedReply) quotes a response that does not appear to come from the OP.
#[derive(Clone, Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The user declined, or closed the app. Nothing is wrong; offer the login again.
    #[error("the user declined or cancelled in the itsme app")]
    Cancelled,
    /// The OP returned an OAuth error response, or sent an error to the callback.
    #[error("the OP returned an error: {0}")]
    Refused(Box<Refusal>),

    /// A response from the OP has a valid status but unusable content.
    #[error("the {endpoint} returned an unusable response: {what}")]
    Malformed {
        /// The endpoint that responded.
        endpoint: Endpoint,
        /// What is wrong with the response, without quoting it.
        what: Cow<'static, str>,
    },
    /// A response does not appear to come from the OP: it is a maintenance page or a proxy's error page, or has an
    /// unexpected status.
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
    /// The OP's metadata and keys could not be fetched: the flow that was fetching them for all waiting flows
    /// failed.
    #[error("cannot get the OP's metadata and keys: {cause}")]
    ProviderUnavailable {
        /// The error of the flow that was fetching them.
        cause: Arc<Error>,
    },
    /// The HTTP client got no response. This occurs only as the cause of
    /// [`ProviderUnavailable`](Self::ProviderUnavailable), in flows that waited for another flow's request. A flow
    /// whose own request failed ends with the HTTP client's error instead.
    #[error("no response from the {endpoint}: {failure}")]
    NoResponse {
        /// The endpoint that was called.
        endpoint: Endpoint,
        /// What is known about the failure.
        failure: SendFailure,
    },

    /// The user's picture could not be fetched, or was not accepted.
    #[error("cannot get the picture: {0}")]
    Picture(PictureError),

    /// The callback is malformed or does not belong to this login.
    #[error("the callback does not belong to this login: {0}")]
    Callback(CallbackError),
    /// The user took longer than [`Settings::login_lifetime`](crate::Settings::login_lifetime) or the ticket
    /// allows, or the clock was set back. Start the login again.
    #[error("the login was started too long ago; start it again")]
    LoginExpired,

    /// The settings are invalid.
    #[error("the settings are unusable: {0}")]
    Settings(SettingsError),
    /// The private keys cannot be used.
    #[error("the private keys are unusable: {0}")]
    Keys(KeysError),
    /// The application's request cannot be sent as given.
    #[error("the request cannot be sent: {0}")]
    Request(RequestError),
    /// The polled ticket was issued to a client with a different `client_id` or issuer.
    #[error("the ticket was issued to a different client")]
    ForeignTicket,
    /// The imported [`Provider`](crate::Provider) has a different issuer from the client's.
    #[error("the imported provider snapshot is for a different issuer")]
    ForeignProvider,

    /// A recording cannot be opened.
    #[error("the recording cannot be opened: {0}")]
    Recording(RecordingError),

    /// The key holder's result does not match the published key. Check that the `kid` is mapped to the right
    /// private key, that the right public key is published, and that the digest is not hashed a second time.
    #[error("the key holder's key `{kid}` does not match the published key ({algorithm})")]
    KeyMismatch {
        /// The key's `kid`.
        kid: String,
        /// The algorithm of the requested operation: `RS256`, `RSA-OAEP` or `RSA-OAEP-256`.
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
    /// An OpenSSL operation failed, which never happens on a healthy machine.
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

/// `Display` already includes the text of these causes, so they are not a `source`: an error chain would print them
/// twice.
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
