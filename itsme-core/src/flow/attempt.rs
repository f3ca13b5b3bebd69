use std::time::Duration;

use crate::http::endpoint::Endpoint;

/// Which request it is, for logs and metrics: an extension of every [`Request`](crate::Request) that
/// a flow sends. Unlike the request's URL, it has nothing of the person in it.
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
    /// Which of the OP's addresses it goes to.
    pub endpoint: Endpoint,
    /// 1 for the first. More: the one before got no response.
    pub number: u32,
    /// How long ago the first one was sent, by the clock of the flow. All tries for one answer share one limit, see
    /// [`Timeouts::left_for`](crate::Timeouts::left_for).
    pub elapsed: Duration,
}

/// What is known of a request that got no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendFailure {
    /// The OP cannot have seen it: the host was not found, or the connection was refused.
    #[error("the request was not sent")]
    NotSent,
    /// The OP may have seen it: the connection broke, or the time was up.
    #[error("the request got no answer")]
    Lost,
    /// There is an answer of more than [`MAX_RESPONSE_BYTES`](crate::MAX_RESPONSE_BYTES), as there would be once more.
    #[error("the answer is too large")]
    TooLarge,
}

impl Attempt {
    pub(crate) fn at(endpoint: Endpoint) -> Self {
        Self { endpoint, number: 1, elapsed: Duration::ZERO }
    }

    /// Counts on from another attempt at the same endpoint, which got no response.
    pub(crate) fn after(self, failed: Self, elapsed: Duration) -> Self {
        if self.endpoint == failed.endpoint {
            return Self { number: failed.number + 1, elapsed, ..self };
        }
        self
    }
}
