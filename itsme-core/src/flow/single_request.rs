use std::sync::Arc;

use super::{
    attempt::SendFailure,
    machine::{Context, Event, Machine, Next},
    retry::Retry,
};
use crate::{
    client_auth::{
        inner::ClientInner,
        jwt::MakeJwt,
        parties::{Parties, Prepared},
    },
    error::Error,
    ground::time::UnixTime,
    http::Response,
    provider::fetch::{FetchProvider, Need},
};

/// A flow of one request, made once the OP's metadata is known, and perhaps after a wait. Every
/// request of a client to the OP is one, but for metadata, keys and userinfo.
pub(crate) struct SingleRequest<X> {
    /// In a box, for a machine moves at every step.
    exchange: Box<X>,
    state: State,
}

enum State {
    New(Arc<ClientInner>),
    Provider(Arc<ClientInner>, FetchProvider),
    Preparing { parties: Parties, retry: Retry, made: Vec<String>, making: MakeJwt },
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

    /// The request, made anew for each attempt; or the next JWT that it needs, after those that were
    /// `made` for it.
    fn prepare(
        &mut self,
        parties: &Parties,
        made: &[String],
        cx: &mut Context<'_>,
    ) -> Result<Prepared, Error>;

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

    /// The result where the key cannot be reached that the request needs; by default, the flow gives up.
    fn unsigned(self, _now: UnixTime) -> Option<Self::Output> {
        None
    }
}

impl<X: Exchange> SingleRequest<X> {
    pub(crate) fn new(client: &Arc<ClientInner>, exchange: X) -> Self {
        Self { exchange: Box::new(exchange), state: State::New(Arc::clone(client)) }
    }

    fn prepare(
        mut exchange: Box<X>,
        (parties, retry): (Parties, Retry),
        made: Vec<String>,
        cx: &mut Context<'_>,
    ) -> Result<Next<Self>, Error> {
        match exchange.prepare(&parties, &made, cx)? {
            Prepared::Request(request) => {
                Ok(Next::Send(request, Self { exchange, state: State::Sent(parties, retry) }))
            }
            Prepared::Jwt(making) => {
                let state = State::Preparing { parties, retry, made, making };
                Self { exchange, state }.step(Event::Begin, cx)
            }
        }
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
                    let parties = Parties { client, provider };
                    Self::prepare(exchange, (parties, X::RETRY), Vec::new(), cx)
                },
            ),
            (State::Preparing { parties, retry, made, making }, event) => {
                let next = making.step(event, cx)?;
                if let Next::GiveUp = next {
                    return Ok(exchange.unsigned(cx.now).map_or(Next::GiveUp, Next::Done));
                }
                next.within(
                    (exchange, parties, made),
                    |making, (exchange, parties, made)| Self {
                        exchange,
                        state: State::Preparing { parties, retry, made, making },
                    },
                    |jwt, (exchange, parties, mut made)| {
                        made.push(jwt);
                        Self::prepare(exchange, (parties, retry), made, cx)
                    },
                )
            }
            (State::Sent(parties, _), Event::Response(response)) => {
                let client = Arc::clone(&parties.client);
                let read = exchange.read(response, parties, cx.now);
                read.inspect_err(|error| client.note_refusal(error)).map(Next::Done)
            }
            (State::Sent(parties, retry), Event::Failed(why)) => match retry.again(why) {
                Some(retry) => Self::prepare(exchange, (parties, retry), Vec::new(), cx),
                // A poll would only be answered so again.
                None if why == SendFailure::TooLarge => Ok(Next::GiveUp),
                None => Ok(exchange.unanswered(cx.now).map_or(Next::GiveUp, Next::Done)),
            },
            (State::Sent(..), Event::Begin | Event::KeyUsed(_)) => {
                unreachable!("a request is answered or not")
            }
        }
    }
}
