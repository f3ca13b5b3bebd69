use std::sync::Arc;

use super::{
    machine::{Event, Machine, Moment, Next},
    retry::Retry,
};
use crate::{
    client_auth::inner::RelyingParty,
    error::Error,
    ground::time::UnixTime,
    http::{Request, Response},
    provider::{Provider, fetch::FetchProvider},
};

/// A flow of one request, made once the OP's metadata is known, and perhaps after a wait.
pub(crate) struct OneCall<C> {
    rp: Arc<RelyingParty>,
    call: C,
    state: State,
}

/// Each is a request.
enum State {
    Provider(FetchProvider),
    Call { provider: Arc<Provider>, retry: Retry },
}

/// One kind of request.
pub(crate) trait Call: Sized {
    /// Whether it is made again if no answer comes.
    const RETRY: Retry;

    /// What it gives.
    type Output;

    /// Before any request: what is wrong with the caller's input, or the result if it is there.
    fn begin(&self, rp: &RelyingParty, now: UnixTime) -> Result<Option<Self::Output>, Error>;

    /// It is not made before this time.
    fn not_before(&self) -> UnixTime {
        UnixTime::from_secs(0)
    }

    /// The request, made anew for each attempt.
    fn request(
        &mut self,
        rp: &RelyingParty,
        provider: &Provider,
        at: &mut Moment<'_>,
    ) -> Result<Request, Error>;

    /// The answer.
    fn read(
        self,
        response: Response,
        rp: &RelyingParty,
        provider: Arc<Provider>,
        now: UnixTime,
    ) -> Result<Self::Output, Error>;

    /// The result where no answer came and none will; by default, the flow gives up.
    fn unanswered(self, _now: UnixTime) -> Option<Self::Output> {
        None
    }
}

impl<C: Call> OneCall<C> {
    pub(crate) fn new(rp: &Arc<RelyingParty>, call: C) -> Self {
        Self { rp: Arc::clone(rp), call, state: State::Provider(FetchProvider::fresh(rp)) }
    }

    fn go_on(
        rp: Arc<RelyingParty>,
        call: C,
        fetching: Next<FetchProvider>,
        at: &mut Moment<'_>,
    ) -> Result<Next<Self>, Error> {
        fetching.within(
            (rp, call),
            |fetch, (rp, call)| Self { rp, call, state: State::Provider(fetch) },
            |provider, (rp, call)| Self::send(rp, call, provider, C::RETRY, at),
        )
    }

    fn send(
        rp: Arc<RelyingParty>,
        mut call: C,
        provider: Arc<Provider>,
        retry: Retry,
        at: &mut Moment<'_>,
    ) -> Result<Next<Self>, Error> {
        let request = call.request(&rp, &provider, at)?;
        Ok(Next::Send(request, Self { rp, call, state: State::Call { provider, retry } }))
    }
}

impl<C: Call> Machine for OneCall<C> {
    type Output = C::Output;

    fn step(self, event: Event, at: &mut Moment<'_>) -> Result<Next<Self>, Error> {
        let Self { rp, call, state } = self;
        match (state, event) {
            (State::Provider(fetch), event) => {
                if let Event::Begin = event {
                    if let Some(output) = call.begin(&rp, at.now)? {
                        return Ok(Next::Done(output));
                    }
                    let early = call.not_before().since(at.now);
                    if !early.is_zero() {
                        let state = State::Provider(fetch);
                        return Ok(Next::Wait(early, Self { rp, call, state }));
                    }
                }
                Self::go_on(rp, call, fetch.step(event, at)?, at)
            }
            (State::Call { provider, .. }, Event::Response(response)) => {
                call.read(response, &rp, provider, at.now).map(Next::Done)
            }
            (State::Call { provider, retry }, Event::Failed(why)) => match retry.again(why) {
                Some(retry) => Self::send(rp, call, provider, retry, at),
                None => Ok(call.unanswered(at.now).map_or(Next::GiveUp, Next::Done)),
            },
            (State::Call { provider, retry }, Event::Begin) => {
                Self::send(rp, call, provider, retry, at)
            }
        }
    }
}
