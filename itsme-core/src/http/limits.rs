use std::time::{Duration, Instant};

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
        Countdown { total: self.total, begun: None }
    }
}

/// How much time is left, while a flow runs.
///
/// ```
/// # use itsme_core::{Request, Timeouts};
/// # use std::time::Instant;
/// # fn example(request: Request, now: fn() -> Instant) {
/// let mut countdown = Timeouts::default().countdown();
/// let send = |request: Request| {
///     let left = countdown.left_for(&request, now());
///     // … and give up after it.
/// };
/// # }
/// ```
#[derive(Debug)]
pub struct Countdown {
    total: Duration,
    begun: Option<Instant>,
}

impl Countdown {
    /// What is left for this request: all of it for a first try, and for a second one what the first has left.
    pub fn left_for(&mut self, request: &Request, now: Instant) -> Duration {
        let attempt: Option<&Attempt> = request.extensions().get();
        let begun = match self.begun {
            Some(begun) if attempt.is_some_and(|attempt| attempt.number > 1) => begun,
            _ => now,
        };
        self.begun = Some(begun);
        self.total.saturating_sub(now.saturating_duration_since(begun))
    }
}
