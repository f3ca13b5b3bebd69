use std::sync::Arc;

use super::{
    machine::{Context, Event, Machine, Next},
    retry::Retry,
};
use crate::{
    client_auth::{inner::ClientInner, parties::Parties},
    error::Error,
    ground::time::UnixTime,
    http::{Request, Response},
    provider::fetch::{FetchProvider, Need},
};

/// A flow of one request, made once the OP's metadata is known, and perhaps after a wait. Every
/// request of a client to the OP is one, but for metadata, keys and userinfo.
pub(crate) struct SingleRequest<X> {
    exchange: X,
    state: State,
}

enum State {
    New(Arc<ClientInner>),
    Provider(Arc<ClientInner>, FetchProvider),
    Sent(Parties, Retry),
}

/// One kind of request, and what its answer means.
pub(crate) trait Exchange: Sized {
    /// Whether it is made again if no answer comes.
    const RETRY: Retry;

    /// What it gives.
    type Output;

    /// Before any request: what is wrong with the time or the caller's input, or the result if it is
    /// there already.
    fn begin(&self, _client: &ClientInner, _now: UnixTime) -> Result<Option<Self::Output>, Error> {
        Ok(None)
    }

    /// It is not made before this time.
    fn not_before(&self) -> UnixTime {
        UnixTime::from_secs(0)
    }

    /// The request, made anew for each attempt.
    fn request(&mut self, parties: &Parties, cx: &mut Context<'_>) -> Result<Request, Error>;

    /// The answer.
    fn read(
        self,
        response: Response,
        parties: Parties,
        now: UnixTime,
    ) -> Result<Self::Output, Error>;

    /// The result where no answer came and none will; by default, the flow gives up.
    fn unanswered(self, _now: UnixTime) -> Option<Self::Output> {
        None
    }
}

impl<X: Exchange> SingleRequest<X> {
    pub(crate) fn new(client: &Arc<ClientInner>, exchange: X) -> Self {
        Self { exchange, state: State::New(Arc::clone(client)) }
    }

    fn send(
        mut exchange: X,
        parties: Parties,
        retry: Retry,
        cx: &mut Context<'_>,
    ) -> Result<Next<Self>, Error> {
        let request = exchange.request(&parties, cx)?;
        Ok(Next::Send(request, Self { exchange, state: State::Sent(parties, retry) }))
    }
}

impl<X: Exchange> Machine for SingleRequest<X> {
    type Output = X::Output;

    fn step(self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        let Self { exchange, state } = self;
        match (state, event) {
            (State::New(client), _) => {
                let begun = exchange.begin(&client, cx.now);
                if let Some(output) = begun.inspect_err(|error| client.note_refusal(error))? {
                    return Ok(Next::Done(output));
                }
                let early = exchange.not_before().since(cx.now);
                if !early.is_zero() {
                    return Ok(Next::Wait(early, Self { exchange, state: State::New(client) }));
                }
                let fetch = FetchProvider::new(&client.provider, Need::Fresh);
                Self { exchange, state: State::Provider(client, fetch) }.step(Event::Begin, cx)
            }
            (State::Provider(client, fetch), event) => fetch.step(event, cx)?.within(
                (client, exchange),
                |fetch, (client, exchange)| Self {
                    exchange,
                    state: State::Provider(client, fetch),
                },
                |provider, (client, exchange)| {
                    Self::send(exchange, Parties { client, provider }, X::RETRY, cx)
                },
            ),
            (State::Sent(parties, _), Event::Response(response)) => {
                let client = Arc::clone(&parties.client);
                let read = exchange.read(response, parties, cx.now);
                read.inspect_err(|error| client.note_refusal(error)).map(Next::Done)
            }
            (State::Sent(parties, retry), Event::Failed(why)) => match retry.again(why) {
                Some(retry) => Self::send(exchange, parties, retry, cx),
                None => Ok(exchange.unanswered(cx.now).map_or(Next::GiveUp, Next::Done)),
            },
            (State::Sent(parties, retry), Event::Begin) => Self::send(exchange, parties, retry, cx),
        }
    }
}
