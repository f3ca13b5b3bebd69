use std::{error::Error, time::Instant};

use http::StatusCode;
use itsme_core::{Attempt, Request, Response};
use tracing::{debug, field, warn};

use crate::SendError;

/// A request that is under way, as the log may know it: no path, no query, no header, no body.
pub(crate) struct Sending {
    attempt: Option<Attempt>,
    host: Option<String>,
    since: Instant,
}

impl Sending {
    pub(crate) fn new(request: &Request) -> Self {
        Self {
            attempt: request.extensions().get().copied(),
            host: request.uri().host().map(str::to_owned),
            since: Instant::now(),
        }
    }

    /// One event: a warning if the OP gave no answer, or one that says it is in trouble.
    pub(crate) fn log(self, outcome: &Result<Response, SendError>) {
        let host = self.host.as_deref();
        let endpoint = self.attempt.map(|attempt| field::debug(attempt.endpoint));
        let attempt = self.attempt.map(|attempt| attempt.number);
        let ms = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        match outcome.as_ref().map(Response::status) {
            Ok(status) if is_trouble(status) => {
                let status = status.as_u16();
                warn!(endpoint, host, attempt, ms, status, "the OP is in trouble");
            }
            Ok(status) => {
                let status = status.as_u16();
                debug!(endpoint, host, attempt, ms, status, "the OP has answered");
            }
            Err(error) => {
                let error: &dyn Error = error;
                warn!(endpoint, host, attempt, ms, error, "the OP has not answered");
            }
        }
    }
}

fn is_trouble(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}
