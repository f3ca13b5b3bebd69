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

/// A flow that fetches the OP's metadata if necessary and then sends one request, possibly after a wait. Every request
/// to the OP is sent this way, except requests for metadata, keys and userinfo.
pub(crate) struct SingleRequest<X> {
    /// Boxed, because the machine is moved at every step.
    exchange: Box<X>,
    state: State,
}

enum State {
    New(Arc<ClientInner>),
    Provider(Arc<ClientInner>, FetchProvider),
    Preparing { parties: Parties, retry: Retry, made: Vec<String>, making: MakeJwt },
    Sent(Parties, Retry),
}

/// One kind of request, including how to interpret its response.
pub(crate) trait Exchange: Sized {
    /// Whether the request is retried if there is no response.
    const RETRY: Retry;

    /// The result of the flow.
    type Output;

    /// Called before any request. Fails if it is too late or the caller's input is invalid. Returns the result
    /// if it is already known.
    fn begin(&self, _client: &ClientInner, _now: UnixTime) -> Result<Option<Self::Output>, Error> {
        Ok(None)
    }

    /// The earliest time to send the request.
    fn not_before(&self) -> UnixTime {
        UnixTime::from_secs(0)
    }

    /// Prepares the request from scratch for each attempt. If the request needs a JWT that is not yet in `made`,
    /// returns that JWT to be made first.
    fn prepare(
        &mut self,
        parties: &Parties,
        made: &[String],
        cx: &mut Context<'_>,
    ) -> Result<Prepared, Error>;

    /// Interprets the response.
    fn read(
        self,
        response: Response,
        parties: Parties,
        now: UnixTime,
    ) -> Result<Self::Output, Error>;

    /// The result if there is no response and the request is not retried. By default, the flow gives up.
    fn unanswered(self, _now: UnixTime) -> Option<Self::Output> {
        None
    }

    /// The result if the key that the request needs cannot be reached. By default, the flow gives up.
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
                // The next poll would get the same response.
                None if why == SendFailure::TooLarge => Ok(Next::GiveUp),
                None => Ok(exchange.unanswered(cx.now).map_or(Next::GiveUp, Next::Done)),
            },
            (State::Sent(..), Event::Begin | Event::KeyUsed(_)) => {
                unreachable!("a request gets a response or fails")
            }
        }
    }
}
