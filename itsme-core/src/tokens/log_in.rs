use super::{logged_in::LoggedIn, verify::VerifyTokens};
use crate::{
    error::Error,
    flow::{
        machine::{Context, Event, Machine, Next},
        single_request::{Exchange, SingleRequest},
    },
};

/// A request to the token endpoint, then the verification of the tokens it returns.
pub(crate) struct LogIn<X, T> {
    state: State<X>,
    done: fn(LoggedIn) -> T,
}

enum State<X> {
    Request(SingleRequest<X>),
    Verify(VerifyTokens),
}

/// The outcome of a token request.
pub(crate) enum Granted<T> {
    Tokens(VerifyTokens),
    /// There are no tokens yet; the flow ends without an error.
    Pending(T),
}

impl<X, T> LogIn<X, T> {
    pub(crate) fn new(request: SingleRequest<X>, done: fn(LoggedIn) -> T) -> Self {
        Self { state: State::Request(request), done }
    }
}

impl<X: Exchange<Output = Granted<T>>, T> Machine for LogIn<X, T> {
    type Output = T;

    fn step(self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        let Self { state, done } = self;
        let with = |state| Self { state, done };
        match state {
            State::Request(request) => request.step(event, cx)?.within(
                (),
                |request, ()| with(State::Request(request)),
                |granted, ()| match granted {
                    Granted::Pending(result) => Ok(Next::Done(result)),
                    Granted::Tokens(verify) => with(State::Verify(verify)).step(Event::Begin, cx),
                },
            ),
            State::Verify(verify) => verify.step(event, cx)?.within(
                (),
                |verify, ()| with(State::Verify(verify)),
                |who, ()| Ok(Next::Done(done(who))),
            ),
        }
    }
}
