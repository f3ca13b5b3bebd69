use std::time::Duration;

use super::attempt::SendFailure;

/// The pause before retrying an operation with a key that could not be reached. Retrying a signature is safe, because
/// nothing has been sent yet. Retrying a decryption is necessary, because the redeemed code would otherwise be lost.
pub(super) const KEY_PAUSE: Duration = Duration::from_millis(500);

/// Whether a request that got no response is retried. Every retry in this library follows one of these policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Retried once, unless the failure is one that a retry cannot fix. Sending such a request twice does no harm.
    /// This policy covers every GET, as well as revoking a token and starting user discovery.
    Idempotent,
    /// Retried once if the OP cannot have received the request. Redeeming a code twice can revoke its tokens
    /// (RFC 6749 §4.1.2), and a user must not be asked twice.
    IfNotSent,
    /// Never retried within a flow. The next flow polls again, until the ticket's deadline.
    ByDeadline,
    /// Not retried, because this was the retry.
    Used,
}

impl Retry {
    /// The policy for the next attempt; `None` if this failure must not be retried.
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
