//! Flows from the inside. Only `flow` creates a [`Context`], so no transition can be taken outside a step.

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

/// What happened.
pub(crate) enum Event {
    /// The flow begins, or continues after a wait.
    Begin,
    /// The request was answered.
    Response(Response),
    /// The request was not answered.
    Failed(SendFailure),
    /// The key operation ended.
    KeyUsed(KeyUsed),
}

/// What a machine wants next.
pub(crate) enum Next<M: Machine> {
    /// Send this, then continue with the response.
    Send(Request, M),
    /// Continue after this time.
    Wait(Duration, M),
    /// Have a private key perform this operation, wherever it is, then continue with the result.
    UseKey(Ask, M),
    /// The flow has succeeded.
    Done(M::Output),
    /// Nothing more can be done: the error is that of the HTTP client or the key holder. Allowed only after
    /// [`Event::Failed`] and [`KeyUsed::Unavailable`]; machines are not told about a key that may not be
    /// used.
    GiveUp,
}

impl<M: Machine> Next<M> {
    /// Runs this machine as a part of another one: `wrap` puts it back, `done` continues from its result,
    /// and `context` goes to whichever of the two is called.
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

/// The time of a transition, read once, and its source of randomness.
pub(crate) struct Context<'a> {
    pub(crate) now: UnixTime,
    pub(super) platform: &'a mut dyn Platform,
}

impl Context<'_> {
    pub(crate) fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
        self.platform.fill(buf)
    }

    /// 256 random bits as text. Only letters and digits, because `state` passes through intermediaries that
    /// may rewrite anything else, such as the `_` and `-` of base64url.
    pub(crate) fn random_text(&mut self) -> Result<String, EntropyError> {
        let mut bytes = [0; 32];
        self.platform.fill(&mut bytes)?;
        let digit = |value: u8| b"0123456789abcdef"[usize::from(value)];
        let digits = bytes.map(|byte| [digit(byte >> 4), digit(byte & 0xf)]);
        Ok(String::from_utf8(digits.as_flattened().to_vec()).expect("digits are text"))
    }
}
