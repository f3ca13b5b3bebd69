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

    /// For one flow, whose tries for one answer share the [`total`](Self::total).
    pub fn countdown(self) -> Countdown {
        Countdown { total: self.total, begun: Duration::ZERO }
    }
}

/// How much time is left, while a flow runs.
///
/// ```
/// # use itsme_core::{Request, Timeouts};
/// use std::time::Instant;
///
/// let (begun, mut countdown) = (Instant::now(), Timeouts::default().countdown());
/// let send = |request: Request| {
///     let left = countdown.left_for(&request, begun.elapsed());
///     // … and give up after it.
/// };
/// # let _ = send;
/// ```
#[derive(Debug)]
pub struct Countdown {
    total: Duration,
    /// When the first try for this answer was made.
    begun: Duration,
}

impl Countdown {
    /// What is left for this request: all of it for a first try, and for a second one what the first has left.
    /// `elapsed` is how long the flow runs already, by a clock that nobody can set.
    pub fn left_for(&mut self, request: &Request, elapsed: Duration) -> Duration {
        let attempt: Option<&Attempt> = request.extensions().get();
        if attempt.is_none_or(|attempt| attempt.number == 1) {
            self.begun = elapsed;
        }
        self.total.saturating_sub(elapsed.saturating_sub(self.begun))
    }
}
