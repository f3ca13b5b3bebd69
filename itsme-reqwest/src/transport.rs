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
    /// `None` for a finished client, which has its own.
    timeouts: Option<Timeouts>,
    key_holder: Option<KeyHolder>,
    user_agent: HeaderValue,
}

/// Some firewalls reject requests without a User-Agent.
const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// Why a client could not be created.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum SetupError {
    /// The settings are invalid.
    #[error(transparent)]
    Settings(#[from] itsme_core::Error),
    /// reqwest could not be set up, for example without TLS roots.
    #[error("the HTTP client cannot be set up")]
    HttpClient(#[source] reqwest::Error),
}

/// Why a request got no response. It names no URL, because a URL can contain a code.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum SendError {
    /// There was no connection, so the OP cannot have seen the request.
    #[error("could not connect")]
    NotSent(#[source] reqwest::Error),
    /// TLS failed: an expired or untrusted certificate, the wrong name, or an old version. The OP saw nothing.
    #[error("TLS failed; nothing was sent")]
    Tls(#[source] reqwest::Error),
    /// The connection broke.
    #[error("the connection broke")]
    Lost(#[source] reqwest::Error),
    /// No answer arrived in time.
    #[error("no answer arrived in time")]
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

    /// Creates a transport from your own builder, for example with a proxy or a root certificate.
    /// It sets redirects, retries and timeouts itself, overriding the builder.
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

    /// Creates a transport over a finished client. Nothing stops such a client from following a
    /// redirect with the code in it, from sending twice, or from waiting forever: it must have been
    /// built not to. Its own limits apply to each request, not to all attempts for one answer.
    pub fn danger_with_client(client: reqwest::Client) -> Self {
        let user_agent = HeaderValue::from_static(USER_AGENT);
        Self { client, timeouts: None, key_holder: None, user_agent }
    }

    /// Uses this key holder for
    /// [external](itsme_core::PrivateKeys::external) private keys, in every flow that runs here.
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
    /// Those of the flow or the network.
    pub async fn run<T>(&self, flow: Flow<T>) -> Result<T, Error> {
        self.run_in(flow, &mut SystemPlatform::new()).await
    }

    /// Runs a flow with the caller's clock and randomness.
    ///
    /// # Errors
    /// Those of the flow or the network.
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

    /// Sends one request and reads its response, whatever its status, within the time limit for one answer.
    ///
    /// # Errors
    /// If there is no complete response of at most 1 MiB. The [`SendFailure`] says whether the
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

/// Removes an empty body: it would add `Content-Length: 0`, which a GET must not have.
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

    /// What the error means for the flow.
    fn failure(&self) -> SendFailure {
        match self {
            Self::NotSent(_) | Self::Tls(_) => SendFailure::NotSent,
            Self::Lost(_) => SendFailure::Lost,
            Self::TimedOut(_) => SendFailure::TimedOut,
            Self::TooLarge => SendFailure::TooLarge,
        }
    }
}

/// Whether TLS failed. An I/O error hides its inner error from `source`.
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
