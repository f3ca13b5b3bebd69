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

/// A flow that sends one request once the OP's metadata is known, possibly after a wait. Every request
/// of a client to the OP is one of these, except for metadata, keys and userinfo.
pub(crate) struct SingleRequest<X> {
    /// Boxed, because a machine moves at every step.
    exchange: Box<X>,
    state: State,
}

enum State {
    New(Arc<ClientInner>),
    Provider(Arc<ClientInner>, FetchProvider),
    Preparing { parties: Parties, retry: Retry, made: Vec<String>, making: MakeJwt },
    Sent(Parties, Retry),
}

/// One kind of request, with what its response means.
pub(crate) trait Exchange: Sized {
    /// Whether it is sent again if there is no response.
    const RETRY: Retry;

    /// The result.
    type Output;

    /// Called before any request. Fails if the time or the caller's input is wrong; returns the result
    /// if it is already known.
    fn begin(&self, _client: &ClientInner, _now: UnixTime) -> Result<Option<Self::Output>, Error> {
        Ok(None)
    }

    /// The earliest time to send the request.
    fn not_before(&self) -> UnixTime {
        UnixTime::from_secs(0)
    }

    /// Prepares the request, anew for each attempt; or the next JWT that it needs, after those already
    /// `made`.
    fn prepare(
        &mut self,
        parties: &Parties,
        made: &[String],
        cx: &mut Context<'_>,
    ) -> Result<Prepared, Error>;

    /// Reads the response.
    fn read(
        self,
        response: Response,
        parties: Parties,
        now: UnixTime,
    ) -> Result<Self::Output, Error>;

    /// The result if there is no response and will be none; by default, the flow gives up.
    fn unanswered(self, _now: UnixTime) -> Option<Self::Output> {
        None
    }

    /// The result if the key that the request needs cannot be reached; by default, the flow gives up.
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
                // Another poll would get the same response.
                None if why == SendFailure::TooLarge => Ok(Next::GiveUp),
                None => Ok(exchange.unanswered(cx.now).map_or(Next::GiveUp, Next::Done)),
            },
            (State::Sent(..), Event::Begin | Event::KeyUsed(_)) => {
                unreachable!("a request has a response or fails")
            }
        }
    }
}
