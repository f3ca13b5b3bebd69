use std::{future::Future, time::Duration};

use thiserror::Error as ThisError;

use crate::{
    Request, Response,
    env::Env,
    error::Error,
    flow::{Failure, Flow, Step},
};

/// Why a driven flow ended without its result.
#[derive(Debug, ThisError)]
#[allow(clippy::exhaustive_enums, reason = "there is no third one")]
pub enum DriveError<E> {
    /// The protocol: see the [`Error`].
    #[error(transparent)]
    Flow(#[from] Error),
    /// The HTTP client: a request got no response, and the flow cannot go on without.
    #[error("no response from the OP: {0}")]
    Transport(#[source] E),
}

impl<E> DriveError<E> {
    /// Whether it is the person's own choice, and no error of anybody.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Flow(Error::Cancelled))
    }
}

/// Runs a flow to its end over a blocking HTTP client.
///
/// `send` makes one request, follows no redirect and gives back any response, whatever its status;
/// `sleep` waits; `what_became` says of an error of `send` whether the OP can have seen the
/// request. An HTTP client is plugged in with these three:
///
/// ```
/// # use itsme_core::{Client, DriveError, Env, Failure, FetchProvider, Provider, Request, Response, drive};
/// # use std::{io, sync::Arc, thread};
/// # fn exchange(request: Request) -> io::Result<Response> { Err(io::ErrorKind::Unsupported.into()) }
/// # fn example(client: Client, env: &mut impl Env) -> Result<Arc<Provider>, DriveError<io::Error>> {
/// let what_became = |error: &io::Error| match error.kind() {
///     io::ErrorKind::ConnectionRefused => Failure::NotSent,
///     _ => Failure::Lost,
/// };
/// drive(client.refresh(), env, exchange, thread::sleep, what_became)
/// # }
/// ```
///
/// # Errors
/// The flow failed, or a request got no response and cannot be made again.
pub fn drive<F: Flow, E>(
    flow: F,
    env: &mut impl Env,
    mut send: impl FnMut(Request) -> Result<Response, E>,
    mut sleep: impl FnMut(Duration),
    mut what_became: impl FnMut(&E) -> Failure,
) -> Result<F::Output, DriveError<E>> {
    let mut step = flow.start(env)?;
    loop {
        step = match step {
            Step::Send(request, pending) => match send(request) {
                Ok(response) => pending.receive(response, env)?,
                Err(error) => match pending.failed(what_became(&error), env)? {
                    Some(step) => step,
                    None => return Err(DriveError::Transport(error)),
                },
            },
            Step::Wait(duration, paused) => {
                sleep(duration);
                paused.resume(env)?
            }
            Step::Done(output) => return Ok(output),
        }
    }
}

/// Runs a flow to its end over an async HTTP client, in whatever runtime: the same as
/// [`drive()`](crate::drive()) with futures. Dropping the future abandons the flow and nothing else.
///
/// # Errors
/// The flow failed, or a request got no response and cannot be made again.
pub async fn drive_async<F, E, Sent, Slept>(
    flow: F,
    env: &mut impl Env,
    mut send: impl FnMut(Request) -> Sent,
    mut sleep: impl FnMut(Duration) -> Slept,
    mut what_became: impl FnMut(&E) -> Failure,
) -> Result<F::Output, DriveError<E>>
where
    F: Flow,
    Sent: Future<Output = Result<Response, E>>,
    Slept: Future<Output = ()>,
{
    let mut step = flow.start(env)?;
    loop {
        step = match step {
            Step::Send(request, pending) => match send(request).await {
                Ok(response) => pending.receive(response, env)?,
                Err(error) => match pending.failed(what_became(&error), env)? {
                    Some(step) => step,
                    None => return Err(DriveError::Transport(error)),
                },
            },
            Step::Wait(duration, paused) => {
                sleep(duration).await;
                paused.resume(env)?
            }
            Step::Done(output) => return Ok(output),
        }
    }
}
