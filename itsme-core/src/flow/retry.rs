use std::time::Duration;

use super::attempt::SendFailure;

/// How long until a key that could not be reached is asked once more, whatever the operation: what is
/// signed was not sent, and a code whose token does not open is lost.
pub(super) const KEY_PAUSE: Duration = Duration::from_millis(500);

/// Whether a request that got no response is sent again. All that this library repeats is repeated
/// by one of these policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Once more after any failure that can be another one the next time: asking twice does no harm. Every GET is
    /// such a request, and so are revoking a token and beginning a user discovery.
    Idempotent,
    /// Once more if the OP cannot have seen it. A code that is redeemed twice can revoke what it
    /// gave (RFC 6749 §4.1.2), and a person must not be asked twice.
    IfNotSent,
    /// Never within a flow: a poll is repeated by the next one, until the ticket's deadline.
    ByDeadline,
    /// It was sent again already.
    Used,
}

impl Retry {
    /// The policy of the next attempt, if there is one after this failure.
    pub(crate) fn again(self, why: SendFailure) -> Option<Self> {
        match (self, why) {
            (_, SendFailure::TimedOut | SendFailure::TooLarge) => None,
            (Self::Idempotent, _) | (Self::IfNotSent, SendFailure::NotSent) => Some(Self::Used),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        SendFailure::{Lost, NotSent, TimedOut, TooLarge},
        *,
    };

    #[test]
    fn each_policy_is_what_it_says() {
        for (policy, not_sent, lost) in [
            (Retry::Idempotent, true, true),
            (Retry::IfNotSent, true, false),
            (Retry::ByDeadline, false, false),
            (Retry::Used, false, false),
        ] {
            assert_eq!(policy.again(NotSent).is_some(), not_sent, "{policy:?}");
            assert_eq!(policy.again(Lost).is_some(), lost, "{policy:?}");
            assert_eq!(policy.again(TooLarge), None, "{policy:?}: it is not downloaded again");
            assert_eq!(policy.again(TimedOut), None, "{policy:?}: no time is left");
        }
        assert_eq!(Retry::Idempotent.again(Lost).and_then(|retry| retry.again(Lost)), None);
    }
}
