use std::sync::Arc;

use crate::{
    client_auth::inner::ClientInner,
    error::Error,
    flow::{
        SendFailure,
        machine::{Context, Event, Machine, Next},
        retry::Retry,
    },
    provider::{
        self, Provider,
        cache::{LOOK_AGAIN, Lease, Look, Since},
        freshness::Freshness,
        metadata::Metadata,
    },
};

/// Gets the OP's metadata and keys: from the cache, from another flow that is fetching them, or
/// by fetching. As a flow of its own it is [`Client::refresh`](crate::Client::refresh).
pub(crate) struct FetchProvider {
    client: Arc<ClientInner>,
    need: Need,
    since: Option<Since>,
    call: Call,
}

enum Need {
    /// Fresh by the OP's own word.
    Fresh,
    /// Other keys than these, which do not verify a token. At most once a minute.
    NewKeys(Arc<Provider>),
    /// Fetched from now on.
    Refresh(Option<Arc<Provider>>),
}

/// Where it stands; each but the first is a request.
enum Call {
    Look,
    Metadata { lease: Lease<Provider>, retry: Retry },
    Keys { lease: Lease<Provider>, metadata: Metadata, freshness: Freshness, retry: Retry },
}

impl Call {
    /// The same request once more, or the lease if there is none.
    fn again(self, why: SendFailure) -> Result<Self, Lease<Provider>> {
        match self {
            Self::Keys { lease, metadata, freshness, retry } => match retry.again(why) {
                Some(retry) => Ok(Self::Keys { lease, metadata, freshness, retry }),
                None => Err(lease),
            },
            Self::Metadata { lease, retry } => match retry.again(why) {
                Some(retry) => Ok(Self::Metadata { lease, retry }),
                None => Err(lease),
            },
            Self::Look => Ok(Self::Look),
        }
    }
}

impl FetchProvider {
    pub(crate) fn fresh(client: &Arc<ClientInner>) -> Self {
        Self::new(client, Need::Fresh)
    }

    pub(crate) fn new_keys(client: &Arc<ClientInner>, than: &Arc<Provider>) -> Self {
        Self::new(client, Need::NewKeys(Arc::clone(than)))
    }

    pub(crate) fn refresh(client: &Arc<ClientInner>) -> Self {
        Self::new(client, Need::Refresh(client.cache.peek()))
    }

    fn new(client: &Arc<ClientInner>, need: Need) -> Self {
        Self { client: Arc::clone(client), need, since: None, call: Call::Look }
    }

    fn look(mut self, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        let cache = &self.client.cache;
        let since = *self.since.get_or_insert_with(|| cache.since());
        let pausing = matches!(self.need, Need::NewKeys(_));
        let suits = |known: &Arc<Provider>, has_failed: bool| match &self.need {
            Need::Fresh => known.is_fresh(cx.now) || has_failed && known.is_usable(cx.now),
            Need::NewKeys(old) => !Arc::ptr_eq(known, old),
            Need::Refresh(old) => old.as_ref().is_none_or(|old| !Arc::ptr_eq(known, old)),
        };
        match cache.look(cx.now, since, pausing, suits) {
            Look::Found(provider) => Ok(Next::Done(provider)),
            Look::Wait => Ok(Next::Wait(LOOK_AGAIN, self)),
            Look::Failed(reason) => {
                let reason = reason.to_string();
                self.without(Error::ProviderUnavailable { reason }, cx).map(Next::Done)
            }
            Look::TooEarly(provider) => Ok(Next::Done(provider)),
            Look::Fetch(lease) => {
                let known = cache.peek().filter(|known| known.metadata_freshness.is_fresh(cx.now));
                let retry = Retry::Idempotent;
                let call = match known {
                    Some(known) if !matches!(self.need, Need::Refresh(_)) => Call::Keys {
                        lease,
                        metadata: known.metadata.clone(),
                        freshness: known.metadata_freshness,
                        retry,
                    },
                    _ => Call::Metadata { lease, retry },
                };
                Ok(self.send(call))
            }
        }
    }

    fn send(self, call: Call) -> Next<Self> {
        let request = match &call {
            Call::Keys { metadata, .. } => metadata.key_set_request(),
            _ => Metadata::request(&self.client.settings.environment),
        };
        Next::Send(request, Self { call, ..self })
    }

    /// What can be had when nothing can be fetched: keys that have expired today, or the error.
    fn without(&self, error: Error, cx: &Context<'_>) -> Result<Arc<Provider>, Error> {
        let stale = || self.client.cache.peek().filter(|known| known.is_usable(cx.now));
        match self.need {
            Need::Fresh => stale().ok_or(error),
            Need::NewKeys(_) | Need::Refresh(_) => Err(error),
        }
    }

    /// The fetch has come to nothing, for this flow and for those that wait for it.
    fn give_up(
        self,
        lease: Lease<Provider>,
        error: Error,
        cx: &Context<'_>,
    ) -> Result<Next<Self>, Error> {
        lease.fail(&error.to_string(), cx.now);
        self.without(error, cx).map(Next::Done)
    }
}

impl Machine for FetchProvider {
    type Output = Arc<Provider>;

    fn step(mut self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        match (std::mem::replace(&mut self.call, Call::Look), event) {
            (Call::Look, _) => self.look(cx),
            (call, Event::Begin) => Ok(self.send(call)),
            (Call::Metadata { lease, .. }, Event::Response(response)) => {
                let settings = &self.client.settings;
                let freshness = Freshness::of(response.headers(), cx.now);
                match Metadata::read(response, &settings.environment, settings.plain_http()) {
                    Ok(metadata) => {
                        let retry = Retry::Idempotent;
                        Ok(self.send(Call::Keys { lease, metadata, freshness, retry }))
                    }
                    Err(error) => self.give_up(lease, error, cx),
                }
            }
            (Call::Keys { lease, metadata, freshness, .. }, Event::Response(response)) => {
                match provider::read_keys(response, cx.now) {
                    Ok((keys, keys_freshness)) => Ok(Next::Done(lease.store(Provider {
                        metadata,
                        metadata_freshness: freshness,
                        keys,
                        keys_freshness,
                    }))),
                    Err(error) => self.give_up(lease, error, cx),
                }
            }
            (call, Event::Failed(why)) => match call.again(why) {
                Ok(call) => Ok(self.send(call)),
                Err(lease) => {
                    let reason = match why {
                        SendFailure::NotSent => "the connection failed",
                        SendFailure::Lost => "no answer came",
                    };
                    lease.fail(reason, cx.now);
                    let unavailable = Error::ProviderUnavailable { reason: reason.to_owned() };
                    // With nothing to fall back on, what the HTTP client said is the better error.
                    Ok(self.without(unavailable, cx).map_or(Next::GiveUp, Next::Done))
                }
            },
        }
    }
}
