//! Flows from the inside. Only `flow` makes a [`Context`], so that no transition is taken without its
//! step.

use std::time::Duration;

use super::{
    attempt::SendFailure,
    key_operation::{Ask, KeyUsed},
    platform::Platform,
};
use crate::{
    error::{EntropyError, Error},
    ground::time::UnixTime,
    http::{Request, Response},
};

/// A state machine. Its states own everything that the rest of the flow needs.
pub(crate) trait Machine: Sized {
    /// What the flow ends with.
    type Output;

    /// The one transition: what follows from an event.
    fn step(self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error>;
}

/// What a machine is told.
pub(crate) enum Event {
    /// Begin, or go on after a wait.
    Begin,
    /// The request was answered.
    Response(Response),
    /// The request was not answered.
    Failed(SendFailure),
    /// What became of the key operation.
    KeyUsed(KeyUsed),
}

/// What a machine wants.
pub(crate) enum Next<M: Machine> {
    /// Send this, then go on with the answer.
    Send(Request, M),
    /// Go on after this time.
    Wait(Duration, M),
    /// Have a private key do this, wherever it is, then go on with what it has done.
    UseKey(Ask, M),
    /// The flow has ended well.
    Done(M::Output),
    /// Nothing more can be done: what the HTTP client or the key holder said is the error. Only after
    /// [`Event::Failed`] and [`KeyUsed::Unavailable`]; of a key that may not be used, machines are not told.
    GiveUp,
}

impl<M: Machine> Next<M> {
    /// Runs this machine as a part of another: `wrap` puts it back in, `done` goes on from its
    /// result, and `context` is for whichever of the two is called.
    pub(crate) fn within<N: Machine, C>(
        self,
        context: C,
        wrap: impl FnOnce(M, C) -> N,
        done: impl FnOnce(M::Output, C) -> Result<Next<N>, Error>,
    ) -> Result<Next<N>, Error> {
        match self {
            Self::Send(request, machine) => Ok(Next::Send(request, wrap(machine, context))),
            Self::Wait(duration, machine) => Ok(Next::Wait(duration, wrap(machine, context))),
            Self::UseKey(ask, machine) => Ok(Next::UseKey(ask, wrap(machine, context))),
            Self::Done(output) => done(output, context),
            Self::GiveUp => Ok(Next::GiveUp),
        }
    }
}

/// The time of a transition, read once, and the randomness for it.
pub(crate) struct Context<'a> {
    pub(crate) now: UnixTime,
    pub(super) platform: &'a mut dyn Platform,
}

impl Context<'_> {
    pub(crate) fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
        self.platform.fill(buf)
    }

    /// 256 random bits as text: letters and digits only, because `state` comes back through
    /// intermediaries that rewrite everything else, such as the `_` and `-` of base64url.
    pub(crate) fn random_text(&mut self) -> Result<String, EntropyError> {
        let mut bytes = [0; 32];
        self.platform.fill(&mut bytes)?;
        let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
        let digits = bytes.map(|byte| [digit(byte >> 4), digit(byte & 0xf)]);
        Ok(String::from_utf8(digits.as_flattened().to_vec()).expect("digits are text"))
    }
}
