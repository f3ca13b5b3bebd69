//! How a flow runs: each step owns what comes after it.
//!
//! ```text
//! mod.rs      flows as their users see them     machine.rs  flows from the inside
//! drive.rs    the loops over steps              attempt.rs  which request it is
//! platform.rs time and randomness               retry.rs    what is sent again
//! single_request.rs  flows of one request       request_log.rs  what a log may know
//! ```

pub(crate) mod attempt;
pub(crate) mod drive;
pub(crate) mod machine;
pub(crate) mod platform;
#[cfg(feature = "tracing")]
pub(crate) mod request_log;
pub(crate) mod retry;
pub(crate) mod single_request;

use std::{fmt, time::Duration};

use self::{
    attempt::{Attempt, SendFailure},
    machine::{Context, Event, Machine, Next},
    platform::Platform,
};
use crate::{
    error::Error,
    ground::opaque::opaque,
    http::{Request, Response},
};

/// A job of the protocol that ends in a `T`, as a chain of steps that own what comes after them.
///
/// ```text
///                   ┌───────────────── receive(response) ────────────────┐
///                   │          ┌────── failed(why): once more ───────────┤
///                   ▼          ▼                                         │
/// Flow ──start──▶ Step ──▶ Send(request, Pending) ───────────────────────┘
///                  │ ▲
///                  │ └──────── resume ────────┐
///                  ├─────▶ Wait(duration, Paused)
///                  └─────▶ Done(T)
/// ```
///
/// The methods of [`Client`](crate::Client) make flows, and say in their signature what each ends
/// in. A step can be answered once, by the one method that it has. [`drive`](crate::drive()) and
/// [`drive_async`](crate::drive_async) take all the steps, given a way to send.
///
/// A custom runtime stores flows like any other value, whatever machine is inside:
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
/// # let Step::Send(_, pending) = flow.start(&mut world)? else { panic!("a cold flow sends") };
/// # runtime.redirects.push(pending);
/// # Ok::<(), Error>(())
/// ```
#[must_use = "a flow does nothing until it is driven"]
pub struct Flow<T> {
    name: &'static str,
    running: Box<dyn Running<T> + Send>,
}

/// What a flow wants next.
#[must_use = "a flow goes no further than its steps are taken"]
#[allow(clippy::exhaustive_enums, reason = "a driver must handle every step")]
pub enum Step<T> {
    /// Send the request, then say what became of it.
    Send(Request, Pending<T>),
    /// Come back after this time.
    Wait(Duration, Paused<T>),
    /// The flow has ended well.
    Done(T),
}

/// A request that was sent and waits for its response.
#[must_use = "a flow goes no further than its steps are taken"]
pub struct Pending<T> {
    running: Box<dyn Running<T> + Send>,
    attempt: Attempt,
}

/// A flow that waits for time to pass.
#[must_use = "a flow goes no further than its steps are taken"]
pub struct Paused<T>(Box<dyn Running<T> + Send>);

impl<T> Flow<T> {
    /// `name` is the method of [`Client`](crate::Client) that makes it. What is wrong with the
    /// caller's input is told at the first step.
    pub(crate) fn of<M>(name: &'static str, machine: Result<M, Error>) -> Self
    where
        M: Machine<Output = T> + Send + 'static,
    {
        Self { name, running: Box::new(Slot(Some(machine))) }
    }

    /// Takes the first step. Everything that is wrong with the caller's input is told here, before
    /// any request is made.
    ///
    /// # Errors
    /// Those of the flow, see [`Error`].
    pub fn start(self, platform: &mut impl Platform) -> Result<Step<T>, Error> {
        step(self.running, Event::Begin, platform).map(not_given_up)
    }

    /// The name for logs and metrics: the method of [`Client`](crate::Client) that made the flow.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl<T> Pending<T> {
    /// Which request it is, and for which time it was sent.
    pub fn attempt(&self) -> Attempt {
        self.attempt
    }

    /// Takes the response, whatever its status.
    ///
    /// # Errors
    /// The flow has failed, see [`Error`].
    pub fn receive(
        self,
        response: Response,
        platform: &mut impl Platform,
    ) -> Result<Step<T>, Error> {
        step(self.running, Event::Response(response), platform).map(not_given_up)
    }

    /// Says that there is no response. `None`: the flow gives up, and what the HTTP client said is
    /// the error, of the [`attempt`](Self::attempt) that was taken before. A GET is tried once more; a code is redeemed again only after
    /// [`NotSent`](SendFailure::NotSent).
    ///
    /// # Errors
    /// The flow has failed for another reason, see [`Error`].
    pub fn failed(
        self,
        why: SendFailure,
        platform: &mut impl Platform,
    ) -> Result<Option<Step<T>>, Error> {
        let next = step(self.running, Event::Failed(why), platform)?;
        Ok(next.map(|next| next.after(self.attempt)))
    }
}

impl<T> Paused<T> {
    /// Goes on once the time is up.
    ///
    /// # Errors
    /// The flow has failed, see [`Error`].
    pub fn resume(self, platform: &mut impl Platform) -> Result<Step<T>, Error> {
        step(self.0, Event::Begin, platform).map(not_given_up)
    }
}

impl<T> Step<T> {
    /// Counts a request that is made again.
    fn after(mut self, failed: Attempt) -> Self {
        if let Self::Send(request, pending) = &mut self {
            pending.attempt = pending.attempt.after(failed);
            request.extensions_mut().insert(pending.attempt);
        }
        self
    }
}

/// A machine in its box, which stays where it is from step to step.
trait Running<T> {
    fn step(&mut self, event: Event, cx: &mut Context<'_>) -> Result<Turn<T>, Error>;
}

/// What a machine wants, once it is back in its box.
enum Turn<T> {
    Send(Request),
    Wait(Duration),
    Done(T),
    GiveUp,
}

/// Empty while the machine takes a step, and after its last.
struct Slot<M>(Option<Result<M, Error>>);

impl<M: Machine> Running<M::Output> for Slot<M> {
    fn step(&mut self, event: Event, cx: &mut Context<'_>) -> Result<Turn<M::Output>, Error> {
        let machine = self.0.take().expect("a flow that has ended is in nobody's hands");
        let (turn, machine) = match machine?.step(event, cx)? {
            Next::Send(request, machine) => (Turn::Send(request), machine),
            Next::Wait(duration, machine) => (Turn::Wait(duration), machine),
            Next::Done(output) => return Ok(Turn::Done(output)),
            Next::GiveUp => return Ok(Turn::GiveUp),
        };
        self.0 = Some(Ok(machine));
        Ok(turn)
    }
}

fn step<T>(
    mut running: Box<dyn Running<T> + Send>,
    event: Event,
    platform: &mut impl Platform,
) -> Result<Option<Step<T>>, Error> {
    let mut cx = Context { now: platform.now(), platform };
    Ok(match running.step(event, &mut cx)? {
        Turn::Send(request) => {
            let attempt = request.extensions().get().copied();
            let attempt = attempt.expect("every request of a flow says which it is");
            Some(Step::Send(request, Pending { running, attempt }))
        }
        Turn::Wait(duration) => Some(Step::Wait(duration, Paused(running))),
        Turn::Done(output) => Some(Step::Done(output)),
        Turn::GiveUp => None,
    })
}

fn not_given_up<T>(step: Option<Step<T>>) -> Step<T> {
    step.expect("a machine gives up only on a request without an answer")
}

impl<T> fmt::Debug for Step<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(request, _) => {
                write!(f, "Send({} {})", request.method(), request.uri().path())
            }
            Self::Wait(duration, _) => write!(f, "Wait({duration:?})"),
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
