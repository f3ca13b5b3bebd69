use std::sync::Arc;

use super::{
    pace::{retry_after, says_later},
    ticket::CibaTicket,
};
use crate::{
    client_auth::inner::ClientInner,
    error::{Error, ErrorCode},
    flow::{
        machine::{Context, Event, Machine, Next},
        retry::Retry,
        single_request::{Exchange, SingleRequest},
    },
    ground::time::UnixTime,
    http::{Request, Response},
    provider::Provider,
    tokens::{
        id_token::Binding,
        logged_in::LoggedIn,
        response::{TokenResponse, token_request},
        verify::{Verification, VerifyTokens},
    },
};

/// The flow behind [`Client::poll_backchannel`](crate::Client::poll_backchannel): one poll, and what follows from an answer.
pub(crate) struct PollBackchannel {
    client: Arc<ClientInner>,
    state: State,
}

/// Each makes requests.
enum State {
    Poll(SingleRequest<TokenPoll>),
    VerifyTokens(VerifyTokens),
}

/// What a poll has brought.
#[derive(Debug)]
#[allow(clippy::exhaustive_enums, reason = "whoever polls must go on with each ticket")]
pub enum Backchannel {
    /// The person has not answered yet.
    Pending(CibaTicket),
    /// The person has approved.
    LoggedIn(Box<LoggedIn>),
}

/// The poll itself (CIBA Core §10.1).
struct TokenPoll(CibaTicket);

enum Polled {
    Pending(CibaTicket),
    Approved(CibaTicket, Arc<Provider>, TokenResponse),
}

impl PollBackchannel {
    pub(crate) fn new(client: &Arc<ClientInner>, ticket: CibaTicket) -> Self {
        let poll = SingleRequest::new(client, TokenPoll(ticket));
        Self { client: Arc::clone(client), state: State::Poll(poll) }
    }
}

fn poll(
    client: Arc<ClientInner>,
    polling: Next<SingleRequest<TokenPoll>>,
    cx: &mut Context<'_>,
) -> Result<Next<PollBackchannel>, Error> {
    polling.within(
        client,
        |poll, client| PollBackchannel { client, state: State::Poll(poll) },
        |polled, client| match polled {
            Polled::Pending(ticket) => Ok(Next::Done(Backchannel::Pending(ticket))),
            Polled::Approved(ticket, provider, answer) => {
                let CibaTicket { auth_req_id, asked, .. } = ticket;
                let binding = Binding::AuthReqId(auth_req_id);
                let job = Verification {
                    client: Arc::clone(&client),
                    provider,
                    binding,
                    asked,
                    answer,
                    refetched: false,
                };
                identify(client, VerifyTokens::new(job).step(Event::Begin, cx)?)
            }
        },
    )
}

fn identify(
    client: Arc<ClientInner>,
    identifying: Next<VerifyTokens>,
) -> Result<Next<PollBackchannel>, Error> {
    identifying.within(
        client,
        |identify, client| PollBackchannel { client, state: State::VerifyTokens(identify) },
        |logged_in, _| Ok(Next::Done(Backchannel::LoggedIn(Box::new(logged_in)))),
    )
}

impl Machine for PollBackchannel {
    type Output = Backchannel;

    fn step(self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        let Self { client, state } = self;
        match state {
            State::Poll(flow) => poll(client, flow.step(event, cx)?, cx),
            State::VerifyTokens(flow) => identify(client, flow.step(event, cx)?),
        }
    }
}

impl Exchange for TokenPoll {
    const RETRY: Retry = Retry::ByDeadline;
    type Output = Polled;

    fn begin(&self, client: &ClientInner, now: UnixTime) -> Result<Option<Polled>, Error> {
        let CibaTicket { client_id, issuer, pace, .. } = &self.0;
        client.check_ticket(client_id, issuer)?;
        pace.check(now, &client.settings)?;
        Ok(None)
    }

    fn not_before(&self) -> UnixTime {
        self.0.pace.not_before()
    }

    fn request(
        &mut self,
        client: &ClientInner,
        provider: &Provider,
        cx: &mut Context<'_>,
    ) -> Result<Request, Error> {
        let metadata = &provider.metadata;
        let authentication = client.authentication(provider, &metadata.token_endpoint, cx)?;
        let grant = [
            ("grant_type", "urn:openid:params:grant-type:ciba"),
            ("auth_req_id", self.0.auth_req_id.expose()),
        ];
        Ok(token_request(metadata, &grant, &authentication))
    }

    fn read(
        self,
        response: Response,
        client: &ClientInner,
        provider: Arc<Provider>,
        now: UnixTime,
    ) -> Result<Polled, Error> {
        let Self(mut ticket) = self;
        let (pause, status) = (retry_after(response.headers()), response.status());
        let error = match TokenResponse::read(response) {
            Ok(answer) => return Ok(Polled::Approved(ticket, provider, answer)),
            Err(error) => error,
        };
        if says_later(status, &error) {
            ticket.pace.slow_down(now, pause);
            return Ok(Polled::Pending(ticket));
        }
        let code = match &error {
            Error::Refused(refusal) => Some(&refusal.code),
            _ => None,
        };
        match code {
            Some(ErrorCode::AuthorizationPending) => {
                ticket.pace.pause(now, pause);
                Ok(Polled::Pending(ticket))
            }
            Some(ErrorCode::AccessDenied) => Err(Error::Cancelled),
            Some(ErrorCode::ExpiredToken) => Err(Error::LoginExpired),
            _ => Err(client.note_refusal(error)),
        }
    }

    /// It is polled again, more slowly. If it was the answer with the tokens that got lost, the OP refuses
    /// the next poll: it has given them out (CIBA Core §10.1.1).
    fn unanswered(self, now: UnixTime) -> Option<Polled> {
        let Self(mut ticket) = self;
        ticket.pace.slow_down(now, None);
        Some(Polled::Pending(ticket))
    }
}
