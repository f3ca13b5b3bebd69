use crate::http::endpoint::Endpoint;

/// Identifies a request in logs and metrics. Every [`Request`](crate::Request) that a flow sends has an `Attempt` in
/// its extensions. Unlike the request's URL, it contains nothing about the user.
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
    /// The endpoint to which the request is sent.
    pub endpoint: Endpoint,
    /// The attempt number: 1 for the first, and one higher each time the previous attempt got no response.
    pub number: u32,
}

/// What is known about a request that got no usable response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendFailure {
    /// The OP cannot have received the request: the host was not found, the connection was refused, or TLS failed
    /// before anything was sent.
    #[error("the request was not sent")]
    NotSent,
    /// The connection broke, but the OP may have received the request.
    #[error("the request got no response")]
    Lost,
    /// The OP may have received the request but did not respond in time. The request is not retried, because no time
    /// is left.
    #[error("the request got no response in time")]
    TimedOut,
    /// The response is larger than [`MAX_RESPONSE_BYTES`](crate::MAX_RESPONSE_BYTES). The request is not retried,
    /// because the response would be too large again.
    #[error("the response is too large")]
    TooLarge,
}

impl Attempt {
    pub(crate) fn at(endpoint: Endpoint) -> Self {
        Self { endpoint, number: 1 }
    }

    /// Continues the count if the failed attempt was to the same endpoint.
    pub(crate) fn after(self, failed: Self) -> Self {
        if self.endpoint == failed.endpoint {
            return Self { number: failed.number + 1, ..self };
        }
        self
    }
}
