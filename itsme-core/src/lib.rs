//! draft

/// A request to send.
pub type Request = http::Request<Vec<u8>>;
/// A response that was received, whatever its status.
pub type Response = http::Response<Vec<u8>>;

mod client;
pub use client::Client;
mod settings;
pub use settings::Settings;
mod environment;
pub use environment::Environment;
mod client_assertion;
pub use client_assertion::ClientAssertion;
mod keys;
pub use keys::{KeyFault, KeysError, PrivateKeys};

mod authorization_request;
pub use authorization_request::{AuthorizationRequest, Login, Prompt, UiLocale, service};
mod claims;
pub use claims::{Claim, ClaimRequest, Scope};
mod acr;
pub use acr::Acr;
mod authorize;
pub use authorize::{Authorize, Redirect};
mod login_state;
pub use login_state::LoginState;

mod callback;
pub use callback::Callback;
mod login;
pub use login::FinishLogin;
mod logged_in;
pub use logged_in::{Evidence, LoggedIn};
mod user;
pub use user::{Address, User};

mod discovery;
pub use discovery::FetchProvider;
mod provider;
pub use provider::Provider;

mod flow;
pub use flow::{Failure, Flow, Paused, Pending, Step};
mod drive;
pub use drive::{DriveError, drive, drive_async};
mod env;
pub use env::Env;
#[cfg(feature = "system")]
pub use env::SystemEnv;
mod limits;
pub use limits::{MAX_RESPONSE_BYTES, Timeouts};

mod error;
pub use error::{
    CallbackError, Endpoint, EntropyError, Error, MetadataError, RequestError, SettingsError,
    TokenError, UnexpectedReply, UrlFault,
};
mod oauth_error;
pub use oauth_error::{ErrorCode, Refusal};
mod secret;
pub use secret::Secret;
mod time;
pub use time::UnixTime;

/// For this project's own fuzz targets, benches and vector tests. Outside semver.
#[cfg(feature = "unstable-internals")]
#[doc(hidden)]
pub mod internals;

mod asked;
mod cache;
mod id_token;
mod identify;
mod jose;
mod json;
mod metadata;
mod relying_party;
mod reply;
mod token;
mod token_claims;
mod url_rules;
mod userinfo;
mod version;
