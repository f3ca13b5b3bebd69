use std::time::Duration;

/// The most bytes of a response body that are taken, 1 MiB. An HTTP client stops reading there;
/// core refuses what is larger.
pub const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

/// How long an HTTP client tries. Without such limits a silent OP would hold a login for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// Until the connection stands, including TLS. Default: 10 seconds.
    pub connect: Duration,
    /// Until the last byte of the response, including the connection. Default: 30 seconds.
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

    /// Another limit for the whole request.
    #[must_use]
    pub fn total(self, total: Duration) -> Self {
        Self { total, ..self }
    }
}
