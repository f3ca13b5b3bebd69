use super::{CallbackError, Error, ErrorCode};

/// What to tell the user after a failed login, and whether to alert anyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "an application needs a message for each")]
pub enum Advice {
    /// The user declined: offer the login again. Count it, but don't log it as an error.
    Cancelled,
    /// The login has already finished, has expired, or belongs to a different browser: offer to start again.
    /// Nothing is broken.
    StartOver,
    /// itsme or the network in between is having problems: ask the user to try again in a few minutes. Log a
    /// warning.
    TryLater,
    /// Something must be fixed on your side, and trying again won't help the user: log an error, and page
    /// someone.
    OurFault,
}

impl Error {
    /// What to tell the user, and whether to alert anyone. If only the picture could not be fetched, continue
    /// the login without it.
    pub fn advice(&self) -> Advice {
        match self {
            Self::Cancelled => Advice::Cancelled,
            Self::Callback(CallbackError::ForeignClient) => Advice::OurFault,
            Self::Callback(_) | Self::LoginExpired => Advice::StartOver,
            Self::Malformed { .. }
            | Self::Metadata(_)
            | Self::NoResponse { .. }
            | Self::Picture(_)
            | Self::ProviderUnavailable { .. }
            | Self::UnexpectedReply(_) => Advice::TryLater,
            Self::Refused(refusal) => of(&refusal.code),
            Self::Crypto(_)
            | Self::Entropy(_)
            | Self::ForeignProvider
            | Self::ForeignTicket
            | Self::IdToken(_)
            | Self::KeyMismatch { .. }
            | Self::Keys(_)
            | Self::NoKeyHolder { .. }
            | Self::Recording(_)
            | Self::Request(_)
            | Self::Settings(_)
            | Self::Userinfo(_) => Advice::OurFault,
        }
    }
}

