use std::time::Duration;

use super::Request;
use crate::flow::attempt::Attempt;

/// The most bytes of a response body that are taken, 1 MiB. An HTTP client stops reading there;
/// core refuses what is larger.
pub const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

/// How long an HTTP client tries for one answer. Without such limits a silent OP would hold a login for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// Until the connection stands, including TLS. Default: 10 seconds.
    pub connect: Duration,
    /// Until the last byte of the response, including the connection, and the second try if there is one. Default: 30
    /// seconds.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), total: Duration::from_secs(30) }
    }
}

impl Timeouts {
    /// Another limit for the connection.
    #[must_use]
    pub fn connect(self, connect: Duration) -> Self {
        Self { connect, ..self }
    }

    /// Another limit for the whole answer.
    #[must_use]
    pub fn total(self, total: Duration) -> Self {
        Self { total, ..self }
    }

    /// What is left of [`total`](Self::total) for this request: less, if it is made once more.
    pub fn left_for(self, request: &Request) -> Duration {
        let attempt: Option<&Attempt> = request.extensions().get();
        self.total.saturating_sub(attempt.map_or(Duration::ZERO, |attempt| attempt.elapsed))
    }
}
