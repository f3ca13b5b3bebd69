use std::{
    future::{Future, ready},
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::{
    Flow, Step,
    attempt::{Attempt, SendFailure},
    platform::Platform,
};
use crate::{
    error::{Advice, Error},
    http::{Request, Response},
};

/// Why a driven flow ended without its result.
#[derive(Debug, thiserror::Error)]
#[allow(clippy::exhaustive_enums, reason = "there is no third one")]
pub enum DriveError<E> {
    /// The protocol: see the [`Error`].
    #[error(transparent)]
    Flow(#[from] Error),
    /// The HTTP client: a request got no response, and the flow cannot go on without.
    #[error("no response from the {} (attempt {})", .attempt.endpoint, .attempt.number)]
    Transport {
        /// Which request it was, and for which time it was sent.
        attempt: Attempt,
        /// What the HTTP client said.
        source: E,
    },
}

impl<E> DriveError<E> {
    /// What to tell the person, and whether somebody else must know.
    pub fn advice(&self) -> Advice {
        match self {
            Self::Flow(error) => error.advice(),
            Self::Transport { .. } => Advice::TryLater,
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
    let send = |request| ready(send(request));
    let sleep = |duration| {
        sleep(duration);
        ready(())
    };
    let driven = pin!(drive_async(flow, platform, send, sleep));
    match driven.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("every future in it is ready"),
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