fn of(code: &ErrorCode) -> Advice {
    match code {
        ErrorCode::AccessDenied => Advice::Cancelled,
        ErrorCode::ExpiredLoginHintToken
        | ErrorCode::ExpiredToken
        | ErrorCode::InvalidGrant
        | ErrorCode::InvalidToken => Advice::StartOver,
        ErrorCode::AuthorizationPending
        | ErrorCode::ServerError
        | ErrorCode::SlowDown
        | ErrorCode::TemporarilyUnavailable => Advice::TryLater,
        _ => Advice::OurFault,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{
        Advice::{Cancelled, OurFault, StartOver, TryLater},
        *,
    };
    use crate::{
        error::{
            EntropyError, KeysError, MetadataError, PictureError, RecordingError, Refusal,
            RequestError, SettingsError, TokenError, UnexpectedReply, oauth::KNOWN_CODES,
        },
        flow::{
            attempt::{Attempt, SendFailure},
            drive::DriveError,
        },
        http::endpoint::Endpoint,
    };

    fn refused(code: &str) -> Error {
        let refusal = Refusal::read(None, |member| (member == "error").then_some(code));
        refusal.expect("there is a code").into()
    }

    /// The variant's position in the test's table. A new variant does not compile until it is listed here.
    fn place(error: &Error) -> usize {
        match error {
            Error::Cancelled => 0,
            Error::Refused(_) => 1,
            Error::Malformed { .. } => 2,
            Error::UnexpectedReply(_) => 3,
            Error::Metadata(_) => 4,
            Error::IdToken(_) => 5,
            Error::Userinfo(_) => 6,
            Error::ProviderUnavailable { .. } => 7,
            Error::NoResponse { .. } => 8,
            Error::Picture(_) => 9,
            Error::Callback(_) => 10,
            Error::LoginExpired => 11,
            Error::Settings(_) => 12,
            Error::Keys(_) => 13,
            Error::Request(_) => 14,
            Error::ForeignTicket => 15,
            Error::ForeignProvider => 16,
            Error::Entropy(_) => 17,
            Error::KeyMismatch { .. } => 18,
            Error::NoKeyHolder { .. } => 19,
            Error::Crypto(_) => 20,
            Error::Recording(_) => 21,
        }
    }

    #[test]
    fn every_error_has_its_advice() {
        let endpoint = Endpoint::Token;
        let page = UnexpectedReply::new(endpoint, &http::Response::new(Vec::new()));
        let table = [
            (Error::Cancelled, Cancelled),
            (refused("invalid_scope"), OurFault),
            (Error::malformed(endpoint, "x"), TryLater),
            (Error::UnexpectedReply(Box::new(page)), TryLater),
            (MetadataError::Missing("issuer").into(), TryLater),
            (Error::IdToken(TokenError::Nonce), OurFault),
            (Error::Userinfo(TokenError::Subject), OurFault),
            (Error::ProviderUnavailable { cause: Arc::new(Error::LoginExpired) }, TryLater),
            (Error::NoResponse { endpoint, failure: SendFailure::Lost }, TryLater),
            (PictureError::Missing.into(), TryLater),
            (CallbackError::MissingState.into(), StartOver),
            (Error::LoginExpired, StartOver),
            (SettingsError::EmptyClientId.into(), OurFault),
            (KeysError::Empty.into(), OurFault),
            (RequestError::EmptyServiceCode.into(), OurFault),
            (Error::ForeignTicket, OurFault),
            (Error::ForeignProvider, OurFault),
            (EntropyError.into(), OurFault),
            (Error::KeyMismatch { kid: "a".to_owned(), algorithm: "RS256" }, OurFault),
            (Error::NoKeyHolder { kid: "a".to_owned() }, OurFault),
            (Error::Crypto("sign"), OurFault),
            (RecordingError::Malformed.into(), OurFault),
        ];
        for (at, (error, advice)) in table.into_iter().enumerate() {
            assert_eq!((place(&error), error.advice()), (at, advice), "{error}");
            let shown = format!("{error:?}");
            let name = shown.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            // The guide does not list errors that occur when no user is waiting, or whose advice depends on details.
            if !["Keys", "NoResponse", "Recording", "Refused", "Settings"].contains(&name) {
                assert_eq!(in_the_guide(name), Some(advice), "{name} in the guide");
            }
            assert_eq!(DriveError::<Error>::Flow(error).advice(), advice);
        }
        assert_eq!(Error::from(CallbackError::ForeignClient).advice(), OurFault);
        assert_eq!(in_the_guide("ForeignClient"), Some(OurFault), "in the guide");
        let attempt = Attempt::at(endpoint);
        assert_eq!(DriveError::Transport { attempt, source: "broken" }.advice(), TryLater);
    }

    /// The advice that the guide's table gives for an error or an error code.
    fn in_the_guide(name: &str) -> Option<Advice> {
        let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/errors.md");
        let guide = std::fs::read_to_string(guide).expect("the chapter");
        let named = format!("`{name}`");
        let mut rows = guide.lines().filter(|line| line.starts_with('|'));
        let row = rows.find(|row| row.split('|').nth(1).is_some_and(|it| it.contains(&named)))?;
        let shown = row.split('|').nth(4)?.trim().to_owned();
        let texts = [
            ("cancelled", Cancelled),
            ("begin again", StartOver),
            ("later", TryLater),
            ("our fault", OurFault),
        ];
        texts.into_iter().find(|(text, _)| shown.starts_with(text)).map(|(_, advice)| advice)
    }

    #[test]
    fn every_code_has_its_advice() {
        let known = [
            ("access_denied", Cancelled),
            ("authorization_pending", TryLater),
            ("expired_login_hint_token", StartOver),
            ("expired_token", StartOver),
            ("interaction_required", OurFault),
            ("invalid_client", OurFault),
            ("invalid_client_id", OurFault),
            ("invalid_grant", StartOver),
            ("invalid_redirect_uri", OurFault),
            ("invalid_request", OurFault),
            ("invalid_request_object", OurFault),
            ("invalid_request_uri", OurFault),
            ("invalid_scope", OurFault),
            ("invalid_token", StartOver),
            ("login_required", OurFault),
            ("not_implemented", OurFault),
            ("registration_not_supported", OurFault),
            ("request_not_supported", OurFault),
            ("request_uri_not_supported", OurFault),
            ("server_error", TryLater),
            ("slow_down", TryLater),
            ("temporarily_unavailable", TryLater),
            ("unauthorized_client", OurFault),
            ("unknown_user_id", OurFault),
            ("unsupported_display", OurFault),
            ("unsupported_grant_type", OurFault),
            ("unsupported_request", OurFault),
            ("unsupported_response_type", OurFault),
            ("unsupported_token_type", OurFault),
        ];
        assert_eq!(known.map(|(code, _)| code).as_slice(), KNOWN_CODES);
        for (code, advice) in known
            .into_iter()
            .chain([("temporary_unavailable", TryLater), ("something_else", OurFault)])
        {
            assert_eq!(refused(code).advice(), advice, "{code}");
            let in_the_guide = in_the_guide(code).unwrap_or(OurFault);
            assert_eq!(in_the_guide, advice, "{code} in the guide");
        }
    }
}
