use std::{fmt, time::Duration};

use crate::{Request, Response, attempt::Attempt, env::Env, error::Error};

use self::machine::{Machine, Moment, Next};

/// One job of the protocol, as a chain of steps that own what comes after them.
///
/// ```text
///                   ┌───────────────── receive(response) ────────────────┐
///                   │          ┌────── failed(why): once more ───────────┤
///                   ▼          ▼                                         │
/// Flow ──start──▶ Step ──▶ Send(request, Pending) ───────────────────────┘
///                  │ ▲
///                  │ └──────── resume ────────┐
///                  ├─────▶ Wait(duration, Paused)
///                  └─────▶ Done(output)
/// ```
///
/// A step can be answered once, by the one method that it has. [`drive`](crate::drive()) and
/// [`drive_async`](crate::drive_async) do all of it, given a way to send.
pub trait Flow: Machine {
    /// The first step. Everything that is wrong with the caller's input is told here, before any
    /// request is made.
    ///
    /// # Errors
    /// Those of the flow, see [`Error`].
    fn start(self, env: &mut impl Env) -> Result<Step<Self>, Error> {
        step(env, |at| self.next(at))
    }

    /// What to call it in logs and metrics: the method of [`Client`](crate::Client) that makes it, with
    /// `authorize` for [`request_object`](crate::Client::request_object) as well.
    fn name(&self) -> &'static str {
        Self::NAME
    }
}

impl<M: Machine> Flow for M {}

/// What a flow wants next.
#[must_use = "a flow goes no further than its steps are taken"]
#[allow(clippy::exhaustive_enums, reason = "a driver must handle every step")]
pub enum Step<F: Flow> {
    /// Send the request, then say what became of it.
    Send(Request, Pending<F>),
    /// Come back after this time.
    Wait(Duration, Paused<F>),
    /// The flow has ended well.
    Done(F::Output),
}

/// A request is out.
#[must_use = "a flow goes no further than its steps are taken"]
pub struct Pending<F> {
    flow: F,
    attempt: Option<Attempt>,
}

/// The flow waits.
#[must_use = "a flow goes no further than its steps are taken"]
pub struct Paused<F>(F);

/// What is known of a request that got no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The OP cannot have seen it: the host was not found, or the connection was refused.
    #[error("the request was not sent")]
    NotSent,
    /// The OP may have seen it: the connection broke, or the time was up.
    #[error("the request got no answer")]
    Lost,
}

impl<F: Flow> Pending<F> {
    /// The response, whatever its status.
    ///
    /// # Errors
    /// The flow has failed, see [`Error`].
    pub fn receive(self, response: Response, env: &mut impl Env) -> Result<Step<F>, Error> {
        step(env, |at| self.flow.on_response(response, at))
    }

    /// There is no response. `None`: the flow gives up, and what the HTTP client said is the
    /// error. A GET is tried once more; a code is redeemed again only after
    /// [`NotSent`](Failure::NotSent).
    ///
    /// # Errors
    /// The flow has failed for another reason, see [`Error`].
    pub fn failed(self, why: Failure, env: &mut impl Env) -> Result<Option<Step<F>>, Error> {
        let mut moment = Moment { now: env.now(), env };
        let next = self.flow.on_failure(why, &mut moment)?;
        Ok(next.map(|next| next.into_step().after(self.attempt)))
    }
}

impl<F: Flow> Paused<F> {
    /// The time is up.
    ///
    /// # Errors
    /// The flow has failed, see [`Error`].
    pub fn resume(self, env: &mut impl Env) -> Result<Step<F>, Error> {
        step(env, |at| self.0.next(at))
    }
}

impl<F: Flow> Step<F> {
    /// Counts a request that is made again.
    fn after(mut self, failed: Option<Attempt>) -> Self {
        if let (Self::Send(request, pending), Some(failed)) = (&mut self, failed)
            && let Some(attempt) = request.extensions_mut().get_mut::<Attempt>()
        {
            *attempt = attempt.after(failed);
            pending.attempt = Some(*attempt);
        }
        self
    }
}

fn step<F: Flow>(
    env: &mut impl Env,
    transition: impl FnOnce(&mut Moment<'_>) -> Result<Next<F>, Error>,
) -> Result<Step<F>, Error> {
    let mut moment = Moment { now: env.now(), env };
    transition(&mut moment).map(Next::into_step)
}

impl<F: Flow> fmt::Debug for Step<F> {
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

impl<F> fmt::Debug for Pending<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pending(..)")
    }
}

impl<F> fmt::Debug for Paused<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Paused(..)")
    }
}

/// What flows are made of. Not reachable from outside: a [`Moment`](machine::Moment) can only be
/// had here, so that no transition is taken without its step.
pub(crate) mod machine {
    use std::time::Duration;

    use crate::{
        Request, Response,
        env::Env,
        error::{EntropyError, Error},
        flow::{Failure, Flow, Paused, Pending, Step},
        jose,
        time::UnixTime,
    };

    /// A flow from the inside.
    pub trait Machine: Sized {
        /// What to call it in logs.
        const NAME: &'static str;

        /// What the flow ends with.
        type Output;

        /// At the start, after a wait, and to build a request again.
        fn next(self, at: &mut Moment<'_>) -> Result<Next<Self>, Error>;

        /// The request that was sent has been answered.
        fn on_response(self, response: Response, at: &mut Moment<'_>) -> Result<Next<Self>, Error>;

        /// The request that was sent has not been answered. `None`: nothing more can be done.
        fn on_failure(self, why: Failure, at: &mut Moment<'_>)
        -> Result<Option<Next<Self>>, Error>;
    }

    /// A step before it is handed out.
    #[allow(clippy::exhaustive_enums, reason = "not reachable from outside")]
    pub enum Next<M: Machine> {
        /// Send it.
        Send(Request, M),
        /// Wait so long.
        After(Duration, M),
        /// The end.
        Done(M::Output),
    }

    impl<M: Machine> Next<M> {
        pub(super) fn into_step(self) -> Step<M>
        where
            M: Flow,
        {
            match self {
                Self::Send(request, flow) => {
                    let attempt = request.extensions().get().copied();
                    Step::Send(request, Pending { flow, attempt })
                }
                Self::After(duration, machine) => Step::Wait(duration, Paused(machine)),
                Self::Done(output) => Step::Done(output),
            }
        }

        /// This machine as a part of another: `wrap` puts it back in, `done` goes on from its
        /// result, and `context` is for whichever of the two is called.
        pub(crate) fn within<N: Machine, C>(
            self,
            context: C,
            wrap: impl FnOnce(M, C) -> N,
            done: impl FnOnce(M::Output, C) -> Result<Next<N>, Error>,
        ) -> Result<Next<N>, Error> {
            match self {
                Self::Send(request, machine) => Ok(Next::Send(request, wrap(machine, context))),
                Self::After(duration, machine) => Ok(Next::After(duration, wrap(machine, context))),
                Self::Done(output) => done(output, context),
            }
        }
    }

    /// The time of a transition, read once, and the randomness for it.
    pub struct Moment<'a> {
        pub(crate) now: UnixTime,
        pub(super) env: &'a mut dyn Env,
    }

    impl Moment<'_> {
        pub(crate) fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
            self.env.fill(buf)
        }

        /// 256 random bits as text.
        pub(crate) fn random_text(&mut self) -> Result<String, EntropyError> {
            let mut octets = [0; 32];
            self.env.fill(&mut octets)?;
            Ok(jose::base64url(octets))
        }
    }
}
