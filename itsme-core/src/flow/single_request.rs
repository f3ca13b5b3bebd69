use std::sync::Arc;

use super::{
    machine::{Context, Event, Machine, Next},
    retry::Retry,
};
use crate::{
    client_auth::inner::ClientInner,
    error::Error,
    ground::time::UnixTime,
    http::{Request, Response},
    provider::{Provider, fetch::FetchProvider},
};

/// A flow of one request, made once the OP's metadata is known, and perhaps after a wait.
pub(crate) struct SingleRequest<X> {
    client: Arc<ClientInner>,
    exchange: X,
    state: State,
}

/// Each is a request.
enum State {
    Provider(FetchProvider),
    Exchange { provider: Arc<Provider>, retry: Retry },
}

/// One kind of request.
pub(crate) trait Exchange: Sized {
    /// Whether it is made again if no answer comes.
    const RETRY: Retry;

    /// What it gives.
    type Output;

    /// Before any request: what is wrong with the caller's input, or the result if it is there.
    fn begin(&self, client: &ClientInner, now: UnixTime) -> Result<Option<Self::Output>, Error>;

    /// It is not made before this time.
    fn not_before(&self) -> UnixTime {
        UnixTime::from_secs(0)
    }

    /// The request, made anew for each attempt.
    fn request(
        &mut self,
        client: &ClientInner,
        provider: &Provider,
        cx: &mut Context<'_>,
    ) -> Result<Request, Error>;

    /// The answer.
    fn read(
        self,
        response: Response,
        client: &ClientInner,
        provider: Arc<Provider>,
        now: UnixTime,
    ) -> Result<Self::Output, Error>;

    /// The result where no answer came and none will; by default, the flow gives up.
    fn unanswered(self, _now: UnixTime) -> Option<Self::Output> {
        None
    }
}

impl<X: Exchange> SingleRequest<X> {
    pub(crate) fn new(client: &Arc<ClientInner>, exchange: X) -> Self {
        Self {
            client: Arc::clone(client),
            exchange,
            state: State::Provider(FetchProvider::fresh(client)),
        }
    }

    fn go_on(
        client: Arc<ClientInner>,
        exchange: X,
        fetching: Next<FetchProvider>,
        cx: &mut Context<'_>,
    ) -> Result<Next<Self>, Error> {
        fetching.within(
            (client, exchange),
            |fetch, (client, exchange)| Self { client, exchange, state: State::Provider(fetch) },
            |provider, (client, exchange)| Self::send(client, exchange, provider, X::RETRY, cx),
        )
    }

    fn send(
        client: Arc<ClientInner>,
        mut exchange: X,
        provider: Arc<Provider>,
        retry: Retry,
        cx: &mut Context<'_>,
    ) -> Result<Next<Self>, Error> {
        let request = exchange.request(&client, &provider, cx)?;
        Ok(Next::Send(
            request,
            Self { client, exchange, state: State::Exchange { provider, retry } },
        ))
    }
}

impl<X: Exchange> Machine for SingleRequest<X> {
    type Output = X::Output;

    fn step(self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        let Self { client, exchange, state } = self;
        match (state, event) {
            (State::Provider(fetch), event) => {
                if let Event::Begin = event {
                    if let Some(output) = exchange.begin(&client, cx.now)? {
                        return Ok(Next::Done(output));
                    }
                    let early = exchange.not_before().since(cx.now);
                    if !early.is_zero() {
                        let state = State::Provider(fetch);
                        return Ok(Next::Wait(early, Self { client, exchange, state }));
                    }
                }
                Self::go_on(client, exchange, fetch.step(event, cx)?, cx)
            }
            (State::Exchange { provider, .. }, Event::Response(response)) => {
                exchange.read(response, &client, provider, cx.now).map(Next::Done)
            }
            (State::Exchange { provider, retry }, Event::Failed(why)) => match retry.again(why) {
                Some(retry) => Self::send(client, exchange, provider, retry, cx),
                None => Ok(exchange.unanswered(cx.now).map_or(Next::GiveUp, Next::Done)),
            },
            (State::Exchange { provider, retry }, Event::Begin) => {
                Self::send(client, exchange, provider, retry, cx)
            }
        }
    }
}
