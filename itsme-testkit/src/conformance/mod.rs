//! A test suite for HTTP client adapters, run over real sockets.
//!
//! An adapter passes if it meets these requirements: it returns every status with its body, follows
//! no redirects, keeps no cookies, sends nothing twice, stops at 1 MiB and at the timeout,
//! distinguishes requests that cannot have been sent from those that may have been, adds nothing
//! that changes a request, and keeps URLs out of its errors.
//!
//! ```no_run
//! use itsme_testkit::conformance;
//! # use itsme_core::{SendFailure, Request, Response};
//! # #[derive(Debug)] struct MyError;
//! # impl std::fmt::Display for MyError { fn fmt(&self, _: &mut std::fmt::Formatter) -> std::fmt::Result { Ok(()) } }
//! # impl std::error::Error for MyError {}
//! # struct MyClient;
//! # impl MyClient {
//! #     fn with_timeouts(_: itsme_core::Timeouts) -> Self { Self }
//! #     fn send(&self, _: Request) -> Result<Response, (SendFailure, MyError)> { Err((SendFailure::Lost, MyError)) }
//! # }
//!
//! conformance::blocking(|timeouts| {
//!     let client = MyClient::with_timeouts(timeouts);
//!     move |request| client.send(request)
//! });
//! ```
//!
//! The suite uses only loopback and takes a few seconds. Unset the environment variables that
//! configure a proxy.

mod cases;
mod peer;

use std::{
    error::Error,
    fmt::Write as _,
    future::{Future, ready},
    time::{Duration, Instant},
};

use itsme_core::{Request, Response, SendFailure, Timeouts};

use self::cases::{Case, cases};
use crate::now::now;

/// The timeout that the adapter must respect.
const TOTAL: Duration = Duration::from_secs(1);
/// The time within which the adapter must have given up. It leaves a margin for a busy machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tests a blocking adapter. `make` returns the adapter's `send` function for these timeouts, in
/// the form that [`drive`](itsme_core::drive()) expects.
///
/// # Panics
/// If the adapter fails any case. The message lists every failure.
pub fn blocking<S, E>(make: impl FnOnce(Timeouts) -> S)
where
    S: FnMut(Request) -> Result<Response, (SendFailure, E)>,
    E: Error,
{
    let make = |timeouts| {
        let mut send = make(timeouts);
        move |request| ready(send(request))
    };
    now(asynchronous(make));
}

/// Tests an async adapter, on the runtime that polls this future. `make` returns the adapter's
/// `send` function for these timeouts.
///
/// # Panics
/// If the adapter fails any case. The message lists every failure.
pub async fn asynchronous<S, E, Sent>(make: impl FnOnce(Timeouts) -> S)
where
    S: FnMut(Request) -> Sent,
    Sent: Future<Output = Result<Response, (SendFailure, E)>>,
    E: Error,
{
    let mut send = make(Timeouts::default().total(TOTAL));
    let mut failed = Vec::new();
    for mut case in cases() {
        let mut outcomes = Vec::new();
        for request in case.requests() {
            let begun = Instant::now();
            let result = send(request).await;
            outcomes.push(Outcome::new(result, begun));
        }
        failed.extend(case.judge(outcomes));
    }
    assert!(failed.is_empty(), "the adapter does not conform:\n{}", failed.join("\n"));
}

/// The result of one request.
struct Outcome {
    result: Result<Response, SendFailure>,
    took: Duration,
    /// The error's full text, including its sources.
    error_text: String,
}

impl Outcome {
    fn new<E: Error>(result: Result<Response, (SendFailure, E)>, begun: Instant) -> Self {
        let took = begun.elapsed();
        let error_text = result.as_ref().err().map_or_else(String::new, |(_, error)| texts(error));
        Self { result: result.map_err(|(why, _)| why), took, error_text }
    }
}

fn texts(error: &dyn Error) -> String {
    let mut text = format!("{error:?}");
    let mut cause = Some(error);
    while let Some(error) = cause {
        let _ = write!(text, " {error}");
        cause = error.source();
    }
    text
}

impl Case {
    fn judge(self, outcomes: Vec<Outcome>) -> Option<String> {
        let name = self.name();
        for outcome in &outcomes {
            if outcome.took > PATIENCE {
                return Some(format!(
                    "- {name}: it took {:?}, but the timeout is {TOTAL:?}",
                    outcome.took
                ));
            }
            if outcome.error_text.contains(cases::SECRET) {
                return Some(format!(
                    "- {name}: the error contains the URL: {}",
                    outcome.error_text
                ));
            }
        }
        let results = outcomes.into_iter().map(|outcome| outcome.result).collect();
        self.check(results).err().map(|reason| format!("- {name}: {reason}"))
    }
}
