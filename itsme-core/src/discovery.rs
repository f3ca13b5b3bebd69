use std::sync::Arc;

use crate::{
    Response,
    cache::{Freshness, LOOK_AGAIN, Lease, Look, Since},
    error::Error,
    flow::{
        Failure,
        machine::{Machine, Moment, Next},
    },
    metadata::Metadata,
    provider::{self, Provider},
    relying_party::RelyingParty,
};

/// Gets the OP's metadata and keys: from the cache, from another flow that is fetching them, or
/// by fetching. As a flow of its own it is [`Client::refresh`](crate::Client::refresh).
pub struct FetchProvider {
    rp: Arc<RelyingParty>,
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
    Metadata { lease: Lease<Provider>, retried: bool },
    Keys { lease: Lease<Provider>, metadata: Metadata, freshness: Freshness, retried: bool },
}

impl FetchProvider {
    pub(crate) fn fresh(rp: &Arc<RelyingParty>) -> Self {
        Self::new(rp, Need::Fresh)
    }

    pub(crate) fn new_keys(rp: &Arc<RelyingParty>, than: &Arc<Provider>) -> Self {
        Self::new(rp, Need::NewKeys(Arc::clone(than)))
    }

    pub(crate) fn refresh(rp: &Arc<RelyingParty>) -> Self {
        Self::new(rp, Need::Refresh(rp.cache.peek()))
    }

    fn new(rp: &Arc<RelyingParty>, need: Need) -> Self {
        Self { rp: Arc::clone(rp), need, since: None, call: Call::Look }
    }

    fn look(mut self, at: &mut Moment<'_>) -> Result<Next<Self>, Error> {
        let cache = &self.rp.cache;
        let since = *self.since.get_or_insert_with(|| cache.since());
        let pausing = matches!(self.need, Need::NewKeys(_));
        let suits = |known: &Arc<Provider>, has_failed: bool| match &self.need {
            Need::Fresh => known.is_fresh(at.now) || has_failed && known.is_usable(at.now),
            Need::NewKeys(old) => !Arc::ptr_eq(known, old),
            Need::Refresh(old) => old.as_ref().is_none_or(|old| !Arc::ptr_eq(known, old)),
        };
        match cache.look(at.now, since, pausing, suits) {
            Look::Found(provider) => Ok(Next::Done(provider)),
            Look::Wait => Ok(Next::After(LOOK_AGAIN, self)),
            Look::Failed(reason) => {
                let reason = reason.to_string();
                self.without(Error::ProviderUnavailable { reason }, at).map(Next::Done)
            }
            Look::TooEarly(provider) => Ok(Next::Done(provider)),
            Look::Fetch(lease) => {
                let known = cache.peek().filter(|known| known.metadata_freshness.is_fresh(at.now));
                self.call = match known {
                    Some(known) if !matches!(self.need, Need::Refresh(_)) => Call::Keys {
                        lease,
                        metadata: known.metadata.clone(),
                        freshness: known.metadata_freshness,
                        retried: false,
                    },
                    _ => Call::Metadata { lease, retried: false },
                };
                self.next(at)
            }
        }
    }

    /// What can be had when nothing can be fetched: keys that have expired today, or the error.
    fn without(&self, error: Error, at: &Moment<'_>) -> Result<Arc<Provider>, Error> {
        let stale = || self.rp.cache.peek().filter(|known| known.is_usable(at.now));
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
        at: &Moment<'_>,
    ) -> Result<Next<Self>, Error> {
        lease.fail(&error.to_string(), at.now);
        self.without(error, at).map(Next::Done)
    }
}

impl Machine for FetchProvider {
    const NAME: &'static str = "refresh";
    type Output = Arc<Provider>;

    fn next(self, at: &mut Moment<'_>) -> Result<Next<Self>, Error> {
        let request = match &self.call {
            Call::Look => return self.look(at),
            Call::Metadata { .. } => Metadata::request(&self.rp.settings.environment),
            Call::Keys { metadata, .. } => metadata.key_set_request(),
        };
        Ok(Next::Send(request, self))
    }

    fn on_response(mut self, response: Response, at: &mut Moment<'_>) -> Result<Next<Self>, Error> {
        match std::mem::replace(&mut self.call, Call::Look) {
            Call::Metadata { lease, .. } => {
                let settings = &self.rp.settings;
                let freshness = Freshness::of(response.headers(), at.now);
                match Metadata::read(response, &settings.environment, settings.plain_http()) {
                    Ok(metadata) => {
                        self.call = Call::Keys { lease, metadata, freshness, retried: false };
                        self.next(at)
                    }
                    Err(error) => self.give_up(lease, error, at),
                }
            }
            Call::Keys { lease, metadata, freshness: metadata_freshness, .. } => {
                match provider::read_keys(response, at.now) {
                    Ok((keys, keys_freshness)) => Ok(Next::Done(lease.store(Provider {
                        metadata,
                        metadata_freshness,
                        keys,
                        keys_freshness,
                    }))),
                    Err(error) => self.give_up(lease, error, at),
                }
            }
            Call::Look => self.next(at),
        }
    }

    /// Both are GETs and are tried once more, whatever became of them.
    fn on_failure(
        mut self,
        why: Failure,
        at: &mut Moment<'_>,
    ) -> Result<Option<Next<Self>>, Error> {
        let (Call::Metadata { retried, .. } | Call::Keys { retried, .. }) = &mut self.call else {
            return self.next(at).map(Some);
        };
        if !std::mem::replace(retried, true) {
            return self.next(at).map(Some);
        }
        let (Call::Metadata { lease, .. } | Call::Keys { lease, .. }) =
            std::mem::replace(&mut self.call, Call::Look)
        else {
            return Ok(None);
        };
        let reason = match why {
            Failure::NotSent => "the connection failed",
            Failure::Lost => "no answer came",
        };
        lease.fail(reason, at.now);
        let unavailable = Error::ProviderUnavailable { reason: reason.to_owned() };
        // With nothing to fall back on, what the HTTP client said is the better error.
        Ok(self.without(unavailable, at).ok().map(Next::Done))
    }
}

impl std::fmt::Debug for FetchProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FetchProvider").finish_non_exhaustive()
    }
}
