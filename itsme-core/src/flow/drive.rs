use std::{
    error::Error as StdError,
    future::{Future, Ready, ready},
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use zeroize::Zeroizing;

use super::{
    AwaitingKey, Flow, Step,
    attempt::{Attempt, SendFailure},
    key_operation::{KeyFailure, KeyOperation},
    platform::Platform,
};
use crate::{
    error::{Advice, Error},
    http::{Request, Response},
};

/// The reason that a driven flow failed.
#[derive(Debug, thiserror::Error)]
#[allow(clippy::exhaustive_enums, reason = "a driver can fail only in these three ways")]
pub enum DriveError<E> {
    /// The flow ended with an error of its own; see [`Error`].
    #[error(transparent)]
    Flow(#[from] Error),
    /// The HTTP client got no response to a request, and the flow cannot continue without it.
    #[error("no response from the {} (attempt {})", .attempt.endpoint, .attempt.number)]
    Transport {
        /// The endpoint and the attempt number.
        attempt: Attempt,
        /// The HTTP client's error.
        source: E,
    },
    /// The key holder did not perform an operation with a private key.
    #[error("{algorithm} with the key `{kid}` failed: {failure}")]
    Key {
        /// The key's `kid`.
        kid: String,
        /// The algorithm of the requested operation: `RS256`, `RSA-OAEP` or `RSA-OAEP-256`.
        algorithm: &'static str,
        /// What is known about the failure.
        failure: KeyFailure,
        /// The key holder's error.
        source: Box<dyn StdError + Send + Sync>,
    },
}

/// The outcome of a key operation: the result, or the kind of failure together with the key holder's error.
pub type KeyResult = Result<Zeroizing<Vec<u8>>, (KeyFailure, Box<dyn StdError + Send + Sync>)>;

impl<E> DriveError<E> {
    /// What to tell the user, and whether to alert anyone.
    pub fn advice(&self) -> Advice {
        match self {
            Self::Flow(error) => error.advice(),
            Self::Transport { .. } | Self::Key { failure: KeyFailure::Unavailable, .. } => {
                Advice::TryLater
            }
            Self::Key { .. } => Advice::OurFault,
        }
    }
}

/// Runs a flow to completion with a blocking HTTP client.
///
/// `send` makes one request, follows no redirects, and returns the response, whatever its status. If there is no
/// response, `send` returns a [`SendFailure`], which states whether the OP may have received the request, along with
/// the HTTP client's error. `sleep` waits. You plug in an HTTP client with these two functions:
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
/// The flow failed, or a request got no response and cannot be retried.
pub fn drive<T, E>(
    flow: Flow<T>,
    platform: &mut impl Platform,
    send: impl FnMut(Request) -> Result<Response, (SendFailure, E)>,
    sleep: impl FnMut(Duration),
) -> Result<T, DriveError<E>> {
    let use_key = None::<fn(KeyOperation) -> KeyResult>;
    drive_blocking(flow, platform, send, sleep, use_key)
}

/// Like [`drive()`](crate::drive()), but for a client with [external](crate::PrivateKeys::external) private keys:
/// `use_key` has the key holder perform one operation. If it fails with
/// [`Unavailable`](KeyFailure::Unavailable), it is called one more time, half a second later.
///
/// # Errors
/// The errors of [`drive()`](crate::drive()), or a key operation failed.
pub fn drive_with_keys<T, E>(
    flow: Flow<T>,
    platform: &mut impl Platform,
    send: impl FnMut(Request) -> Result<Response, (SendFailure, E)>,
    sleep: impl FnMut(Duration),
    use_key: impl FnMut(KeyOperation) -> KeyResult,
) -> Result<T, DriveError<E>> {
    drive_blocking(flow, platform, send, sleep, Some(use_key))
}

fn drive_blocking<T, E>(
    flow: Flow<T>,
    platform: &mut impl Platform,
    mut send: impl FnMut(Request) -> Result<Response, (SendFailure, E)>,
    mut sleep: impl FnMut(Duration),
    use_key: Option<impl FnMut(KeyOperation) -> KeyResult>,
) -> Result<T, DriveError<E>> {
    let send = |request| ready(send(request));
    let sleep = |duration| {
        sleep(duration);
        ready(())
    };
    let use_key = use_key.map(|mut use_key| move |operation| ready(use_key(operation)));
    let driven = pin!(run(flow, platform, send, sleep, use_key));
    match driven.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("all futures in the flow are ready"),
    }
}

/// Runs a flow to completion with an async HTTP client, in any runtime. This is [`drive()`](crate::drive()) with
/// futures. Dropping the future abandons the flow and has no other effect.
///
/// # Errors
/// The flow failed, or a request got no response and cannot be retried.
pub async fn drive_async<T, E, Sent, Slept>(
    flow: Flow<T>,
    platform: &mut impl Platform,
    send: impl FnMut(Request) -> Sent,
    sleep: impl FnMut(Duration) -> Slept,
) -> Result<T, DriveError<E>>
where
    Sent: Future<Output = Result<Response, (SendFailure, E)>>,
    Slept: Future<Output = ()>,
{
    let use_key = None::<fn(KeyOperation) -> Ready<KeyResult>>;
    run(flow, platform, send, sleep, use_key).await
}

/// Like [`drive_async`](crate::drive_async), but for a client with [external](crate::PrivateKeys::external) private
/// keys. This is [`drive_with_keys`](crate::drive_with_keys) with futures.
///
/// # Errors
/// The errors of [`drive_async`](crate::drive_async), or a key operation failed.
pub async fn drive_async_with_keys<T, E, Sent, Slept, Used>(
    flow: Flow<T>,
    platform: &mut impl Platform,
    send: impl FnMut(Request) -> Sent,
    sleep: impl FnMut(Duration) -> Slept,
    use_key: impl FnMut(KeyOperation) -> Used,
) -> Result<T, DriveError<E>>
where
    Sent: Future<Output = Result<Response, (SendFailure, E)>>,
    Slept: Future<Output = ()>,
    Used: Future<Output = KeyResult>,
{
    run(flow, platform, send, sleep, Some(use_key)).await
}

/// Steps through a flow in a loop until the flow ends.
async fn run<T, E, Sent, Slept, Used>(
    flow: Flow<T>,
    platform: &mut impl Platform,
    mut send: impl FnMut(Request) -> Sent,
    mut sleep: impl FnMut(Duration) -> Slept,
    mut use_key: Option<impl FnMut(KeyOperation) -> Used>,
) -> Result<T, DriveError<E>>
where
    Sent: Future<Output = Result<Response, (SendFailure, E)>>,
    Slept: Future<Output = ()>,
    Used: Future<Output = KeyResult>,
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
            Step::UseKey(operation, key) => match &mut use_key {
                Some(use_key) => ask(operation, key, use_key, platform).await?,
                None => return Err(key.no_holder().into()),
            },
            Step::Done(output) => return Ok(output),
        }
    }
}

async fn ask<T, E, Used: Future<Output = KeyResult>>(
    operation: KeyOperation,
    key: AwaitingKey<T>,
    use_key: &mut impl FnMut(KeyOperation) -> Used,
    platform: &mut impl Platform,
) -> Result<Step<T>, DriveError<E>> {
    let (kid, algorithm) = (operation.kid().to_owned(), operation.algorithm());
    match use_key(operation).await {
        Ok(made) => Ok(key.used(made, platform)?),
        Err((failure, source)) => {
            let next = key.failed(failure, platform)?;
            next.ok_or(DriveError::Key { kid, algorithm, failure, source })
        }
    }
}
