use std::sync::Arc;

use super::{
    pace::{retry_after, says_later},
    ticket::CibaTicket,
};
use crate::{
    client_auth::inner::RelyingParty,
    error::{Error, ErrorCode},
    flow::{
        machine::{Event, Machine, Moment, Next},
        retry::Retry,
        single_request::{Call, OneCall},
    },
    ground::time::UnixTime,
    http::{Request, Response},
    provider::Provider,
    tokens::{
        id_token::Binding,
        logged_in::LoggedIn,
        response::{TokenAnswer, token_request},
        verify::{Identify, Job},
    },
};

/// The flow behind [`Client::poll`](crate::Client::poll): one poll, and what follows from an answer.
pub(crate) struct PollBackchannel {
    rp: Arc<RelyingParty>,
    state: State,
}

/// Each makes requests.
enum State {
    Poll(OneCall<TokenPoll>),
    Identify(Identify),
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
    Approved(CibaTicket, Arc<Provider>, TokenAnswer),
}

impl PollBackchannel {
    pub(crate) fn new(rp: &Arc<RelyingParty>, ticket: CibaTicket) -> Self {
        let poll = OneCall::new(rp, TokenPoll(ticket));
        Self { rp: Arc::clone(rp), state: State::Poll(poll) }
    }
}

fn poll(
    rp: Arc<RelyingParty>,
    polling: Next<OneCall<TokenPoll>>,
    at: &mut Moment<'_>,
) -> Result<Next<PollBackchannel>, Error> {
    polling.within(
        rp,
        |poll, rp| PollBackchannel { rp, state: State::Poll(poll) },
        |polled, rp| match polled {
            Polled::Pending(ticket) => Ok(Next::Done(Backchannel::Pending(ticket))),
            Polled::Approved(ticket, provider, answer) => {
                let CibaTicket { auth_req_id, asked, .. } = ticket;
                let binding = Binding::AuthReqId(auth_req_id);
                let job =
                    Job { rp: Arc::clone(&rp), provider, binding, asked, answer, refetched: false };
                identify(rp, Identify::new(job).step(Event::Begin, at)?)
            }
        },
    )
}

fn identify(
    rp: Arc<RelyingParty>,
    identifying: Next<Identify>,
) -> Result<Next<PollBackchannel>, Error> {
    identifying.within(
        rp,
        |identify, rp| PollBackchannel { rp, state: State::Identify(identify) },
        |logged_in, _| Ok(Next::Done(Backchannel::LoggedIn(Box::new(logged_in)))),
    )
}

impl Machine for PollBackchannel {
    type Output = Backchannel;

    fn step(self, event: Event, at: &mut Moment<'_>) -> Result<Next<Self>, Error> {
        let Self { rp, state } = self;
        match state {
            State::Poll(flow) => poll(rp, flow.step(event, at)?, at),
            State::Identify(flow) => identify(rp, flow.step(event, at)?),
        }
    }
}

impl Call for TokenPoll {
    const RETRY: Retry = Retry::ByDeadline;
    type Output = Polled;

    fn begin(&self, rp: &RelyingParty, now: UnixTime) -> Result<Option<Polled>, Error> {
        let CibaTicket { client_id, issuer, pace, .. } = &self.0;
        rp.check_ticket(client_id, issuer)?;
        pace.check(now, &rp.settings)?;
        Ok(None)
    }

    fn not_before(&self) -> UnixTime {
        self.0.pace.not_before()
    }

    fn request(
        &mut self,
        rp: &RelyingParty,
        provider: &Provider,
        at: &mut Moment<'_>,
    ) -> Result<Request, Error> {
        let metadata = &provider.metadata;
        let authentication = rp.authentication(provider, &metadata.token_endpoint, at)?;
        let grant = [
            ("grant_type", "urn:openid:params:grant-type:ciba"),
            ("auth_req_id", self.0.auth_req_id.expose()),
        ];
        Ok(token_request(metadata, &grant, &authentication))
    }

    fn read(
        self,
        response: Response,
        rp: &RelyingParty,
        provider: Arc<Provider>,
        now: UnixTime,
    ) -> Result<Polled, Error> {
        let Self(mut ticket) = self;
        let (pause, status) = (retry_after(response.headers()), response.status());
        let error = match TokenAnswer::read(response) {
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
            _ => Err(rp.told(error)),
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
