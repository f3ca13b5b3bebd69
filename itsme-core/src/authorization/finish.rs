use std::sync::Arc;

use super::{
    callback::{Callback, Parameters},
    callback_checks::CallbackAnswer,
    state::LoginState,
};
use crate::{
    client_auth::{
        inner::ClientInner,
        parties::{Parties, Prepared},
    },
    error::Error,
    flow::{
        machine::Context,
        retry::Retry,
        single_request::{Exchange, SingleRequest},
    },
    ground::{check::Subject, time::UnixTime},
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

/// The flow behind [`Client::finish_login`](crate::Client::finish_login). It starts with the callback and returns the
/// logged-in user.
///
/// It fetches metadata and keys before it redeems the code. A code works only once, so after a failure that happens
/// before it is redeemed, the flow can be retried.
pub(crate) type FinishLogin = LogIn<RedeemCode, LoggedIn>;

/// The request that redeems a code (RFC 6749 §4.1.3).
pub(crate) struct RedeemCode {
    login: LoginState,
    callback: Parameters,
}

impl RedeemCode {
    /// Checks the callback as far as possible with the metadata that is available.
    fn check(
        &self,
        client: &ClientInner,
        provider: Option<&Provider>,
        now: Option<UnixTime>,
    ) -> Result<(), Error> {
        let mut answer = CallbackAnswer {
            parameters: &self.callback,
            login: &self.login,
            identity: &client.identity,
            settings: &client.settings,
            metadata: provider.map(|provider| &provider.metadata),
            now,
        };
        answer.verify()
    }
}

pub(crate) fn finish_login(
    client: &Arc<ClientInner>,
    login: LoginState,
    callback: Callback,
) -> FinishLogin {
    let redeem = RedeemCode { login, callback: callback.parameters() };
    LogIn::new(SingleRequest::new(client, redeem), |who| who)
}

impl Exchange for RedeemCode {
    const RETRY: Retry = Retry::IfNotSent;
    type Output = Granted<LoggedIn>;

    fn begin(&self, client: &ClientInner, now: UnixTime) -> Result<Option<Self::Output>, Error> {
        self.check(client, client.provider.cache.peek().as_deref(), Some(now))?;
        Ok(None)
    }

    fn prepare(
        &mut self,
        parties: &Parties,
        made: &[String],
        cx: &mut Context<'_>,
    ) -> Result<Prepared, Error> {
        // The metadata may have been fetched since the first check.
        self.check(&parties.client, Some(&parties.provider), None)?;
        let grant = [
            ("grant_type", "authorization_code"),
            ("code", self.callback.get("code").unwrap_or_default()),
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
