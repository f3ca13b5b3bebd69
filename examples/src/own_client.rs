//! Your own HTTP client: an example of how to run the flows with something other than reqwest or
//! ureq, in this case hyper. `tests/own_client.rs` checks that it conforms to the protocol's requirements.
//!
//! This client only supports plain HTTP. For TLS, use `hyper-rustls` as the connector.

use std::time::{Duration, Instant};

use http::{HeaderValue, header::USER_AGENT};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use itsme_core::{
    DriveError, Flow, MAX_RESPONSE_BYTES, Request, Response, SendFailure, SystemPlatform, Timeouts,
    drive_async,
};
use thiserror::Error;

/// A hyper client with timeouts.
#[derive(Clone, Debug)]
pub struct OwnClient {
    hyper: Client<HttpConnector, Full<Bytes>>,
    timeouts: Timeouts,
}

/// The reason why a request got no response.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SendError {
    /// The connection could not be made, or was lost.
    #[error("the connection failed")]
    Connection(#[source] hyper_util::client::legacy::Error),
    /// The response's body was truncated or too large.
    #[error("the response body is incomplete or too large")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No response arrived in time.
    #[error("the request timed out")]
    TimedOut,
}

impl OwnClient {
    /// Creates a client with these timeouts.
    pub fn new(timeouts: Timeouts) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(timeouts.connect));
        let mut builder = Client::builder(TokioExecutor::new());
        let hyper = builder.retry_canceled_requests(false).build(connector);
        Self { hyper, timeouts }
    }

    /// Runs a flow.
    ///
    /// # Errors
    /// If the flow or the network fails.
    pub async fn run<T>(&self, flow: Flow<T>) -> Result<T, DriveError<SendError>> {
        let env = &mut SystemPlatform::new();
        let (begun, mut countdown) = (Instant::now(), self.timeouts.countdown());
        let send = |request| {
            let left = countdown.left_for(&request, begun.elapsed());
            self.send(request, left)
        };
        drive_async(flow, env, send, tokio::time::sleep).await
    }

    /// Sends one request and reads its response, whatever its status, within the time that is left.
    ///
    /// # Errors
    /// If no complete response of at most 1 MiB arrives.
    pub async fn send(
        &self,
        request: Request,
        left: Duration,
    ) -> Result<Response, (SendFailure, SendError)> {
        let exchange = async {
            let mut request = request.map(|body| Full::new(Bytes::from(body)));
            request.headers_mut().insert(USER_AGENT, HeaderValue::from_static("own-client/1.0"));
            let response = self.hyper.request(request).await;
            let (head, body) = response.map_err(SendError::connection)?.into_parts();
            let body = Limited::new(body, MAX_RESPONSE_BYTES).collect().await;
            let body = body.map_err(SendError::body)?;
            Ok(Response::from_parts(head, body.to_bytes().to_vec()))
        };
        let outcome = tokio::time::timeout(left, exchange).await;
        outcome.unwrap_or(Err((SendFailure::TimedOut, SendError::TimedOut)))
    }
}

impl SendError {
    /// Converts a connection error. If no connection was made, the OP cannot have seen the
    /// request.
    fn connection(error: hyper_util::client::legacy::Error) -> (SendFailure, Self) {
        let why = if error.is_connect() { SendFailure::NotSent } else { SendFailure::Lost };
        (why, Self::Connection(error))
    }

    fn body(error: Box<dyn std::error::Error + Send + Sync>) -> (SendFailure, Self) {
        let is_large = error.is::<LengthLimitError>();
        let why = if is_large { SendFailure::TooLarge } else { SendFailure::Lost };
        (why, Self::Body(error))
    }
}
