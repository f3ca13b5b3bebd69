//! Running flows, step by step. Each step owns its continuation.
//!
//! ```text
//! mod.rs      the public API of flows           machine.rs  the state machines inside
//! drive.rs    the loops over steps              attempt.rs  identifies a request
//! platform.rs time and randomness               retry.rs    when a request is retried
//! key_operation.rs  operations of private keys  single_request.rs  flows that send one request
//! request_log.rs key_log.rs  log events for requests and key operations
//! tape.rs     a recorded flow                   recorded_answer.rs  a recorded response
//! ```

pub(crate) mod attempt;
pub(crate) mod drive;
#[cfg(feature = "tracing")]
pub(crate) mod key_log;
pub(crate) mod key_operation;
pub(crate) mod machine;
pub(crate) mod platform;
pub(crate) mod recorded_answer;
#[cfg(feature = "tracing")]
pub(crate) mod request_log;
pub(crate) mod retry;
pub(crate) mod single_request;
pub(crate) mod tape;

use std::{fmt, time::Duration};

use zeroize::Zeroizing;

use self::{
    attempt::{Attempt, SendFailure},
    key_operation::{Answer, Ask, KeyFailure, KeyOperation, KeyUsed},
    machine::{Context, Event, Machine, Next},
    platform::Platform,
    retry::KEY_PAUSE,
};
use crate::{
    error::Error,
    ground::opaque::opaque,
    http::{Request, Response},
};

/// A protocol flow that returns a `T`. It is a chain of steps, each of which owns its continuation.
///
/// ```text
///                   ┌───────────────── receive(response) ────────────────┐
///                   │          ┌────── failed(why): retry ───────────────┤
///                   ▼          ▼                                         │
/// Flow ──start──▶ Step ──▶ Send(request, Pending) ───────────────────────┘
///                  │ ▲
///                  │ └──────── resume ────────┐
///                  ├─────▶ Wait(duration, Paused)
///                  ├─────▶ UseKey(operation, AwaitingKey): used(made) or failed(why)
///                  └─────▶ Done(T)
/// ```
///
/// The methods of [`Client`](crate::Client) create flows; the return type of each shows the flow's result. Continuing a
/// flow consumes its step, so a step cannot be continued twice. [`drive`](crate::drive()) and
/// [`drive_async`](crate::drive_async) take all the steps for you, using your HTTP client.
///
/// If you write your own runtime, it can store flows like any other value. Their types depend only on the result:
///
/// ```
/// use std::{collections::VecDeque, time::Duration};
/// use itsme_core::{AuthorizationRequest, Flow, LoggedIn, Paused, Pending, Redirect};
///
/// struct Runtime {
///     to_start: VecDeque<Flow<Redirect>>,
///     redirects: Vec<Pending<Redirect>>,
///     logins: Vec<Pending<LoggedIn>>,
///     asleep: Vec<(Duration, Paused<LoggedIn>)>,
/// }
///
/// # use itsme_core::{Client, Error, Step};
/// # use itsme_testkit::{FakeOp, SERVICE, World};
/// # let mut world = World::new();
/// # let itsme = Client::new(FakeOp::new(world.clock()).settings())?;
/// # let mut runtime =
/// #     Runtime { to_start: VecDeque::new(), redirects: vec![], logins: vec![], asleep: vec![] };
/// runtime.to_start.push_back(itsme.authorize(AuthorizationRequest::login(SERVICE)));
/// # let flow = runtime.to_start.pop_front().expect("a flow");
/// # let Step::Send(_, pending) = flow.start(&mut world)? else { panic!("a new flow sends a request first") };
/// # runtime.redirects.push(pending);
/// # Ok::<(), Error>(())
/// ```
#[must_use = "a flow does nothing until it is driven"]
pub struct Flow<T> {
    name: &'static str,
    running: Box<dyn Running<T> + Send>,
}

/// What a flow needs you to do next.
#[must_use = "a flow makes no progress unless you continue it"]
#[allow(clippy::exhaustive_enums, reason = "a driver must handle every kind of step")]
pub enum Step<T> {
    /// Send the request, then report the outcome.
    Send(Request, Pending<T>),
    /// Resume the flow after this time.
    Wait(Duration, Paused<T>),
    /// Have the key holder perform this operation, then report the outcome. This step occurs only with
    /// [external](crate::PrivateKeys::external) keys.
    UseKey(KeyOperation, AwaitingKey<T>),
    /// The flow has succeeded.
    Done(T),
}

/// A flow that is waiting for the response to a request.
#[must_use = "a flow makes no progress unless you continue it"]
pub struct Pending<T> {
    running: Box<dyn Running<T> + Send>,
    attempt: Attempt,
}

