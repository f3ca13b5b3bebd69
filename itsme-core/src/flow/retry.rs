use std::time::Duration;

use super::attempt::SendFailure;

/// How long to wait before asking an unreachable key once more, whatever the operation: a signature has not been
/// sent yet, and a code whose token cannot be opened would be lost.
pub(super) const KEY_PAUSE: Duration = Duration::from_millis(500);

/// Whether a request without a response is sent again. Everything that this library repeats follows one of these
/// policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Once more after any failure that could turn out differently, because asking twice does no harm. This
    /// covers every GET, and also revoking a token and starting a user discovery.
    Idempotent,
    /// Once more if the OP cannot have seen it. Redeeming a code twice can revoke its tokens (RFC 6749 §4.1.2),
    /// and a person must not be asked twice.
    IfNotSent,
    /// Never within a flow: the next flow polls again, until the ticket's deadline.
    ByDeadline,
    /// It has already been repeated.
    Used,
}

impl Retry {
    /// The policy of the next attempt, if there may be one after this failure.
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
