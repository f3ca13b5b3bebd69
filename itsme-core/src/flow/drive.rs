use std::{fmt, future::Future, time::Duration};

use super::{Flow, SendFailure, Step, attempt::Attempt, platform::Platform};
use crate::{
    error::Error,
    http::{Request, Response},
};

/// Why a driven flow ended without its result.
#[derive(Debug)]
#[allow(clippy::exhaustive_enums, reason = "there is no third one")]
pub enum DriveError<E> {
    /// The protocol: see the [`Error`].
    Flow(Error),
    /// The HTTP client: a request got no response, and the flow cannot go on without.
    Transport {
        /// Which request it was, and for which time it was sent.
        attempt: Attempt,
        /// What the HTTP client said.
        source: E,
    },
}

impl<E> DriveError<E> {
    /// Whether it is the person's own choice, and no error of anybody.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Flow(Error::Cancelled))
    }
}

impl<E> From<Error> for DriveError<E> {
    fn from(error: Error) -> Self {
        Self::Flow(error)
    }
}

impl<E> fmt::Display for DriveError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flow(error) => error.fmt(f),
            Self::Transport { attempt: Attempt { endpoint, number }, .. } => {
                write!(f, "no response from the {endpoint} (attempt {number})")
            }
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for DriveError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Flow(error) => error.source(),
            Self::Transport { source, .. } => Some(source),
        }
    }
}

/// Runs a flow to its end over a blocking HTTP client.
///
/// `send` makes one request, follows no redirect and gives back any response, whatever its status;
/// if there is none, it says whether the OP can have seen the request, and why. `sleep` waits. An
/// HTTP client is plugged in with these two:
///
/// ```
/// # use itsme_core::{Client, DriveError, Platform, SendFailure, Provider, Request, Response, drive};
/// # use std::{io, sync::Arc, thread};
/// # fn exchange(request: Request) -> io::Result<Response> { Err(io::ErrorKind::Unsupported.into()) }
/// # fn example(client: Client, platform: &mut impl Platform) -> Result<Arc<Provider>, DriveError<io::Error>> {
/// let send = |request| {
///     exchange(request).map_err(|error| match error.kind() {
///         io::ErrorKind::ConnectionRefused => (SendFailure::NotSent, error),
///         _ => (SendFailure::Lost, error),
///     })
/// };
/// drive(client.refresh(), platform, send, thread::sleep)
/// # }
/// ```
///
/// # Errors
/// The flow failed, or a request got no response and cannot be made again.
pub fn drive<T, E>(
    flow: Flow<T>,
    platform: &mut impl Platform,
    mut send: impl FnMut(Request) -> Result<Response, (SendFailure, E)>,
    mut sleep: impl FnMut(Duration),
) -> Result<T, DriveError<E>> {
    let mut step = flow.start(platform)?;
    loop {
        step = match step {
            Step::Send(request, pending) => {
                let attempt = pending.attempt();
                match send(request) {
                    Ok(response) => pending.receive(response, platform)?,
                    Err((why, source)) => pending
                        .failed(why, platform)?
                        .ok_or(DriveError::Transport { attempt, source })?,
                }
            }
            Step::Wait(duration, paused) => {
                sleep(duration);
                paused.resume(platform)?
            }
            Step::Done(output) => return Ok(output),
        }
    }
}

/// Runs a flow to its end over an async HTTP client, in whatever runtime: [`drive()`](crate::drive())
/// with futures. Dropping the future abandons the flow and nothing else.
///
/// # Errors
/// The flow failed, or a request got no response and cannot be made again.
pub async fn drive_async<T, E, Sent, Slept>(
    flow: Flow<T>,
    platform: &mut impl Platform,
    mut send: impl FnMut(Request) -> Sent,
    mut sleep: impl FnMut(Duration) -> Slept,
) -> Result<T, DriveError<E>>
where
    Sent: Future<Output = Result<Response, (SendFailure, E)>>,
    Slept: Future<Output = ()>,
{
    let mut step = flow.start(platform)?;
    loop {
        step = match step {
            Step::Send(request, pending) => {
                let attempt = pending.attempt();
                match send(request).await {
                    Ok(response) => pending.receive(response, platform)?,
                    Err((why, source)) => pending
                        .failed(why, platform)?
                        .ok_or(DriveError::Transport { attempt, source })?,
                }
            }
            Step::Wait(duration, paused) => {
                sleep(duration).await;
                paused.resume(platform)?
            }
            Step::Done(output) => return Ok(output),
        }
    }
}
