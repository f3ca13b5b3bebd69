//! The state machines inside flows. Only `flow` creates a [`Context`], so transitions cannot happen outside a step.

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

/// The state machine of a flow. Each state owns everything that the rest of the flow needs.
pub(crate) trait Machine: Sized {
    /// The result of the flow.
    type Output;

    /// Handles an event and returns what to do next. All transitions happen here.
    fn step(self, event: Event, cx: &mut Context<'_>) -> Result<Next<Self>, Error>;
}

/// What has happened since the machine's last step.
pub(crate) enum Event {
    /// The flow begins, or continues after a wait.
    Begin,
    /// The request got a response.
    Response(Response),
    /// The request got no response.
    Failed(SendFailure),
    /// The key operation has ended.
    KeyUsed(KeyUsed),
}

/// What a machine needs done next.
pub(crate) enum Next<M: Machine> {
    /// Send this, then continue with the response.
    Send(Request, M),
    /// Continue after this time.
    Wait(Duration, M),
    /// Perform this operation with a private key, local or external, then continue with the result.
    UseKey(Ask, M),
    /// The flow has succeeded.
    Done(M::Output),
    /// The flow has failed with the error of the HTTP client or the key holder. A machine may return this only
    /// after [`Event::Failed`] or [`KeyUsed::Unavailable`]. If the key holder refuses an operation, the flow ends
    /// without notifying the machine.
    GiveUp,
}

impl<M: Machine> Next<M> {
    /// Runs this machine inside an outer one: `wrap` puts it back into the outer machine, and `done` continues
    /// with its result. `context` is passed to whichever of the two is called.
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

/// The context of a transition: the time, which is read only once, and the source of randomness.
pub(crate) struct Context<'a> {
    pub(crate) now: UnixTime,
    pub(super) platform: &'a mut dyn Platform,
}

impl Context<'_> {
    pub(crate) fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
        self.platform.fill(buf)
    }

    /// 256 random bits as text. It contains only letters and digits, because `state` passes through intermediaries
    /// that might alter other characters, such as the `_` and `-` of base64url.
    pub(crate) fn random_text(&mut self) -> Result<String, EntropyError> {
        let mut bytes = [0; 32];
        self.platform.fill(&mut bytes)?;
        // Compilers vectorize this, but not a look-up in a table.
        let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
        let digits = bytes.map(|byte| [digit(byte >> 4), digit(byte & 0xf)]);
        Ok(String::from_utf8(digits.as_flattened().to_vec()).expect("digits are text"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Its random bytes count up: 0x00, 0x11, 0x22 and so on.
    struct Counting;

    impl Platform for Counting {
        fn now(&self) -> UnixTime {
            UnixTime::from_secs(0)
        }

        fn fill(&mut self, buf: &mut [u8]) -> Result<(), EntropyError> {
            buf.iter_mut().zip((0..16).cycle()).for_each(|(byte, digit)| *byte = 0x11 * digit);
            Ok(())
        }
    }

    #[test]
    fn random_text_is_hexadecimal() {
        let now = UnixTime::from_secs(0);
        // A borrowed platform is one, too.
        let text = Context { now, platform: &mut &mut Counting }.random_text();
        let digits = "00112233445566778899aabbccddeeff";
        assert_eq!(text.ok(), Some(digits.repeat(2)));
    }
}
