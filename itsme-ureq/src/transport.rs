use std::{
    io::{self, Read},
    thread,
    time::{Duration, Instant},
};

use http::{HeaderValue, header};
use itsme_core::{
    Flow, MAX_RESPONSE_BYTES, Platform, Request, RequestLog, Response, SendFailure, SystemPlatform,
    Timeouts, drive, drive_with_keys,
};
use thiserror::Error as ThisError;
use tracing::info_span;
use ureq::{Agent, AsSendBody, Body, Timeout};

use crate::{Error, KeyHolder};

/// A ureq agent that is used as the protocol requires. `Clone` is cheap and shares connections.
#[derive(Clone, Debug)]
pub struct Transport {
    agent: Agent,
    timeouts: Timeouts,
    key_holder: Option<KeyHolder>,
    user_agent: HeaderValue,
}

/// Some firewalls reject requests without a User-Agent.
const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// ureq times out at least this much later than configured, because it rounds up the remaining time.
const LATE: Duration = Duration::from_millis(700);

/// ureq can also time out later by up to this fraction of the time, because Linux's socket timers are that coarse.
const COARSE: u32 = 8;

/// The reason why a request got no response. The error contains no URL, because a URL can contain
/// an authorization code.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum SendError {
    /// The connection could not be made, so the OP cannot have seen the request.
    #[error("could not connect")]
    NotSent(#[source] ureq::Error),
    /// TLS failed, for example because of an expired or untrusted certificate, a wrong host name, or an old TLS
    /// version. The OP did not see the request.
    #[error("TLS failed; nothing was sent")]
    Tls(#[source] ureq::Error),
    /// TLS failed, possibly after the request was sent.
    #[error("TLS failed; the OP may have seen the request")]
    TlsLost(#[source] ureq::Error),
    /// The connection broke, and the OP may have seen the request.
    #[error("the connection broke")]
    Lost(#[source] ureq::Error),
    /// No response arrived in time.
    #[error("no response arrived in time")]
    TimedOut(#[source] ureq::Error),
    /// The response is larger than 1 MiB.
    #[error("the response is larger than {MAX_RESPONSE_BYTES} bytes")]
    TooLarge,
}

impl Default for Transport {
    fn default() -> Self {
        Self::new()
    }
}

impl Transport {
    /// Creates a transport over an agent with the default timeouts.
    pub fn new() -> Self {
        #[allow(unused_mut, reason = "without native-tls")]
        let mut config = Agent::config_builder();
        #[cfg(all(feature = "native-tls", not(feature = "rustls")))]
        {
            let provider = ureq::tls::TlsProvider::NativeTls;
            let tls = ureq::tls::TlsConfig::builder().provider(provider);
            config = config.tls_config(tls.build());
        }
        Self::with_agent(config.build().new_agent(), Timeouts::default())
    }

    /// Creates a transport that uses your own agent, for example one with a proxy or a root certificate. The transport
    /// sets the options for redirects, statuses and timeouts on each request, overriding the agent's.
    pub fn with_agent(agent: Agent, timeouts: Timeouts) -> Self {
        Self { agent, timeouts, key_holder: None, user_agent: HeaderValue::from_static(USER_AGENT) }
    }

    /// Uses this key holder for [external](itsme_core::PrivateKeys::external) private keys, in
    /// every flow that this transport runs.
    #[must_use]
    pub fn key_holder(self, holder: KeyHolder) -> Self {
        Self { key_holder: Some(holder), ..self }
    }

    /// Sets the `User-Agent` header. Default: this crate's name and version.
    #[must_use]
    pub fn user_agent(self, user_agent: HeaderValue) -> Self {
        Self { user_agent, ..self }
    }

    /// Runs a flow with the system's clock and randomness.
    ///
    /// # Errors
    /// If the flow fails, or the network or the key holder does.
    pub fn run<T>(&self, flow: Flow<T>) -> Result<T, Error> {
        self.run_in(flow, &mut SystemPlatform::new())
    }

    /// Runs a flow with the caller's clock and randomness.
    ///
    /// # Errors
    /// If the flow fails, or the network or the key holder does.
    pub fn run_in<T>(&self, flow: Flow<T>, platform: &mut impl Platform) -> Result<T, Error> {
        let _span = info_span!(target: "itsme", "itsme", flow = flow.name()).entered();
        let (begun, mut countdown) = (Instant::now(), self.timeouts.countdown());
        let send = |request| {
            let left = countdown.left_for(&request, begun.elapsed());
            self.send_within(request, left)
        };
        match &self.key_holder {
            None => drive(flow, platform, send, thread::sleep),
            Some(holder) => {
                let use_key = |operation| holder.use_key(operation);
                drive_with_keys(flow, platform, send, thread::sleep, use_key)
            }
        }
    }

    /// Sends one request and reads its response, whatever its status, within the time limit.
    ///
    /// # Errors
    /// If no complete response of at most 1 MiB arrives. The [`SendFailure`] indicates whether the
    /// OP may have seen the request.
    pub fn send(&self, request: Request) -> Result<Response, (SendFailure, SendError)> {
        self.send_within(request, self.timeouts.total)
    }

    fn send_within(
        &self,
        request: Request,
        left: Duration,
    ) -> Result<Response, (SendFailure, SendError)> {
        let (log, sent) = (RequestLog::new(&request), Instant::now());
        let outcome = self.exchange(request, left);
        log.write(&outcome, sent.elapsed());
        outcome.map_err(|error| (error.failure(), error))
    }

    fn exchange(&self, mut request: Request, left: Duration) -> Result<Response, SendError> {
        request.headers_mut().insert(header::USER_AGENT, self.user_agent.clone());
        // Leave out an empty body, because it would add `Content-Length: 0`, which a GET must not have.
        let response = if request.body().is_empty() {
            self.run_agent(request.map(|_| ()), left)
        } else {
            self.run_agent(request, left)
        };
        let (head, mut body) = response.map_err(SendError::of)?.into_parts();
        let mut bytes = Vec::new();
        let mut capped = body.as_reader().take(MAX_RESPONSE_BYTES as u64 + 1);
        capped.read_to_end(&mut bytes).map_err(|error| SendError::of_body(error.into()))?;
        if bytes.len() > MAX_RESPONSE_BYTES {
            return Err(SendError::TooLarge);
        }
        Ok(Response::from_parts(head, bytes))
    }

    fn run_agent(
        &self,
        request: http::Request<impl AsSendBody>,
        left: Duration,
    ) -> Result<http::Response<Body>, ureq::Error> {
        let request = self
            .agent
            .configure_request(request)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(self.timeouts.connect))
            .timeout_global(Some(left.saturating_sub(LATE.max(left / COARSE)).max(left / 2)))
            .build();
        self.agent.run(request)
    }
}

impl SendError {
    fn of(error: ureq::Error) -> Self {
        use ureq::Error::{
            BadUri, ConnectionFailed, HostNotFound, Io, RequireHttpsOnly, Timeout as TimedOut,
        };
        match error {
            // These two errors quote the URL.
            BadUri(_) | RequireHttpsOnly(_) => Self::NotSent(ConnectionFailed),
            ConnectionFailed | HostNotFound | TimedOut(Timeout::Resolve | Timeout::Connect) => {
                Self::NotSent(error)
            }
            Io(ref cause) if cause.kind() == io::ErrorKind::ConnectionRefused => {
                Self::NotSent(error)
            }
            error if is_of_handshake(&error) => Self::Tls(error),
            error => Self::of_body(error),
        }
    }

    /// Converts an error that occurred after the request was sent, or may have been sent.
    fn of_body(error: ureq::Error) -> Self {
        match error {
            ureq::Error::Timeout(_) => Self::TimedOut(error),
            error if is_of_tls(&error) => Self::TlsLost(error),
            error => Self::Lost(error),
        }
    }

    /// Returns what the error means for the flow.
    fn failure(&self) -> SendFailure {
        match self {
            Self::NotSent(_) | Self::Tls(_) => SendFailure::NotSent,
            Self::Lost(_) | Self::TlsLost(_) => SendFailure::Lost,
            Self::TimedOut(_) => SendFailure::TimedOut,
            Self::TooLarge => SendFailure::TooLarge,
        }
    }
}

/// Whether TLS failed before anything was sent over it.
fn is_of_handshake(error: &ureq::Error) -> bool {
    #[cfg(feature = "rustls")]
    if let Some(error) = of_rustls(error) {
        return cannot_be_later(error);
    }
    is_of_tls(error)
}

/// Whether TLS failed at any time.
fn is_of_tls(error: &ureq::Error) -> bool {
    #[cfg(feature = "rustls")]
    if of_rustls(error).is_some() {
        return true;
    }
    #[cfg(feature = "native-tls")]
    if matches!(error, ureq::Error::NativeTls(_) | ureq::Error::Der(_)) {
        return true;
    }
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    if matches!(error, ureq::Error::Pem(_)) {
        return true;
    }
    matches!(error, ureq::Error::Tls(_))
}

#[cfg(feature = "rustls")]
fn of_rustls(error: &ureq::Error) -> Option<&rustls::Error> {
    match error {
        ureq::Error::Rustls(error) => Some(error),
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref(),
        _ => None,
    }
}

/// Whether the handshake failed because the certificate was rejected or because the two sides have no version or
/// cipher in common. Other alerts can arrive after the request, and a code that the OP may have seen must not be sent
/// again.
#[cfg(feature = "rustls")]
fn cannot_be_later(error: &rustls::Error) -> bool {
    use rustls::{AlertDescription, Error};
    matches!(
        error,
        Error::InvalidCertificate(_)
            | Error::NoCertificatesPresented
            | Error::NoApplicationProtocol
            | Error::PeerIncompatible(_)
            | Error::AlertReceived(
                AlertDescription::InsufficientSecurity
                    | AlertDescription::ProtocolVersion
                    | AlertDescription::UnrecognisedName
            )
    )
}
