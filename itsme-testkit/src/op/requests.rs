//! The OP's entry point, which records requests and dispatches them.

use std::sync::{Arc, Mutex, PoisonError};

use http::Method;
use itsme_core::{Request, Response, SendFailure};

use super::{Asked, FakeOp, Reaction, Wire, answer, recent};

/// A function that can respond to a request before the OP does.
pub(super) type Interceptor =
    Arc<Mutex<dyn FnMut(&mut FakeOp, &Request) -> Option<Response> + Send>>;

impl FakeOp {
    /// The requests that the OP received, in order, with paths under the issuer: `["GET /jwkSet",
    /// "POST /token"]`. The OP remembers at least the last 5,000.
    pub fn asked(&self) -> Vec<&str> {
        self.transcript.iter().map(|asked| asked.request.as_str()).collect()
    }

    /// The requests that the OP received, with their times. The OP remembers at least the last
    /// 5,000.
    pub fn transcript(&self) -> &[Asked] {
        &self.transcript
    }

    /// Forgets the requests that the OP has received so far.
    pub fn forget_asked(&mut self) {
        self.transcript.clear();
    }

    /// Responds to a request as an OP on the network would. A [`SendFailure`] stands for a failure
    /// of the network.
    pub fn handle(&mut self, request: Request) -> Result<Response, SendFailure> {
        if let Some(answer) = self.intercepted(&request) {
            return Ok(answer);
        }
        let (answer, wire) = self.over_the_wire(&request)?;
        match wire {
            Some(wire) => wire.in_memory(self, answer),
            None => Ok(answer),
        }
    }

    /// Sets a function that gets every request first and can respond to it in the OP's place. A
    /// request to which it responds is not processed any further: faults do not affect it, and the
    /// journal does not record it.
    pub fn intercept(
        &mut self,
        answer: impl FnMut(&mut Self, &Request) -> Option<Response> + Send + 'static,
    ) {
        self.interceptor = Some(Arc::new(Mutex::new(answer)));
    }

    pub(crate) fn intercepted(&mut self, request: &Request) -> Option<Response> {
        let interceptor = self.interceptor.clone()?;
        let answer = interceptor.lock().unwrap_or_else(PoisonError::into_inner)(self, request);
        // Set the interceptor again, because it may have replaced the whole OP.
        self.interceptor = Some(interceptor);
        answer
    }

    /// Returns the response, and the network failure to apply to it.
    pub(crate) fn over_the_wire(
        &mut self,
        request: &Request,
    ) -> Result<(Response, Option<Wire>), SendFailure> {
        let path = self.path(request);
        if let Some(page) = self.page(&path, request) {
            return Ok((page, None));
        }
        let entry = self.journal_entry(&path, request);
        let answered = self.reaction(&path, request);
        self.write_into_journal(entry, &answered);
        answered
    }

    /// Applies the reaction that a test has chosen for a request, if any, and returns the response.
    fn reaction(
        &mut self,
        path: &str,
        request: &Request,
    ) -> Result<(Response, Option<Wire>), SendFailure> {
        let asked = Asked { at: self.now(), request: format!("{} {path}", request.method()) };
        let reaction = self.mischief.decide(&asked);
        recent::note(&mut self.transcript, asked);
        match reaction {
            None => Ok((self.answer(path, request), None)),
            Some(Reaction::NotSent) => Err(SendFailure::NotSent),
            Some(Reaction::Lost) => Err(SendFailure::Lost),
            Some(Reaction::AnswerLost) => {
                self.answer(path, request);
                Err(SendFailure::Lost)
            }
            Some(Reaction::Reply(response)) => Ok((response, None)),
            Some(Reaction::Wire(wire)) => Ok((self.answer(path, request), Some(wire))),
        }
    }

    fn answer(&mut self, path: &str, request: &Request) -> Response {
        let mut response = match (request.method(), path) {
            (&Method::GET, "/.well-known/openid-configuration") => self.discovery(),
            (&Method::GET, "/jwkSet") => self.key_set(),
            (&Method::GET, "/authorization") => self.sign_in_page(request),
            (&Method::POST, "/authorization") => self.decision(request),
            (&Method::POST, "/token") => self.token(request),
            (&Method::GET, "/userinfo") => self.userinfo(request),
            (&Method::GET, "/picture") => self.picture(request),
            (&Method::POST, "/connect/revoke") => self.revoke(request),
            (&Method::POST, "/user_discovery_sessions") => self.user_discovery(request, None),
            (&Method::POST, "/backchannel/authentication") => {
                self.backchannel_authentication(request)
            }
            (&Method::POST, path) if path.starts_with("/user_discovery_sessions/") => {
                let session = path.strip_prefix("/user_discovery_sessions/");
                self.user_discovery(request, session)
            }
            (_, "/token" | "/connect/revoke" | "/backchannel/authentication") => {
                answer::error(405, "method_not_allowed", "the method must be POST")
            }
            _ => answer::error(404, "not_found", "no such endpoint"),
        };
        self.mischief.tamper(path, &mut response);
        response
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::World;

    #[test]
    fn an_interceptor_that_panics_is_still_there() {
        let mut op = FakeOp::new(World::new().clock());
        let mut asked = 0;
        op.intercept(move |_, _| {
            asked += 1;
            assert_ne!(asked, 1, "it panics");
            Some(Response::new(Vec::new()))
        });
        let mut ask = || op.handle(http::Request::new(Vec::new()));
        catch_unwind(AssertUnwindSafe(&mut ask)).expect_err("a panic");
        assert_eq!(ask().expect("an answer").status(), 200);
    }
}
