use std::sync::Arc;

use super::{
    callback::{Answer, Callback, Outcome},
    state::LoginState,
};
use crate::{
    client_auth::{
        inner::ClientInner,
        parties::{Parties, Prepared},
    },
    error::{CallbackError, Error, ErrorCode},
    flow::{
        machine::Context,
        retry::Retry,
        single_request::{Exchange, SingleRequest},
    },
    ground::{secret::Secret, time::UnixTime},
    http::Response,
    provider::Provider,
    tokens::{
        id_token::Binding,
        log_in::{Granted, LogIn},
        logged_in::LoggedIn,
        response::{TokenResponse, token_request},
        verify::VerifyTokens,
    },
};

/// The flow behind [`Client::finish_login`](crate::Client::finish_login): from the callback to the
/// person.
///
/// Metadata and keys are fetched before the code is redeemed, because a code works once: what
/// fails before that can be tried again.
pub(crate) type FinishLogin = LogIn<RedeemCode, LoggedIn>;

/// The request that redeems a code (RFC 6749 §4.1.3).
pub(crate) struct RedeemCode {
    login: LoginState,
    answer: Answer,
}

impl RedeemCode {
    /// Reads the callback as the answer to this login.
    fn new(client: &ClientInner, login: LoginState, callback: Callback) -> Result<Self, Error> {
        if login.client != client.identity {
            return Err(CallbackError::ForeignClient.into());
        }
        let answer = callback.read(login.id())?;
        // Once the metadata is there, it is held against its issuer.
        let accepts = |iss: &str| client.settings.environment.accepts(iss);
        if answer.iss.as_deref().is_some_and(|iss| !accepts(iss)) {
            return Err(CallbackError::ForeignIssuer.into());
        }
        Ok(Self { login, answer })
    }

    /// The code that came back, or the reason why there is none.
    fn code(&self) -> Result<&Secret, Error> {
        match &self.answer.outcome {
            Outcome::Code(code) => Ok(code),
            // The person's own choice is not an error of anybody.
            Outcome::Refusal(refusal) if refusal.code == ErrorCode::AccessDenied => {
                Err(Error::Cancelled)
            }
            Outcome::Refusal(refusal) => Err(refusal.clone().into()),
        }
    }

    /// RFC 9207 §2.4.
    fn check_issuer(&self, provider: &Provider) -> Result<(), CallbackError> {
        match self.answer.iss.as_deref() {
            Some(iss) if iss != provider.metadata.issuer => Err(CallbackError::ForeignIssuer),
            None if provider.metadata.authorization_response_iss_parameter_supported => {
                Err(CallbackError::MissingIssuer)
            }
            _ => Ok(()),
        }
    }
}

pub(crate) fn finish_login(
    client: &Arc<ClientInner>,
    login: LoginState,
    callback: Callback,
) -> Result<FinishLogin, Error> {
    let redeem = RedeemCode::new(client, login, callback)?;
    Ok(LogIn::new(SingleRequest::new(client, redeem), |who| who))
}

impl Exchange for RedeemCode {
    const RETRY: Retry = Retry::IfNotSent;
    type Output = Granted<LoggedIn>;

    fn begin(&self, client: &ClientInner, now: UnixTime) -> Result<Option<Self::Output>, Error> {
        if let Some(known) = client.provider.cache.peek() {
            self.check_issuer(&known)?;
        }
        self.code()?;
        let settings = &client.settings;
        if self.login.is_expired(now, settings.login_lifetime, settings.clock_leeway) {
            return Err(Error::LoginExpired);
        }
        Ok(None)
    }

    fn prepare(
        &mut self,
        parties: &Parties,
        made: &[String],
        cx: &mut Context<'_>,
    ) -> Result<Prepared, Error> {
        self.check_issuer(&parties.provider)?;
        let grant = [
            ("grant_type", "authorization_code"),
            ("code", self.code()?.expose()),
            ("redirect_uri", self.login.redirect_uri.as_str()),
            ("code_verifier", self.login.code_verifier.0.expose()),
        ];
        token_request(parties, &grant, made, cx)
    }

    fn read(
        self,
        response: Response,
        parties: Parties,
        _: UnixTime,
    ) -> Result<Self::Output, Error> {
        let tokens = TokenResponse::read(response)?;
        let LoginState { nonce, requested, .. } = self.login;
        let asked = (Binding::Nonce(nonce.0), requested);
        Ok(Granted::Tokens(VerifyTokens::new(parties, asked, tokens)))
    }
}
