use crate::http::endpoint::Endpoint;

/// Identifies a request in logs and metrics. Every [`Request`](crate::Request) that a flow sends has one as an
/// extension. Unlike the request's URL, it contains nothing about the person.
///
/// ```
/// # use itsme_core::{Attempt, Endpoint, Request};
/// # fn example(request: &Request) {
/// if let Some(Attempt { endpoint, number, .. }) = request.extensions().get() {
///     println!("attempt {number} at the {endpoint}");
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// The endpoint the request goes to.
    pub endpoint: Endpoint,
    /// 1 for the first attempt. Higher: the previous one got no response.
    pub number: u32,
}

/// What is known about a request without a usable response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendFailure {
    /// The OP cannot have seen the request: the host was not found, the connection was refused, or TLS failed before
    /// anything was sent.
    #[error("the request was not sent")]
    NotSent,
    /// The OP may have seen the request, but the connection broke.
    #[error("the request got no response")]
    Lost,
    /// The OP may have seen the request, but the time for its response is up, so there is no time for a second try
    /// either.
    #[error("the request got no response in time")]
    TimedOut,
    /// The response is larger than [`MAX_RESPONSE_BYTES`](crate::MAX_RESPONSE_BYTES), and would be again.
    #[error("the response is too large")]
    TooLarge,
}

impl Attempt {
    pub(crate) fn at(endpoint: Endpoint) -> Self {
        Self { endpoint, number: 1 }
    }

    /// Continues the count of a failed attempt at the same endpoint.
    pub(crate) fn after(self, failed: Self) -> Self {
        if self.endpoint == failed.endpoint {
            return Self { number: failed.number + 1, ..self };
        }
        self
    }
}
