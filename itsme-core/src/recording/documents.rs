use std::sync::Arc;

use http::StatusCode;
use zeroize::Zeroizing;

use super::input::{Input, RecordedStage};
use crate::{
    authorization::{callback::Callback, state::LoginState},
    ciba::CibaTicket,
    explain::{Explainer, Explanation},
    flow::recorded_answer::RecordedAnswer,
    ground::time::UnixTime,
    http::{Response, endpoint::Endpoint, response},
    provider::Provider,
    settings::Settings,
    tokens::{response::TokenResponse, userinfo},
};

/// Explains the documents that a flow received, using what the flow knew.
pub(super) struct Documents<'a> {
    pub(super) settings: &'a Settings,
    pub(super) provider: Option<Arc<Provider>>,
    pub(super) asked: Option<&'a Asked>,
    /// The result of using external keys to decrypt the encrypted key in the document, if they were asked and
    /// responded.
    pub(super) unwrapped: Option<Vec<Zeroizing<Vec<u8>>>>,
    /// The `sub` of the ID token, for the userinfo response that follows.
    sub: Option<String>,
}

/// The request that a token must match.
pub(super) enum Asked {
    Login(Box<LoginState>, Callback),
    Ticket(CibaTicket),
}

impl Asked {
    pub(super) fn by(input: Input) -> Option<Self> {
        match input {
            Input::FinishLogin { login, callback } => {
                Some(Self::Login(Box::new(login), Callback(callback)))
            }
            Input::NextQrStep(RecordedStage::Asked(ticket)) | Input::PollBackchannel(ticket) => {
                Some(Self::Ticket(ticket))
            }
            _ => None,
        }
    }
}

impl<'a> Documents<'a> {
    pub(super) fn new(
        settings: &'a Settings,
        provider: Option<Arc<Provider>>,
        asked: Option<&'a Asked>,
    ) -> Self {
        Self { settings, provider, asked, unwrapped: None, sub: None }
    }

    fn explainer(&self, now: UnixTime) -> Explainer<'_> {
        let explainer = Explainer::new(self.settings, now).unwrapped(self.unwrapped.as_deref());
        let explainer = match &self.provider {
            Some(provider) => explainer.provider(provider),
            None => explainer,
        };
        match self.asked {
            Some(Asked::Login(login, _)) => explainer.login(login),
            Some(Asked::Ticket(ticket)) => explainer.ticket(ticket),
            None => explainer,
        }
    }

    /// Explains the callback.
    pub(super) fn callback(&self, now: UnixTime) -> Option<Explanation> {
        let Some(Asked::Login(_, callback)) = self.asked else { return None };
        Some(self.explainer(now).callback(callback.clone()))
    }

    /// Explains what is in a response, if it is not an error.
    pub(super) fn of(
        &mut self,
        endpoint: Endpoint,
        answer: &RecordedAnswer,
        now: UnixTime,
    ) -> Vec<Explanation> {
        let answer = answer.response().filter(|answer| answer.status() == StatusCode::OK);
        let Some(answer) = answer else { return Vec::new() };
        // In a key set, an `error` member would mean nothing.
        let refused = response::refusal(endpoint, &answer).ok().flatten();
        if refused.is_some() && endpoint != Endpoint::KeySet {
            return Vec::new();
        }
        match endpoint {
            Endpoint::Discovery => self.explainer(now).metadata(answer.body()).unwrap_or_default(),
            Endpoint::KeySet => self.explainer(now).key_set(answer.body()),
            Endpoint::Token => self.token_answer(answer, now),
            Endpoint::Userinfo => self.userinfo(answer, now),
            _ => Vec::new(),
        }
    }

    fn token_answer(&mut self, answer: Response, now: UnixTime) -> Vec<Explanation> {
        let explainer = self.explainer(now);
        let mut explained: Vec<Explanation> =
            explainer.token_answer(answer.body()).into_iter().collect();
        let Ok(TokenResponse { access_token, id_token, .. }) = TokenResponse::read(answer) else {
            return explained;
        };
        let explainer = explainer.access_token(access_token.expose());
        let claims = explainer.layers(id_token.expose(), &mut explained);
        explained.extend(claims.iter().map(|claims| explainer.id_token(claims)));
        self.sub = claims.and_then(|claims| Some(claims.get("sub")?.as_str()?.to_owned()));
        explained
    }

    fn userinfo(&self, answer: Response, now: UnixTime) -> Vec<Explanation> {
        let explainer = self.explainer(now);
        let mut explained = Vec::new();
        let Ok(token) = userinfo::token(answer) else { return explained };
        let claims = explainer.layers(token.expose(), &mut explained);
        let sub = self.sub.as_deref();
        explained.extend(claims.iter().map(|claims| explainer.userinfo(claims, sub)));
        explained
    }
}
