use std::sync::Arc;

use super::{
    Provider, ProviderSource,
    cache::{LOOK_AGAIN, Lease, Look, Since},
    freshness::Freshness,
    metadata::Metadata,
    read_keys,
};
use crate::{
    error::Error,
    flow::{
        machine::{Context, Event, Machine, Next},
        retry::Retry,
    },
    http::endpoint::Endpoint,
};

/// Gets the OP's metadata and keys from the cache, from a flow that is already fetching them, or from the OP. Used on
/// its own, this is the flow behind [`Client::refresh`](crate::Client::refresh).
pub(crate) struct FetchProvider {
    source: Arc<ProviderSource>,
    need: Need,
    since: Option<Since>,
    /// The pending request and its lease. Boxed, since most flows do not send this request.
    asked: Option<Box<(Lease<Provider>, Asked)>>,
    retry: Retry,
}

/// Which metadata and keys a flow needs.
pub(crate) enum Need {
    /// Metadata and keys that are fresh according to the OP's `Cache-Control` headers.
    Fresh,
    /// Keys other than the given ones, which could not verify a token. New keys are fetched at most once a minute.
    NewKeys(Arc<Provider>),
    /// Metadata and keys that are fetched from now on, whatever the cache contains.
    Refresh(Option<Arc<Provider>>),
}

/// What was requested from the OP.
enum Asked {
    Metadata,
    Keys(Metadata, Freshness),
}

impl FetchProvider {
    pub(crate) fn new(source: &Arc<ProviderSource>, need: Need) -> Self {
        Self {
            source: Arc::clone(source),
            need,
            since: None,
            asked: None,
            retry: Retry::Idempotent,
        }
    }

    fn look(mut self, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        let cache = &self.source.cache;
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
            Look::Failed(cause) => {
                self.without(Error::ProviderUnavailable { cause }, cx).map(Next::Done)
            }
            Look::TooEarly(provider) => Ok(Next::Done(provider)),
            Look::Fetch(lease) => {
                let known = cache.peek().filter(|known| known.metadata_freshness.is_fresh(cx.now));
                let asked = match known {
                    Some(known) if !matches!(self.need, Need::Refresh(_)) => {
                        Asked::Keys(known.metadata.clone(), known.metadata_freshness)
                    }
                    _ => Asked::Metadata,
                };
                Ok(self.ask(lease, asked, Retry::Idempotent))
            }
        }
    }

    fn ask(self, lease: Lease<Provider>, asked: Asked, retry: Retry) -> Next<Self> {
        let request = match &asked {
            Asked::Metadata => Metadata::request(&self.source.rules.environment),
            Asked::Keys(metadata, _) => metadata.key_set_request(),
        };
        Next::Send(request, Self { asked: Some(Box::new((lease, asked))), retry, ..self })
    }

    /// The fallback when fetching fails: cached data that expired less than a day ago, if the flow can use it, and
    /// otherwise the error.
    fn without(&self, error: Error, cx: &Context<'_>) -> Result<Arc<Provider>, Error> {
        let stale = || self.source.cache.peek().filter(|known| known.is_usable(cx.now));
        match self.need {
            Need::Fresh => stale().ok_or(error),
            Need::NewKeys(_) | Need::Refresh(_) => Err(error),
        }
    }

    /// Ends the fetch with an error, for this flow and for the flows that wait for it.
    fn give_up(
        self,
        lease: Lease<Provider>,
        error: Error,
        cx: &Context<'_>,
    ) -> Result<Next<Self>, Error> {
        lease.fail(error.clone(), cx.now);
        self.without(error, cx).map(Next::Done)
    }
}

impl Machine for FetchProvider {
    type Output = Arc<Provider>;

    fn step(mut self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error> {
        let Some(under_way) = self.asked.take() else { return self.look(cx) };
        let (lease, asked) = *under_way;
        match (event, asked) {
            (Event::Begin | Event::KeyUsed(_), asked) => {
                let retry = self.retry;
                Ok(self.ask(lease, asked, retry))
            }
            (Event::Response(response), Asked::Metadata) => {
                let freshness = Freshness::of(response.headers(), cx.now);
                match Metadata::read(response, &self.source.rules) {
                    Ok(metadata) => {
                        lease.renew(cx.now);
                        let asked = Asked::Keys(metadata, freshness);
                        Ok(self.ask(lease, asked, Retry::Idempotent))
                    }
                    Err(error) => self.give_up(lease, error, cx),
                }
            }
            (Event::Response(response), Asked::Keys(metadata, freshness)) => {
                match read_keys(response, cx.now) {
                    Ok(keys) => {
                        Ok(Next::Done(lease.store(Provider::new((metadata, freshness), keys))))
                    }
                    Err(error) => self.give_up(lease, error, cx),
                }
            }
            (Event::Failed(failure), asked) => {
                if let Some(retry) = self.retry.again(failure) {
                    return Ok(self.ask(lease, asked, retry));
                }
                let endpoint = match asked {
                    Asked::Metadata => Endpoint::Discovery,
                    Asked::Keys(..) => Endpoint::KeySet,
                };
                // If there is no fallback, the HTTP client's own error is more helpful than this one.
                let error = Error::NoResponse { endpoint, failure };
                Ok(self.give_up(lease, error, cx).unwrap_or(Next::GiveUp))
            }
        }
    }
}
