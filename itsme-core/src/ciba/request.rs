use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    authorization::request::AuthorizationRequest,
    error::RequestError,
    ground::{opaque::opaque, secret::Secret},
    jose,
    settings::{Settings, credentials::Credentials},
};

/// A token for the user who has scanned a QR code. Use it immediately, and only once, to send that user a request. It
/// is not an identifier of the user, so do not store it.
#[derive(Clone, Debug)]
pub struct UserIdentifierToken(pub(crate) Secret);

/// A request that is sent to a user's app without a browser, for
/// [`Client::start_backchannel`](crate::Client::start_backchannel) (CIBA Core §7.1, itsme: CIBA).
///
/// It contains an [`AuthorizationRequest`], which must not use any browser-related options.
///
/// ```
/// use itsme_core::{AuthorizationRequest, BackchannelRequest, FreeText};
///
/// let text = FreeText::new("Pay with this card?");
/// let confirm = AuthorizationRequest::confirm("MY_SERVICE", text);
/// let request = BackchannelRequest::known_user("the sub that is stored with the account", confirm);
/// ```
#[derive(Clone)]
pub struct BackchannelRequest {
    pub(crate) what: AuthorizationRequest,
    pub(crate) hint: Hint,
    pub(crate) requested_expiry: Option<Duration>,
}

#[derive(Clone)]
pub(crate) enum Hint {
    Discovered(UserIdentifierToken),
    Known(String),
}

impl BackchannelRequest {
    /// A request to the user who has scanned a QR code.
    pub fn discovered(who: UserIdentifierToken, what: AuthorizationRequest) -> Self {
        Self { what, hint: Hint::Discovered(who), requested_expiry: None }
    }

    /// A request to the user with this `sub`. A response from a different user is refused.
    pub fn known_user(sub: impl Into<String>, what: AuthorizationRequest) -> Self {
        let sub = sub.into();
        let what = what.known_user(sub.clone());
        Self { what, hint: Hint::Known(sub), requested_expiry: None }
    }

    /// Sets how long the user may take to respond, in whole seconds. Default: as long as the OP allows.
    #[must_use]
    pub fn requested_expiry(self, expiry: Duration) -> Self {
        Self { requested_expiry: Some(expiry), ..self }
    }
}

/// itsme supports requests without a browser only for V2 clients with private keys.
pub(super) fn check_client(settings: &Settings) -> Result<(), RequestError> {
    match settings.keyring.current() {
        Credentials::PrivateKeys(_) if settings.dialect().habits().has_backchannel => Ok(()),
        _ => Err(RequestError::NoBackchannel),
    }
}

impl Hint {
    /// The content of `login_hint_token`, before it is encoded as the settings require.
    pub(super) fn content(&self) -> Value {
        match self {
            Self::Discovered(UserIdentifierToken(token)) => {
                json!({ "type": "user_identifier_token", "value": token.expose() })
            }
            Self::Known(sub) => json!({ "type": "subject_code", "value": sub }),
        }
    }
}

/// An unsigned JWT (RFC 7519 §6).
pub(super) fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| jose::base64url(value.to_string());
    format!("{}.{}.", part(&json!({ "alg": "none" })), part(claims))
}

opaque!(BackchannelRequest);
