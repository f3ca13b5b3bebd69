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

/// Why a flow ended without its result, sorted by who can do something about it.
///
/// No token, key, code or claim about the person is put into any. [`Refused`](Self::Refused) carries the OP's
/// own words, and [`UnexpectedReply`](Self::UnexpectedReply) quotes an answer that is not the OP's.
#[derive(Clone, Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The person said no, or closed the app. Nothing is wrong; offer the login again.
    #[error("the person refused or cancelled in the itsme app")]
    Cancelled,
    /// The OP refused the request, in its own words.
    #[error("the OP refused: {0}")]
    Refused(Box<Refusal>),

    /// An answer of the OP has the right status but not the right content.
    #[error("the {endpoint} gave an unusable answer: {what}")]
    Malformed {
        /// Where the answer came from.
        endpoint: Endpoint,
        /// What is wrong with it, without quoting it.
        what: Cow<'static, str>,
    },
    /// An answer that is none of the OP's: a maintenance page, a proxy's error, a wrong status.
    #[error("{0}")]
    UnexpectedReply(Box<UnexpectedReply>),
    /// The discovery document cannot be trusted or lacks something.
    #[error("the discovery document is unusable: {0}")]
    Metadata(MetadataError),
    /// The ID token failed a check; the login must not be accepted.
    #[error("the ID token was refused: {0}")]
    IdToken(TokenError),
    /// The userinfo answer failed a check; the login must not be accepted.
    #[error("the userinfo answer was refused: {0}")]
    Userinfo(TokenError),
    /// Metadata and keys could not be had: the flow that was fetching them for all failed.
    #[error("the OP's metadata and keys cannot be had: {cause}")]
    ProviderUnavailable {
        /// What the fetching flow failed with.
        cause: Arc<Error>,
    },
    /// The HTTP client got no response. A flow whose own request it was ends with what the HTTP client
    /// said; this is the cause of [`ProviderUnavailable`](Self::ProviderUnavailable) for the others.
    #[error("no response from the {endpoint}: {failure}")]
    NoResponse {
        /// Which address was asked.
        endpoint: Endpoint,
        /// What is known of the request.
        failure: SendFailure,
    },

    /// The picture cannot be had.
    #[error("the picture cannot be had: {0}")]
    Picture(PictureError),

    /// What came back by the browser does not belong to this login.
    #[error("the callback does not belong to this login: {0}")]
    Callback(CallbackError),
    /// The person took longer than [`Settings::login_lifetime`](crate::Settings::login_lifetime), or than a
    /// ticket allows, or the clock was put back. Begin the login again.
    #[error("the login was begun too long ago; begin it again")]
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
    /// A ticket to poll with was given out by a client with another `client_id` or issuer.
    #[error("the ticket was made by another client")]
    ForeignTicket,
    /// A [`Provider`](crate::Provider) to import is of another issuer than the client's.
    #[error("the imported provider snapshot is of another issuer")]
    ForeignProvider,

    /// A recording cannot be opened.
    #[error("the recording cannot be opened: {0}")]
    Recording(RecordingError),

    /// What the key holder has made with a private key of ours is not by the published key of that name. Is
    /// another key's handle behind the `kid`, or another public key published? Was a digest hashed once more?
    #[error("the key holder's key `{kid}` does not match the published one ({algorithm})")]
    KeyMismatch {
        /// The name of the key.
        kid: String,
        /// What was asked of it: `RS256`, `RSA-OAEP` or `RSA-OAEP-256`.
        algorithm: &'static str,
    },
    /// A private key of ours is kept outside, and the flow is driven by somebody who was given no key holder.
    #[error("the key `{kid}` is kept outside, but no key holder was set")]
    NoKeyHolder {
        /// The name of the key.
        kid: String,
    },

    /// No randomness could be had.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// OpenSSL failed at something that works on every healthy machine.
    #[error("OpenSSL failed to {0}")]
    Crypto(&'static str),
}

/// That a [`Platform`](crate::Platform) could not give random bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ThisError)]
#[error("the system gives no random bytes")]
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

/// What `Display` tells already is no `source`, or a chain of causes would tell it twice.
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
