use std::time::Duration;

use super::Request;
use crate::flow::attempt::Attempt;

/// The maximum size of a response body, 1 MiB. An HTTP client must stop reading there, and the core rejects anything
/// larger.
pub const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

/// How long an HTTP client waits for one response. Without these limits, a login would hang forever if the OP did not
/// respond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// Until the connection is established, including TLS. Default: 10 seconds.
    pub connect: Duration,
    /// Until the last byte of the response, including the connection and the second attempt, if there is one. Default:
    /// 30 seconds.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), total: Duration::from_secs(30) }
    }
}

impl Timeouts {
    /// Sets the limit for the connection.
    #[must_use]
    pub fn connect(self, connect: Duration) -> Self {
        Self { connect, ..self }
    }

    /// Sets the limit for the whole response.
    #[must_use]
    pub fn total(self, total: Duration) -> Self {
        Self { total, ..self }
    }

    /// Starts a countdown for one flow, in which all attempts to get one response share the [`total`](Self::total).
    pub fn countdown(self) -> Countdown {
        Countdown { total: self.total, begun: Duration::ZERO }
    }
}

/// Measures the time left while a flow runs.
///
/// ```
/// # use itsme_core::{Request, Timeouts};
/// use std::time::Instant;
///
/// let (begun, mut countdown) = (Instant::now(), Timeouts::default().countdown());
/// let send = |request: Request| {
///     let left = countdown.left_for(&request, begun.elapsed());
///     // … send the request, and time out after `left`.
/// };
/// # let _ = send;
/// ```
#[derive(Debug)]
pub struct Countdown {
    total: Duration,
    /// The time of the first attempt to get the current response.
    begun: Duration,
}

impl Countdown {
    /// The time left for this request: for a first attempt, the total; for a second attempt, whatever the first one
    /// left over. `elapsed` is how long the flow has been running, measured with a monotonic clock.
    pub fn left_for(&mut self, request: &Request, elapsed: Duration) -> Duration {
        let attempt: Option<&Attempt> = request.extensions().get();
        if attempt.is_none_or(|attempt| attempt.number == 1) {
            self.begun = elapsed;
        }
        self.total.saturating_sub(elapsed.saturating_sub(self.begun))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::endpoint::Endpoint;

    #[test]
    fn both_attempts_share_the_total() {
        let [connect, total] = [1, 10].map(Duration::from_secs);
        let timeouts = Timeouts::default().connect(connect).total(total);
        assert_eq!((timeouts.connect, timeouts.total), (connect, total));
        let request = |number| {
            let mut request = Request::new(Vec::new());
            request.extensions_mut().insert(Attempt { endpoint: Endpoint::KeySet, number });
            request
        };
        let mut countdown = timeouts.countdown();
        let mut left = |number, elapsed| {
            countdown.left_for(&request(number), Duration::from_secs(elapsed)).as_secs()
        };
        assert_eq!([left(1, 5), left(2, 9), left(2, 30)], [10, 6, 0]);
        assert_eq!(left(1, 30), 10, "for the next response");
    }
}
