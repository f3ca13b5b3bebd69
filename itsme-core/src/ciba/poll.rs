use std::sync::Arc;

use super::{
    pace::{retry_after, says_later},
    ticket::{self, CibaTicket},
};
use crate::{
    client_auth::{
        inner::ClientInner,
        parties::{Parties, Prepared},
    },
    error::{Error, ErrorCode},
    flow::{
        machine::Context,
        retry::Retry,
        single_request::{Exchange, SingleRequest},
    },
    ground::time::UnixTime,
    http::Response,
    tokens::{
        id_token::Binding,
        log_in::{Granted, LogIn},
        logged_in::LoggedIn,
        response::{TokenResponse, token_request},
        verify::VerifyTokens,
    },
};

/// The flow behind [`Client::poll_backchannel`](crate::Client::poll_backchannel). It polls once and, if the response
/// contains tokens, verifies them.
pub(crate) type PollBackchannel = LogIn<TokenPoll, Backchannel>;

/// The result of a poll.
#[derive(Debug)]
#[allow(clippy::exhaustive_enums, reason = "a caller must handle every result of a poll")]
pub enum Backchannel {
    /// The user has not responded yet. Poll again with this ticket.
    Pending(CibaTicket),
    /// The user has approved.
    LoggedIn(Box<LoggedIn>),
}

/// The request that polls (CIBA Core §10.1).
pub(crate) struct TokenPoll(CibaTicket);

pub(crate) fn poll_backchannel(client: &Arc<ClientInner>, ticket: CibaTicket) -> PollBackchannel {
    let poll = SingleRequest::new(client, TokenPoll(ticket));
    LogIn::new(poll, |who| Backchannel::LoggedIn(Box::new(who)))
}

fn pending(ticket: CibaTicket) -> Granted<Backchannel> {
    Granted::Pending(Backchannel::Pending(ticket))
}

impl Exchange for TokenPoll {
    const RETRY: Retry = Retry::ByDeadline;
    type Output = Granted<Backchannel>;

    fn begin(&self, client: &ClientInner, now: UnixTime) -> Result<Option<Self::Output>, Error> {
        ticket::check(&self.0.client, &self.0.pace, client, now)?;
        Ok(None)
    }

    fn not_before(&self) -> UnixTime {
        self.0.pace.not_before()
    }

    fn prepare(
        &mut self,
        parties: &Parties,
        made: &[String],
        cx: &mut Context<'_>,
    ) -> Result<Prepared, Error> {
        let grant = [
            ("grant_type", "urn:openid:params:grant-type:ciba"),
            ("auth_req_id", self.0.auth_req_id()),
        ];
        token_request(parties, &grant, made, cx)
    }

    fn read(
        self,
        response: Response,
        parties: Parties,
        now: UnixTime,
    ) -> Result<Self::Output, Error> {
        let Self(mut ticket) = self;
        let (pause, status) = (retry_after(response.headers()), response.status());
        let error = match TokenResponse::read(response) {
            Ok(tokens) => {
                let asked = (Binding::AuthReqId(ticket.auth_req_id.0), ticket.requested);
                return Ok(Granted::Tokens(VerifyTokens::new(parties, asked, tokens)));
            }
            Err(error) => error,
        };
        if says_later(status, &error) {
            ticket.pace.slow_down(now, pause);
            return Ok(pending(ticket));
        }
        match &error {
            Error::Refused(refusal) => match refusal.code {
                ErrorCode::AuthorizationPending => {
                    ticket.pace.pause(now, pause);
                    Ok(pending(ticket))
                }
                ErrorCode::AccessDenied => Err(Error::Cancelled),
                ErrorCode::ExpiredToken => Err(Error::LoginExpired),
                _ => Err(error),
            },
            _ => Err(error),
        }
    }

    /// Polls again later. The OP has not received this poll, because the client assertion could not be signed.
    fn unsigned(self, now: UnixTime) -> Option<Self::Output> {
        let Self(mut ticket) = self;
        ticket.pace.pause(now, None);
        Some(pending(ticket))
    }

    /// Polls again later, at a longer interval. If the lost response contained the tokens, the OP refuses the next
    /// poll, because it returns the tokens only once (CIBA Core §10.1.1).
    fn unanswered(self, now: UnixTime) -> Option<Self::Output> {
        let Self(mut ticket) = self;
        ticket.pace.slow_down(now, None);
        Some(pending(ticket))
    }
}
