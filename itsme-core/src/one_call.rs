use std::sync::Arc;

use self::call::Call;
use crate::{
    Response,
    discovery::FetchProvider,
    error::Error,
    flow::{
        Failure,
        machine::{Machine, Moment, Next},
    },
    relying_party::RelyingParty,
};

/// A flow of one request, made once the OP's metadata is known, and once more if it gets no answer:
/// what is asked here can be asked twice.
pub struct OneCall<C> {
    rp: Arc<RelyingParty>,
    call: C,
    state: State,
}

/// Each is a request.
enum State {
    Provider(FetchProvider),
    Call { retried: bool },
}

/// What the one request is. Not reachable from outside.
#[allow(private_interfaces, reason = "nobody outside can implement or call it")]
pub(crate) mod call {
    use crate::{Request, Response, error::Error, provider::Provider, relying_party::RelyingParty};

    /// One kind of request.
    pub trait Call: Sized {
        /// What it gives.
        type Output;

        /// Before any request: what is wrong with the caller's input, or the result if it is there.
        fn begin(&self, rp: &RelyingParty) -> Result<Option<Self::Output>, Error>;

        /// Takes what it needs of the metadata.
        fn ready(&mut self, rp: &RelyingParty, provider: &Provider) -> Result<(), Error>;

        /// The request, after [`ready`](Self::ready).
        fn request(&self, rp: &RelyingParty) -> Result<Request, Error>;

        /// The answer.
        fn read(self, response: Response) -> Result<Self::Output, Error>;
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
            |provider, (rp, mut call)| {
                call.ready(&rp, &provider)?;
                Self { rp, call, state: State::Call { retried: false } }.next(at)
            },
        )
    }
}

impl<C: Call> Machine for OneCall<C> {
    type Output = C::Output;

    fn next(self, at: &mut Moment<'_>) -> Result<Next<Self>, Error> {
        let Self { rp, call, state } = self;
        match state {
            State::Provider(fetch) => match call.begin(&rp)? {
                Some(output) => Ok(Next::Done(output)),
                None => Self::go_on(rp, call, fetch.next(at)?, at),
            },
            State::Call { .. } => Ok(Next::Send(call.request(&rp)?, Self { rp, call, state })),
        }
    }

    fn on_response(self, response: Response, at: &mut Moment<'_>) -> Result<Next<Self>, Error> {
        let Self { rp, call, state } = self;
        match state {
            State::Provider(fetch) => Self::go_on(rp, call, fetch.on_response(response, at)?, at),
            State::Call { .. } => call.read(response).map(Next::Done),
        }
    }

    fn on_failure(self, why: Failure, at: &mut Moment<'_>) -> Result<Option<Next<Self>>, Error> {
        let Self { rp, call, state } = self;
        match state {
            State::Provider(fetch) => match fetch.on_failure(why, at)? {
                Some(fetching) => Self::go_on(rp, call, fetching, at).map(Some),
                None => Ok(None),
            },
            State::Call { retried: false } => {
                Self { rp, call, state: State::Call { retried: true } }.next(at).map(Some)
            }
            State::Call { retried: true } => Ok(None),
        }
    }
}

impl<C> std::fmt::Debug for OneCall<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneCall").finish_non_exhaustive()
    }
}
