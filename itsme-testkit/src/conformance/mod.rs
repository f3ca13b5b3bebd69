//! What an HTTP client must do and must not do to carry the protocol, proved over a real socket.
//!
//! An adapter passes if it gives on every status with its body, follows no redirect, keeps no
//! cookie, sends nothing twice, stops at 1 MiB and when the time is up, tells what cannot have
//! been sent from what may have been, adds nothing to the request that would change it, and puts
//! no URL into its errors.
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
//! The suite uses loopback alone, takes some seconds and ends by itself. Environment variables
//! that name a proxy must be unset.

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

/// What the adapter is told to keep to.
const TOTAL: Duration = Duration::from_secs(1);
/// By when it must have given up; the rest is for a busy machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// Puts a blocking adapter to the test. `make` gives its `send` for these timeouts, as
/// [`drive`](itsme_core::drive()) takes it.
///
/// # Panics
/// The adapter fails a case; the message names all that it failed.
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

/// Puts an async adapter to the test, in the runtime that polls this future.
///
/// # Panics
/// The adapter fails a case; the message names all that it failed.
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

/// What became of one request.
struct Outcome {
    result: Result<Response, SendFailure>,
    took: Duration,
    /// Everything that the error says of itself.
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
                return Some(format!("- {name}: took {:?}, allowed {TOTAL:?}", outcome.took));
            }
            if outcome.error_text.contains(cases::SECRET) {
                return Some(format!("- {name}: the URL is in the error: {}", outcome.error_text));
            }
        }
        let results = outcomes.into_iter().map(|outcome| outcome.result).collect();
        self.check(results).err().map(|reason| format!("- {name}: {reason}"))
    }
}
