use std::sync::Arc;

use self::call::{Call, Unanswered};
use crate::{
    Response,
    discovery::FetchProvider,
    error::Error,
    flow::{
        Failure,
        machine::{Machine, Moment, Next},
    },
    provider::Provider,
    relying_party::RelyingParty,
};

/// A flow of one request, made once the OP's metadata is known, and perhaps after a wait.
pub struct OneCall<C> {
    rp: Arc<RelyingParty>,
    call: C,
    state: State,
}

/// Each is a request.
enum State {
    Provider(FetchProvider),
    Call { provider: Arc<Provider>, retried: bool },
}

/// What the one request is. Not reachable from outside.
#[allow(private_interfaces, reason = "nobody outside can implement or call it")]
pub(crate) mod call {
    use std::sync::Arc;

    use crate::{
        Request, Response,
        error::Error,
        flow::{Failure, machine::Moment},
        provider::Provider,
        relying_party::RelyingParty,
        time::UnixTime,
    };

    /// One kind of request.
    pub trait Call: Sized {
        /// What to call the flow in logs.
        const NAME: &'static str;

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

        /// There is none. Unless said otherwise, it can be asked twice.
        fn unanswered(self, _: Failure, retried: bool, _: UnixTime) -> Unanswered<Self> {
            if retried { Unanswered::GiveUp } else { Unanswered::Again(self) }
        }
    }

    /// What to do about a request without an answer.
    #[allow(clippy::exhaustive_enums, reason = "not reachable from outside")]
    pub enum Unanswered<C: Call> {
        /// Make it once more.
        Again(C),
        /// End with this.
        Done(C::Output),
        /// Leave it at that.
        GiveUp,
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
            |provider, (rp, call)| {
                Self { rp, call, state: State::Call { provider, retried: false } }.next(at)
            },
        )
    }
}

impl<C: Call> Machine for OneCall<C> {
    const NAME: &'static str = C::NAME;
    type Output = C::Output;

    fn next(self, at: &mut Moment<'_>) -> Result<Next<Self>, Error> {
        let Self { rp, mut call, state } = self;
        match state {
            State::Provider(fetch) => {
                if let Some(output) = call.begin(&rp, at.now)? {
                    return Ok(Next::Done(output));
                }
                let early = call.not_before().since(at.now);
                if !early.is_zero() {
                    return Ok(Next::After(
                        early,
                        Self { rp, call, state: State::Provider(fetch) },
                    ));
                }
                Self::go_on(rp, call, fetch.next(at)?, at)
            }
            State::Call { ref provider, .. } => {
                let request = call.request(&rp, provider, at)?;
                Ok(Next::Send(request, Self { rp, call, state }))
            }
        }
    }

    fn on_response(self, response: Response, at: &mut Moment<'_>) -> Result<Next<Self>, Error> {
        let Self { rp, call, state } = self;
        match state {
            State::Provider(fetch) => Self::go_on(rp, call, fetch.on_response(response, at)?, at),
            State::Call { provider, .. } => {
                call.read(response, &rp, provider, at.now).map(Next::Done)
            }
        }
    }

    fn on_failure(self, why: Failure, at: &mut Moment<'_>) -> Result<Option<Next<Self>>, Error> {
        let Self { rp, call, state } = self;
        match state {
            State::Provider(fetch) => match fetch.on_failure(why, at)? {
                Some(fetching) => Self::go_on(rp, call, fetching, at).map(Some),
                None => Ok(None),
            },
            State::Call { provider, retried } => match call.unanswered(why, retried, at.now) {
                Unanswered::Again(call) => {
                    let state = State::Call { provider, retried: true };
                    Self { rp, call, state }.next(at).map(Some)
                }
                Unanswered::Done(output) => Ok(Some(Next::Done(output))),
                Unanswered::GiveUp => Ok(None),
            },
        }
    }
}

impl<C> std::fmt::Debug for OneCall<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneCall").finish_non_exhaustive()
    }
}