/// A flow that is waiting for the result of an operation with an external key.
#[must_use = "a flow makes no progress unless you continue it"]
pub struct AwaitingKey<T> {
    running: Box<dyn Running<T> + Send>,
    kid: String,
}

/// A flow that is waiting for time to pass.
#[must_use = "a flow makes no progress unless you continue it"]
pub struct Paused<T>(Box<dyn Running<T> + Send>);

impl<T> Flow<T> {
    /// `name` is the method of [`Client`](crate::Client) that creates the flow. Errors in the caller's input are
    /// reported by the first step.
    pub(crate) fn of<M>(name: &'static str, machine: Result<M, Error>) -> Self
    where
        M: Machine<Output = T> + Send + 'static,
    {
        Self { name, running: Box::new(Slot::new(machine)) }
    }

    /// Takes the first step. Any error in the caller's input is reported here, before a request is made.
    ///
    /// # Errors
    /// The flow has failed; see [`Error`].
    pub fn start(self, platform: &mut impl Platform) -> Result<Step<T>, Error> {
        step(self.running, Event::Begin, platform).map(not_given_up)
    }

    /// The name of the flow, for logs and metrics. It is the name of the method of [`Client`](crate::Client) that
    /// created the flow.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl<T> Pending<T> {
    /// The endpoint and the attempt number.
    pub fn attempt(&self) -> Attempt {
        self.attempt
    }

    /// Continues the flow with the response, whatever its status.
    ///
    /// # Errors
    /// The flow has failed; see [`Error`].
    pub fn receive(
        self,
        response: Response,
        platform: &mut impl Platform,
    ) -> Result<Step<T>, Error> {
        step(self.running, Event::Response(response), platform).map(not_given_up)
    }

    /// Reports that there is no response. `None` means that the flow has failed, with the HTTP client's error as the
    /// cause. If you want to report the [`attempt`](Self::attempt), read it before you call this. A GET is retried
    /// once; redeeming a code is retried only after [`NotSent`](SendFailure::NotSent).
    ///
    /// # Errors
    /// The flow has failed for another reason; see [`Error`].
    pub fn failed(
        self,
        why: SendFailure,
        platform: &mut impl Platform,
    ) -> Result<Option<Step<T>>, Error> {
        step(self.running, Event::Failed(why), platform)
    }
}

impl<T> Paused<T> {
    /// Continues the flow after the wait.
    ///
    /// # Errors
    /// The flow has failed; see [`Error`].
    pub fn resume(self, platform: &mut impl Platform) -> Result<Step<T>, Error> {
        step(self.0, Event::Begin, platform).map(not_given_up)
    }
}

impl<T> AwaitingKey<T> {
    /// Continues the flow with the result of the key operation: the signature, or the decrypted content encryption key.
    ///
    /// # Errors
    /// [`Error::KeyMismatch`] if the signature cannot be verified with the published key; in that case, nothing has
    /// been sent. Otherwise, the flow has failed for another reason; see [`Error`].
    pub fn used(
        self,
        made: impl Into<Zeroizing<Vec<u8>>>,
        platform: &mut impl Platform,
    ) -> Result<Step<T>, Error> {
        self.made(Ok(made.into()), platform).map(not_given_up)
    }

    /// Reports that the key operation failed. `None` means that the flow has failed, with the key holder's error as the
    /// cause. If the key could not be reached, the operation is retried once, after a short [`Wait`](Step::Wait).
    ///
    /// # Errors
    /// The flow has failed for another reason; see [`Error`].
    pub fn failed(
        self,
        why: KeyFailure,
        platform: &mut impl Platform,
    ) -> Result<Option<Step<T>>, Error> {
        self.made(Err(why), platform)
    }

    fn made(self, made: KeyMade, platform: &mut impl Platform) -> Result<Option<Step<T>>, Error> {
        let mut running = self.running;
        take_turn(platform, |cx| running.key_used(made, cx).map(|turn| (running, turn)))
    }

