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
}

/// What is known of a request that got no response that could be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendFailure {
    /// The OP cannot have seen it: the host was not found, the connection was refused, or TLS failed before anything
    /// was sent.
    #[error("the request was not sent")]
    NotSent,
    /// The OP may have seen it, and the connection broke.
    #[error("the request got no answer")]
    Lost,
    /// The OP may have seen it, and the time for its answer is up: there is none for a second try.
    #[error("the request got no answer in time")]
    TimedOut,
    /// There is an answer of more than [`MAX_RESPONSE_BYTES`](crate::MAX_RESPONSE_BYTES), as there would be once more.
    #[error("the answer is too large")]
    TooLarge,
}

impl Attempt {
    pub(crate) fn at(endpoint: Endpoint) -> Self {
        Self { endpoint, number: 1 }
    }

    /// Counts on from another attempt at the same endpoint, which got no response.
    pub(crate) fn after(self, failed: Self) -> Self {
        if self.endpoint == failed.endpoint {
            return Self { number: failed.number + 1, ..self };
        }
        self
    }
}
