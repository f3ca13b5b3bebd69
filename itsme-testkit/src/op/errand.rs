//! The fetches that a server must make before the OP can respond. An application may request the OP's
//! keys before it serves a request object, and would wait forever if the OP were locked in the meantime.

use std::sync::Arc;

use http::Method;
use itsme_core::Request;
use url::form_urlencoded;

use super::{
    FakeOp,
    hosted::{Fetch, Fetched, check_uri},
    parameters::Parameters,
};

/// A fetch that must be made before the OP can respond, without holding the OP's lock.
pub(crate) struct Errand {
    uri: String,
    fetch: Fetch,
}

impl Errand {
    pub(crate) fn run(self) -> Fetched {
        Fetched { outcome: (self.fetch)(&self.uri), uri: self.uri }
    }
}

impl FakeOp {
    /// Runs `act` on an authorization request. If its request object must be fetched first, this
    /// function just returns that errand; call it again with the result of the fetch.
    pub(crate) fn after_errand<T>(
        &mut self,
        query: &str,
        fetched: Option<Fetched>,
        act: impl FnOnce(&mut Self) -> T,
    ) -> Result<T, Errand> {
        if fetched.is_none()
            && let Some(errand) = self.errand(query)
        {
            return Err(errand);
        }
        self.fetched = fetched;
        let done = act(self);
        self.fetched = None;
        Ok(done)
    }

    /// The fetch that `present` needs for this query.
    fn errand(&mut self, query: &str) -> Option<Errand> {
        let outer = Parameters::parse(query.as_bytes()).ok()?;
        let uri = outer.get("request_uri").filter(|_| outer.get("request").is_none())?;
        check_uri(uri, self.client(outer.get("client_id")?)?).ok()?;
        // A request object is only read when the request is first shown.
        if self.shown(query).is_some() {
            return None;
        }
        Some(Errand { uri: uri.to_owned(), fetch: Arc::clone(&self.fetch) })
    }

    /// The query of the authorization request that an HTTP request contains.
    pub(crate) fn brought(&self, request: &Request) -> String {
        match (request.method(), self.path(request).as_str()) {
            (&Method::GET, "/authorization") => {
                request.uri().query().unwrap_or_default().to_owned()
            }
            (&Method::POST, "/authorization") => {
                let mut form = form_urlencoded::parse(request.body());
                let field = form.find(|(name, _)| name == "request");
                field.map(|(_, query)| query.into_owned()).unwrap_or_default()
            }
            _ => String::new(),
        }
    }
}
