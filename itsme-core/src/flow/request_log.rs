use std::{error::Error, time::Duration};

use http::StatusCode;
use tracing::{debug, field, warn};

use super::attempt::Attempt;
use crate::http::{Request, Response};

/// Logs a request without its path, query, headers or body. Requires the feature `tracing`.
///
/// The adapters use it to log each request with the target `itsme`, and you can use it with your own HTTP client. The
/// fields are the `endpoint` ([`Endpoint`](crate::Endpoint)), the `host`, the `attempt`, the duration in `ms`, and
/// either the `status` or the `error` with its causes.
///
/// | level | event |
/// |---|---|
/// | `debug` | the OP responded |
/// | `warn` | the OP is having problems: it responded with status 429 or 5xx |
/// | `warn` | the OP did not respond |
#[derive(Debug)]
pub struct RequestLog {
    attempt: Option<Attempt>,
    host: Option<String>,
}

impl RequestLog {
    /// Call this before the request is sent.
    pub fn new(request: &Request) -> Self {
        let host = request.uri().host().map(str::to_owned);
        Self { attempt: request.extensions().get().copied(), host }
    }

    /// Logs the outcome as one event. Call this after the request.
    pub fn write<E: Error + 'static>(self, outcome: &Result<Response, E>, took: Duration) {
        let host = self.host.as_deref();
        let endpoint = self.attempt.map(|attempt| field::debug(attempt.endpoint));
        let attempt = self.attempt.map(|attempt| attempt.number);
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        match outcome.as_ref().map(Response::status) {
            Ok(status) if is_trouble(status) => {
                let status = status.as_u16();
                warn!(target: "itsme", endpoint, host, attempt, ms, status, "the OP is in trouble");
            }
            Ok(status) => {
                let status = status.as_u16();
                debug!(target: "itsme", endpoint, host, attempt, ms, status, "the OP responded");
            }
            Err(error) => {
                let error: &dyn Error = error;
                warn!(target: "itsme", endpoint, host, attempt, ms, error, "the OP did not respond");
            }
        }
    }
}

fn is_trouble(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}