    /// The error to report from a runtime that has no key holder and so supports only clients with local keys.
    pub fn no_holder(self) -> Error {
        Error::NoKeyHolder { kid: self.kid }
    }
}

/// A boxed machine. The box stays in place from step to step.
trait Running<T> {
    fn step(&mut self, event: Event, cx: &mut Context<'_>) -> Result<Turn<T>, Error>;

    fn key_used(&mut self, made: KeyMade, cx: &mut Context<'_>) -> Result<Turn<T>, Error>;
}

/// The result of an operation with an external key, or the kind of failure.
type KeyMade = Result<Zeroizing<Vec<u8>>, KeyFailure>;

/// What a machine needs done next. The machine itself is back in its slot.
enum Turn<T> {
    Send(Request, Attempt),
    Wait(Duration),
    UseKey(KeyOperation),
    Done(T),
    GiveUp,
}

struct Slot<M> {
    /// `None` while the machine is taking a step, and after its last step.
    machine: Option<Result<M, Error>>,
    /// The attempt for the last request, until the request gets a response.
    unanswered: Option<Attempt>,
    /// The pending operation with an external key.
    asked: Option<Ask>,
}

impl<T, M: Machine<Output = T>> Running<T> for Slot<M> {
    fn step(&mut self, mut event: Event, cx: &mut Context<'_>) -> Result<Turn<T>, Error> {
        if let Some(ask) = &self.asked {
            return Ok(Turn::UseKey(ask.operation()));
        }
        if let Event::Response(_) = event {
            self.unanswered = None;
        }
        loop {
            let machine = self.machine.take().expect("a flow that has ended cannot be stepped");
            let turn = match machine?.step(event, cx)? {
                Next::UseKey(ask, machine) => {
                    self.machine = Some(Ok(machine));
                    match ask.answer()? {
                        Answer::Here(used) => event = Event::KeyUsed(used),
                        Answer::Outside(ask) => {
                            return Ok(Turn::UseKey(self.asked.insert(ask).operation()));
                        }
                    }
                    continue;
                }
                Next::Send(request, machine) => {
                    self.machine = Some(Ok(machine));
                    self.count(request)
                }
                Next::Wait(duration, machine) => {
                    self.machine = Some(Ok(machine));
                    self.unanswered = None;
                    Turn::Wait(duration)
                }
                Next::Done(output) => Turn::Done(output),
                Next::GiveUp => Turn::GiveUp,
            };
            return Ok(turn);
        }
    }

    fn key_used(&mut self, made: KeyMade, cx: &mut Context<'_>) -> Result<Turn<T>, Error> {
        let ask = self.asked.take().expect("a key operation is pending");
        let used = match made {
            Ok(made) => ask.accept(made)?,
            Err(KeyFailure::DoesNotUnwrap) => match ask.does_not_unwrap() {
                Some(used) => used,
                None => return Ok(Turn::GiveUp),
            },
            Err(KeyFailure::Refused) => return Ok(Turn::GiveUp),
            Err(KeyFailure::Unavailable) => {
                self.asked = ask.once_more();
                if self.asked.is_some() {
                    return Ok(Turn::Wait(KEY_PAUSE));
                }
                KeyUsed::Unavailable
            }
        };
        self.step(Event::KeyUsed(used), cx)
    }
}

impl<M> Slot<M> {
    fn new(machine: Result<M, Error>) -> Self {
        Self { machine: Some(machine), unanswered: None, asked: None }
    }

    /// Numbers the request's attempt.
    fn count<T>(&mut self, mut request: Request) -> Turn<T> {
        let attempt: Option<Attempt> = request.extensions().get().copied();
        let mut attempt = attempt.expect("every request in a flow has an attempt");
        if let Some(unanswered) = self.unanswered {
            attempt = attempt.after(unanswered);
            request.extensions_mut().insert(attempt);
        }
        self.unanswered = Some(attempt);
        Turn::Send(request, attempt)
    }
}

fn step<T>(
    mut running: Box<dyn Running<T> + Send>,
    event: Event,
    platform: &mut impl Platform,
) -> Result<Option<Step<T>>, Error> {
    take_turn(platform, |cx| running.step(event, cx).map(|turn| (running, turn)))
}

fn take_turn<T>(
    platform: &mut impl Platform,
    take: impl FnOnce(&mut Context<'_>) -> Result<(Box<dyn Running<T> + Send>, Turn<T>), Error>,
) -> Result<Option<Step<T>>, Error> {
    let mut cx = Context { now: platform.now(), platform };
    let (running, turn) = take(&mut cx)?;
    Ok(Some(match turn {
        Turn::Send(request, attempt) => Step::Send(request, Pending { running, attempt }),
        Turn::Wait(duration) => Step::Wait(duration, Paused(running)),
        Turn::UseKey(operation) => {
            let kid = operation.kid().to_owned();
            Step::UseKey(operation, AwaitingKey { running, kid })
        }
        Turn::Done(output) => Step::Done(output),
        Turn::GiveUp => return Ok(None),
    }))
}

fn not_given_up<T>(step: Option<Step<T>>) -> Step<T> {
    step.expect("a machine gives up only after a failure")
}

impl<T> fmt::Debug for Step<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(request, _) => {
                write!(f, "Send({} {})", request.method(), request.uri().path())
            }
            Self::Wait(duration, _) => write!(f, "Wait({duration:?})"),
            Self::UseKey(operation, _) => write!(f, "UseKey({operation:?})"),
            Self::Done(_) => f.write_str("Done(..)"),
        }
    }
}

impl<T> fmt::Debug for Flow<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flow({})", self.name)
    }
}

opaque!(Pending<T>);

opaque!(Paused<T>);

opaque!(AwaitingKey<T>);
