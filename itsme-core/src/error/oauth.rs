use std::fmt;

use crate::ground::{
    json::Members,
    text::{printable, without_secrets},
};

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal $(| $alias:literal)?,)*) => {
        /// The OP's error code (RFC 6749 §4.1.2.1 and §5.2, OIDC Core §3.1.2.6, CIBA Core §11 and §13,
        /// itsme: error codes). Unlisted codes are kept as text.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
            /// Any other code, as received.
            Other(String),
        }

        impl ErrorCode {
            /// The code as written on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other(text) => text,
                }
            }
        }

        #[cfg(test)]
        pub(super) const KNOWN_CODES: &[&str] = &[$($text),*];

        impl From<&str> for ErrorCode {
            fn from(text: &str) -> Self {
                match text {
                    $($text $(| $alias)? => Self::$name,)*
                    _ => Self::Other(printable(text)),
                }
            }
        }
    };
}

error_codes! {
    /// `access_denied`: the user declined, or is not allowed to log in.
    AccessDenied = "access_denied",
    /// `authorization_pending`: the user has not responded yet.
    AuthorizationPending = "authorization_pending",
    /// `expired_login_hint_token`.
    ExpiredLoginHintToken = "expired_login_hint_token",
    /// `expired_token`: the user did not respond in time.
    ExpiredToken = "expired_token",
    /// `interaction_required`.
    InteractionRequired = "interaction_required",
    /// `invalid_client`: the client's authentication failed.
    InvalidClient = "invalid_client",
    /// `invalid_client_id`.
    InvalidClientId = "invalid_client_id",
    /// `invalid_grant`: the code or ticket is unknown, already used or expired, or belongs to a different
    /// request.
    InvalidGrant = "invalid_grant",
    /// `invalid_redirect_uri`.
    InvalidRedirectUri = "invalid_redirect_uri",
    /// `invalid_request`.
    InvalidRequest = "invalid_request",
    /// `invalid_request_object`.
    InvalidRequestObject = "invalid_request_object",
    /// `invalid_request_uri`.
    InvalidRequestUri = "invalid_request_uri",
    /// `invalid_scope`.
    InvalidScope = "invalid_scope",
    /// `invalid_token`: the access token is not valid, or is no longer valid.
    InvalidToken = "invalid_token",
    /// `login_required`.
    LoginRequired = "login_required",
    /// `not_implemented`.
    NotImplemented = "not_implemented",
    /// `registration_not_supported`.
    RegistrationNotSupported = "registration_not_supported",
    /// `request_not_supported`.
    RequestNotSupported = "request_not_supported",
    /// `request_uri_not_supported`.
    RequestUriNotSupported = "request_uri_not_supported",
    /// `server_error`.
    ServerError = "server_error",
    /// `slow_down`: the client polled too often.
    SlowDown = "slow_down",
    /// `temporarily_unavailable`; itsme also spells it `temporary_unavailable`.
    TemporarilyUnavailable = "temporarily_unavailable" | "temporary_unavailable",
    /// `unauthorized_client`; itsme also sends it for a bad client assertion.
    UnauthorizedClient = "unauthorized_client",
    /// `unknown_user_id`.
    UnknownUserId = "unknown_user_id",
    /// `unsupported_display`.
    UnsupportedDisplay = "unsupported_display",
    /// `unsupported_grant_type`.
    UnsupportedGrantType = "unsupported_grant_type",
    /// `unsupported_request`.
    UnsupportedRequest = "unsupported_request",
    /// `unsupported_response_type`.
    UnsupportedResponseType = "unsupported_response_type",
    /// `unsupported_token_type`.
    UnsupportedTokenType = "unsupported_token_type",
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error response from the OP. itsme support asks for its `uid`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// `error`.
    pub code: ErrorCode,
    /// `error_description`, or itsme's `detail`: for developers, not for the user.
    pub description: Option<String>,
    /// The HTTP status; `None` if the error came through the browser.
    pub status: Option<u16>,
    /// `error_uri`: the URL of a page about the error.
    pub uri: Option<String>,
    /// `uid`: itsme's identifier for the incident.
    pub uid: Option<String>,
}

impl Refusal {
    /// Reads the members of an error response or callback. `None` if there is no `error`.
    pub(crate) fn read<'a>(
        status: Option<u16>,
        member: impl Fn(&'static str) -> Option<&'a str>,
    ) -> Option<Self> {
        let text = |name| member(name).filter(|text| !text.is_empty()).map(printable);
        Some(Self {
            code: member("error")?.into(),
            description: text("error_description").or_else(|| text("detail")).map(without_secrets),
            status,
            uri: text("error_uri"),
            uid: text("uid"),
        })
    }

    /// Reads a JSON error response. An empty `error` is treated as missing.
    pub(crate) fn from_json(status: u16, members: &Members) -> Option<Self> {
        let text = |name| members.get(name)?.as_str().filter(|text| !text.is_empty());
        Self::read(Some(status), text)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(status) = self.status {
            write!(f, " (status {status})")?;
        }
        if let Some(description) = &self.description {
            write!(f, ": {description}")?;
        }
        if let Some(uid) = &self.uid {
            write!(f, " [uid {uid}]")?;
        }
        // Some OPs return these codes if the two clocks differ by as little as ten seconds.
        if matches!(self.code, ErrorCode::InvalidClient | ErrorCode::UnauthorizedClient) {
            f.write_str(
                "; check that the OP has this client's current keys or secret, and that the local clock is right",
            )?;
        }
        Ok(())
    }
}
