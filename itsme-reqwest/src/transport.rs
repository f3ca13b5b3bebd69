use std::{
    error::Error as StdError,
    io,
    time::{Duration, Instant},
};

use http::{HeaderValue, header};
use itsme_core::{
    Flow, MAX_RESPONSE_BYTES, Platform, Request, RequestLog, Response, SendFailure, SystemPlatform,
    Timeouts, drive_async, drive_async_with_keys,
};
use thiserror::Error as ThisError;
use tracing::{Instrument, info_span};

use crate::{Error, KeyHolder};

/// A reqwest client configured as the protocol requires. `Clone` is cheap and shares connections.
#[derive(Clone, Debug)]
pub struct Transport {
    client: reqwest::Client,
    /// `None` for a client passed to `danger_with_client`, which has its own timeouts.
    timeouts: Option<Timeouts>,
    key_holder: Option<KeyHolder>,
    user_agent: HeaderValue,
}

/// Some firewalls reject requests without a User-Agent.
const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// The reason why a client could not be created.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum SetupError {
    /// The settings are invalid.
    #[error(transparent)]
    Settings(#[from] itsme_core::Error),
    /// reqwest could not be set up, for example because there are no TLS root certificates.
    #[error("the HTTP client could not be set up")]
    HttpClient(#[source] reqwest::Error),
}

/// The reason why a request got no response. The error contains no URL, because a URL can contain
/// an authorization code.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum SendError {
    /// The connection could not be made, so the OP cannot have seen the request.
    #[error("could not connect")]
    NotSent(#[source] reqwest::Error),
    /// TLS failed, for example because of an expired or untrusted certificate, a wrong host name, or an old TLS
    /// version. The OP did not see the request.
    #[error("TLS failed; nothing was sent")]
    Tls(#[source] reqwest::Error),
    /// The connection broke, and the OP may have seen the request.
    #[error("the connection broke")]
    Lost(#[source] reqwest::Error),
    /// No response arrived in time.
    #[error("no response arrived in time")]
    TimedOut(#[source] reqwest::Error),
    /// The response is larger than 1 MiB.
    #[error("the response is larger than {MAX_RESPONSE_BYTES} bytes")]
    TooLarge,
}

impl Transport {
    /// Creates a transport with the default timeouts.
    ///
    /// # Errors
    /// If reqwest cannot set up TLS.
    pub fn new() -> Result<Self, SetupError> {
        Self::with_builder(reqwest::Client::builder(), Timeouts::default())
    }

    /// Creates a transport from your own builder, for example one with a proxy or a root
    /// certificate. Redirects, retries and timeouts are set here, overriding the builder.
    ///
    /// # Errors
    /// If reqwest cannot set up TLS.
    pub fn with_builder(
        builder: reqwest::ClientBuilder,
        timeouts: Timeouts,
    ) -> Result<Self, SetupError> {
        let client = builder
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .connect_timeout(timeouts.connect)
            .build();
        let client = client.map_err(SetupError::HttpClient)?;
        Ok(Self { timeouts: Some(timeouts), ..Self::danger_with_client(client) })
    }

    /// Creates a transport that uses an existing client. Nothing stops such a client from following
    /// a redirect with the authorization code in the URL, from sending a request twice, or from
    /// waiting forever, so make sure that it is built not to do any of these things. Its own timeouts apply to each
    /// attempt, not to all attempts at a request combined.
    pub fn danger_with_client(client: reqwest::Client) -> Self {
        let user_agent = HeaderValue::from_static(USER_AGENT);
        Self { client, timeouts: None, key_holder: None, user_agent }
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
    pub async fn run<T>(&self, flow: Flow<T>) -> Result<T, Error> {
        self.run_in(flow, &mut SystemPlatform::new()).await
    }

    /// Runs a flow with the caller's clock and randomness.
    ///
    /// # Errors
    /// If the flow fails, or the network or the key holder does.
    pub async fn run_in<T>(&self, flow: Flow<T>, platform: &mut impl Platform) -> Result<T, Error> {
        let span = info_span!(target: "itsme", "itsme", flow = flow.name());
        let (begun, mut countdown) = (Instant::now(), self.timeouts.map(Timeouts::countdown));
        let send = |request| {
            let left = countdown.as_mut().map(|it| it.left_for(&request, begun.elapsed()));
            self.send_within(request, left)
        };
        let sleep = tokio::time::sleep;
        match &self.key_holder {
            None => drive_async(flow, platform, send, sleep).instrument(span).await,
            Some(holder) => {
                let use_key = |operation| holder.use_key(operation);
                let driven = drive_async_with_keys(flow, platform, send, sleep, use_key);
                driven.instrument(span).await
            }
        }
    }

    /// Sends one request and reads its response, whatever its status, within the time limit.
    ///
    /// # Errors
    /// If no complete response of at most 1 MiB arrives. The [`SendFailure`] indicates whether the
    /// OP may have seen the request.
    pub async fn send(&self, request: Request) -> Result<Response, (SendFailure, SendError)> {
        self.send_within(request, self.timeouts.map(|timeouts| timeouts.total)).await
    }

    async fn send_within(
        &self,
        request: Request,
        left: Option<Duration>,
    ) -> Result<Response, (SendFailure, SendError)> {
        let (log, sent) = (RequestLog::new(&request), Instant::now());
        let outcome = self.exchange(request, left).await;
        log.write(&outcome, sent.elapsed());
        outcome.map_err(|error| (error.failure(), error))
    }

    async fn exchange(
        &self,
        request: Request,
        left: Option<Duration>,
    ) -> Result<Response, SendError> {
        let request = reqwest::Request::try_from(request.map(reqwest::Body::from));
        let mut request = request.map_err(SendError::of)?;
        if left.is_some() {
            *request.timeout_mut() = left;
        }
        request.headers_mut().insert(header::USER_AGENT, self.user_agent.clone());
        let mut response =
            self.client.execute(without_empty_body(request)).await.map_err(SendError::of)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(SendError::of)? {
            if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
                return Err(SendError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = Response::new(body);
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }
}

/// Removes an empty body, because it would add `Content-Length: 0`, which a GET must not have.
fn without_empty_body(mut request: reqwest::Request) -> reqwest::Request {
    let body = request.body_mut();
    *body = body.take().filter(|body| body.as_bytes() != Some(b""));
    request
}

impl SendError {
    fn of(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_connect() && is_of_tls(&error) {
            return Self::Tls(error);
        }
        if error.is_connect() || error.is_builder() {
            return Self::NotSent(error);
        }
        if error.is_timeout() { Self::TimedOut(error) } else { Self::Lost(error) }
    }

    /// Returns what the error means for the flow.
    fn failure(&self) -> SendFailure {
        match self {
            Self::NotSent(_) | Self::Tls(_) => SendFailure::NotSent,
            Self::Lost(_) => SendFailure::Lost,
            Self::TimedOut(_) => SendFailure::TimedOut,
            Self::TooLarge => SendFailure::TooLarge,
        }
    }
}

/// Whether TLS failed. This also looks inside I/O errors, because their `source` skips the error
/// that they wrap.
fn is_of_tls(error: &(dyn StdError + 'static)) -> bool {
    #[cfg(feature = "rustls")]
    if error.is::<rustls::Error>() {
        return true;
    }
    #[cfg(feature = "native-tls")]
    if error.is::<native_tls::Error>() {
        return true;
    }
    let within = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    within.is_some_and(|within| is_of_tls(within)) || error.source().is_some_and(is_of_tls)
}
