use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    authorization::request::AuthorizationRequest,
    error::RequestError,
    ground::{opaque::opaque, secret::Secret},
    jose,
    settings::{Settings, credentials::Credentials},
};

/// The person who scanned a QR code: use it once, soon, to ask them. It does not identify a person;
/// do not store it.
#[derive(Clone, Debug)]
pub struct UserIdentifierToken(pub(crate) Secret);

/// A person to ask without a browser, and what to ask, passed to
/// [`Client::start_backchannel`](crate::Client::start_backchannel) (CIBA Core §7.1, itsme: CIBA).
///
/// Any [`AuthorizationRequest`] can be used, except for its browser-related options.
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
    /// Asks the person who has scanned a QR code.
    pub fn discovered(who: UserIdentifierToken, what: AuthorizationRequest) -> Self {
        Self { what, hint: Hint::Discovered(who), requested_expiry: None }
    }

    /// Asks only the person with this `sub`: an answer from anyone else is refused.
    pub fn known_user(sub: impl Into<String>, what: AuthorizationRequest) -> Self {
        let sub = sub.into();
        let what = what.known_user(sub.clone());
        Self { what, hint: Hint::Known(sub), requested_expiry: None }
    }

    /// How long the person may take, in whole seconds. Default: as long as the OP allows.
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
    /// The content of `login_hint_token`, whatever its form.
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
