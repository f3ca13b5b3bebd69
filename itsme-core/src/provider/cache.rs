//! A cache for a shared value, which only one flow fetches at a time.
//!
//! The cache makes no HTTP calls itself. A flow that finds the value stale takes the *lease*, fetches a new value and
//! stores it. Meanwhile, the other flows check the cache again every [`LOOK_AGAIN`]. A lease ends when it is dropped
//! (because the flow ended, or its caller dropped the flow) or after [`LEASE`].

#[cfg(all(test, shuttle))]
mod schedules;

#[cfg(not(all(test, shuttle)))]
use std::sync::{Mutex, MutexGuard};
use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

#[cfg(all(test, shuttle))]
use shuttle::sync::{Mutex, MutexGuard};

use super::{
    freshness::AHEAD,
    unknown_kid::{later, within_pause},
};
use crate::{error::Error, ground::time::UnixTime};

/// How long one flow may keep the others waiting for one response. This is slightly longer than the flow itself waits
/// for the response, so that the others learn the outcome instead of each sending its own request in turn.
pub(crate) const LEASE: Duration = Duration::from_secs(31);
/// How often a waiting flow checks again.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The shared value. `Clone` returns a new handle to the same value.
pub(crate) struct Cache<T>(Arc<Mutex<State<T>>>);

struct State<T> {
    value: Option<Arc<T>>,
    lease: Option<(u64, UnixTime)>,
    leases_given: u64,
    /// The number of the last lease that stored a value.
    stored: u64,
    failures: u64,
    last_failure: Option<Arc<Error>>,
    last_failed: Option<UnixTime>,
    last_refetch: Option<UnixTime>,
    /// The number of leases that had been granted when a response suggested that the OP's keys had changed. `None` if
    /// there is no such suspicion. A fetch under a later lease clears it.
    suspect: Option<u64>,
}

impl<T> Clone for Cache<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State {
            value: None,
            lease: None,
            leases_given: 0,
            stored: 0,
            failures: 0,
            last_failure: None,
            last_failed: None,
            last_refetch: None,
            suspect: None,
        })))
    }
}

/// The part of a cache's state that flows can observe. It is stored in recordings.
pub(crate) struct Snapshot<T> {
    pub(crate) value: Option<Arc<T>>,
    pub(crate) leased_until: Option<UnixTime>,
    pub(crate) last_failed: Option<UnixTime>,
    pub(crate) last_refetch: Option<UnixTime>,
    pub(crate) is_suspect: bool,
}

/// Two snapshots are equal if they share the same value object and all other fields are equal.
impl<T> PartialEq for Snapshot<T> {
    fn eq(&self, other: &Self) -> bool {
        let values = (self.value.as_ref().map(Arc::as_ptr), other.value.as_ref().map(Arc::as_ptr));
        values.0 == values.1
            && self.leased_until == other.leased_until
            && self.last_failed == other.last_failed
            && self.last_refetch == other.last_refetch
            && self.is_suspect == other.is_suspect
    }
}

/// The result of a cache lookup.
pub(crate) enum Look<T> {
    /// A suitable value.
    Found(Arc<T>),
    /// No suitable value; the caller must fetch it.
    Fetch(Lease<T>),
    /// No suitable value; another flow is fetching it.
    Wait,
    /// The fetch that the caller was waiting for has failed.
    Failed(Arc<Error>),
    /// No suitable value, but it is too early to fetch again.
    TooEarly(Arc<T>),
}

/// The point at which a flow started waiting, given as the number of failures up to then. Any later failure also ends
/// the waiting flow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Since(u64);

impl<T> Cache<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        // A poisoned lock is safe to use, since no code that could panic runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stored value, however old it is.
    pub(crate) fn peek(&self) -> Option<Arc<T>> {
        self.state().value.clone()
    }

    /// Stores a value that was fetched elsewhere.
    pub(crate) fn put(&self, value: T) {
        self.state().value = Some(Arc::new(value));
    }

    /// Returns the part of the state that flows can observe.
    pub(crate) fn snapshot(&self) -> Snapshot<T> {
        let state = self.state();
        Snapshot {
            value: state.value.clone(),
            leased_until: state.lease.map(|(_, until)| until),
            last_failed: state.last_failed,
            last_refetch: state.last_refetch,
            is_suspect: state.suspect.is_some(),
        }
    }

    /// Restores the state of another cache. If the state contains a lease, no flow holds it, so it ends only when
    /// it expires.
    pub(crate) fn restore(&self, snapshot: Snapshot<T>) {
        let mut state = self.state();
        state.value = snapshot.value;
        state.lease = snapshot.leased_until.map(|until| (0, until));
        state.last_failed = snapshot.last_failed;
        state.last_refetch = snapshot.last_refetch;
        state.suspect = snapshot.is_suspect.then_some(state.leases_given);
    }

    /// Marks the start of a wait.
    pub(crate) fn since(&self) -> Since {
        Since(self.state().failures)
    }

    /// Returns the value if it `suits` the caller, and otherwise what the caller must do to get one. `suits` is also
    /// told whether a fetch has failed within the last minute. With `pausing`, fetches are at least a minute apart.
    pub(crate) fn look(
        &self,
        now: UnixTime,
        since: Since,
        pausing: bool,
        suits: impl FnOnce(&Arc<T>, bool) -> bool,
    ) -> Look<T> {
        let mut state = self.state();
        let may_refetch = !within_pause(state.last_refetch, now);
        let has_failed = within_pause(state.last_failed, now);
        let suspected = state.suspect.is_some() && may_refetch;
        let latest = now.after(LEASE).after(AHEAD);
        let held = state.lease.is_some_and(|(_, until)| now < until && until <= latest);
        // If the keys are only suspected to have changed, one flow fetches them and no other flow waits for it.
        // Otherwise anyone with a browser could block all logins.
        if (!suspected || held)
            && let Some(value) = state.value.as_ref().filter(|value| suits(value, has_failed))
        {
            return Look::Found(Arc::clone(value));
        }
        if state.failures > since.0
            && let Some(error) = &state.last_failure
        {
            return Look::Failed(Arc::clone(error));
        }
        if held {
            return Look::Wait;
        }
        if pausing && let Some(value) = state.value.as_ref().filter(|_| !may_refetch) {
            return Look::TooEarly(Arc::clone(value));
        }
        state.leases_given += 1;
        let id = state.leases_given;
        state.lease = Some((id, now.after(LEASE)));
        let refetch = (pausing || suspected).then_some(now);
        drop(state);
        Look::Fetch(Lease { cache: self.clone(), id, refetch })
    }

    /// Records that the OP returned an error that outdated keys could explain. The next flow fetches the keys again,
    /// with the same pause between fetches as for unknown `kid`s.
    pub(crate) fn suspect(&self) {
        let mut state = self.state();
        state.suspect = Some(state.leases_given);
    }
}

/// The right to fetch, until it is dropped.
pub(crate) struct Lease<T> {
    cache: Cache<T>,
    id: u64,
    /// The time when the lease was taken. Set only if the result of the fetch, a value or a failure, starts a pause.
    /// If the lease is dropped without a result, there is no pause, so the next flow can fetch immediately.
    refetch: Option<UnixTime>,
}

impl<T> Lease<T> {
    /// Extends the lease, because one response has arrived and the next one is being fetched.
    pub(crate) fn renew(&self, now: UnixTime) {
        let mut state = self.cache.state();
        if let Some((_, until)) = state.lease.as_mut().filter(|(id, _)| *id == self.id) {
            *until = now.after(LEASE);
        }
    }

    /// Stores the fetched value and ends the lease. Even if the lease has expired, its value is stored for all flows,
    /// unless a later lease has already stored a newer value. Otherwise, if an OP took longer to respond than the
    /// lease lasts, every flow would call it and make it even slower.
    pub(crate) fn store(self, value: T) -> Arc<T> {
        let value = Arc::new(value);
        let mut state = self.cache.state();
        if self.id > state.stored {
            state.stored = self.id;
            state.value = Some(Arc::clone(&value));
            state.suspect = state.suspect.filter(|leases_given| self.id <= *leases_given);
            state.last_refetch = later(state.last_refetch, self.refetch);
        }
        drop(state);
        value
    }

    /// Ends the lease with a failure, which is also passed to the flows that wait for it. If the lease was taken over
    /// after it expired, the waiting flows are not affected, since they now wait for the new holder.
    pub(crate) fn fail(self, error: Error, now: UnixTime) {
        let mut state = self.cache.state();
        state.last_refetch = later(state.last_refetch, self.refetch);
        if state.lease.is_none_or(|(id, _)| id != self.id) {
            return;
        }
        state.failures += 1;
        state.last_failure = Some(Arc::new(error));
        state.last_failed = Some(now);
    }
}

impl<T> Drop for Lease<T> {
    fn drop(&mut self) {
        let mut state = self.cache.state();
        state.lease = state.lease.filter(|(id, _)| *id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::unknown_kid::REFETCH_PAUSE;

    const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

    #[test]
    fn a_dropped_or_overrun_lease_is_free() {
        let cache = Cache::<u8>::default();
        let look = |now| cache.look(now, cache.since(), false, |_, _| true);
        let Look::Fetch(lease) = look(NOW) else { panic!("the first flow fetches") };
        assert!(matches!(look(NOW), Look::Wait));
        drop(lease);
        let Look::Fetch(late) = look(NOW) else { panic!("a dropped lease is free") };
        let Look::Fetch(second) = look(NOW.after(LEASE)) else { panic!("so is an expired lease") };
        drop(late);
        assert!(matches!(look(NOW.after(LEASE)), Look::Wait), "an expired lease frees only itself");
        second.store(7);
        assert!(matches!(look(NOW.after(LEASE)), Look::Found(value) if *value == 7));
    }

    #[test]
    fn snapshots_differ_if_any_part_does() {
        let (value, time) = (Arc::new(7_u8), Some(NOW));
        let same = || Snapshot {
            value: Some(Arc::clone(&value)),
            leased_until: None,
            last_failed: None,
            last_refetch: None,
            is_suspect: false,
        };
        assert!(same() == same());
        for (part, other) in [
            ("value", Snapshot { value: Some(Arc::new(7)), ..same() }),
            ("no value", Snapshot { value: None, ..same() }),
            ("lease", Snapshot { leased_until: time, ..same() }),
            ("failure", Snapshot { last_failed: time, ..same() }),
            ("refetch", Snapshot { last_refetch: time, ..same() }),
            ("suspicion", Snapshot { is_suspect: true, ..same() }),
        ] {
            assert!(same() != other, "{part}");
        }
    }

    #[test]
    fn a_lease_is_for_one_answer() {
        let cache = Cache::<u8>::default();
        let look = |now| cache.look(now, cache.since(), false, |_, _| true);
        let Look::Fetch(lease) = look(NOW) else { panic!("the first flow fetches") };
        let later = NOW.after(LEASE / 2);
        lease.renew(later);
        assert!(
            matches!(look(NOW.after(LEASE)), Look::Wait),
            "the second response has the full time"
        );
        let Look::Fetch(second) = look(later.after(LEASE)) else { panic!("the lease has expired") };
        lease.renew(later.after(LEASE));
        drop(second);
        assert!(matches!(look(later.after(LEASE)), Look::Fetch(_)), "nobody holds it any more");
    }

    /// A thread that reads the clock before another thread does may still take the lock after it.
    #[test]
    fn a_thread_that_was_overtaken_takes_no_second_lease() {
        let cache = Cache::<u8>::default();
        let later = NOW.after(Duration::from_millis(1));
        let look = |now, pausing| cache.look(now, cache.since(), pausing, |_, _| !pausing);
        let Look::Fetch(lease) = look(later, false) else { panic!("the first flow fetches") };
        assert!(matches!(look(NOW, false), Look::Wait));
        lease.store(7);
        assert!(matches!(look(NOW, false), Look::Found(_)));
        let Look::Fetch(lease) = look(later, true) else { panic!("a refetch") };
        lease.store(8);
        assert!(matches!(look(NOW, true), Look::TooEarly(_)));
    }

    #[test]
    fn an_overrun_lease_stores_nothing_over_newer_values() {
        let cache = Cache::default();
        cache.put(5);
        let look = |now| cache.look(now, cache.since(), false, |_, _| false);
        let Look::Fetch(late) = look(NOW) else { panic!("the first flow fetches") };
        let Look::Fetch(second) = look(NOW.after(LEASE)) else { panic!("the lease has expired") };
        let Look::Fetch(third) = look(NOW.after(LEASE * 2)) else { panic!("it has expired again") };
        assert_eq!(*late.store(1), 1);
        assert_eq!(cache.peek().as_deref(), Some(&1), "no newer value was stored");
        third.store(3);
        assert_eq!(*second.store(2), 2, "its own flow continues with its value");
        assert_eq!(cache.peek().as_deref(), Some(&3));
    }

    #[test]
    fn an_overrun_lease_that_fails_ends_nobody() {
        let cache = Cache::<u8>::default();
        let since = cache.since();
        let look = |now| cache.look(now, since, false, |_, _| true);
        let Look::Fetch(late) = look(NOW) else { panic!("the first flow fetches") };
        let later = NOW.after(LEASE);
        let Look::Fetch(second) = look(later) else { panic!("the lease has expired") };
        late.fail(Error::LoginExpired, later);
        assert!(matches!(look(later), Look::Wait), "the others wait for the second lease");
        second.store(7);
        assert!(matches!(look(later), Look::Found(_)));
    }

    #[test]
    fn an_overrun_refetch_does_not_shorten_the_pause() {
        let cache = Cache::default();
        cache.put(7);
        let look = |now| cache.look(now, cache.since(), true, |_, _| false);
        let Look::Fetch(late) = look(NOW) else { panic!("the first flow fetches") };
        let later = NOW.after(LEASE);
        let Look::Fetch(second) = look(later) else { panic!("the lease has expired") };
        second.store(8);
        late.store(6);
        assert!(matches!(look(NOW.after(REFETCH_PAUSE)), Look::TooEarly(_)));
        assert!(matches!(look(later.after(REFETCH_PAUSE)), Look::Fetch(_)));
    }

    #[test]
    fn a_suspicion_makes_one_flow_fetch_and_nobody_wait() {
        let cache = Cache::default();
        cache.put(7);
        let look = || cache.look(NOW, cache.since(), false, |_, _| true);
        cache.suspect();
        let Look::Fetch(lease) = look() else { panic!("one flow fetches") };
        assert!(matches!(look(), Look::Found(_)), "the others use the existing value");
        cache.suspect();
        lease.store(8);
        let again = cache.look(NOW.after(REFETCH_PAUSE), cache.since(), false, |_, _| true);
        assert!(matches!(again, Look::Fetch(_)), "a fetch that started earlier does not clear it");
    }

    #[test]
    fn a_clock_put_back_does_not_lock_the_lease() {
        let cache = Cache::<u8>::default();
        let look = |now| cache.look(now, cache.since(), false, |_, _| true);
        let Look::Fetch(_lease) = look(NOW) else { panic!("the first flow fetches") };
        assert!(matches!(look(NOW.before(LEASE * 100)), Look::Fetch(_)));
    }

    #[test]
    fn refetches_keep_a_pause() {
        let cache = Cache::default();
        cache.put(7);
        let look = |now| cache.look(now, cache.since(), true, |_, _| false);
        let Look::Fetch(dropped) = look(NOW) else { panic!("the first flow fetches") };
        drop(dropped);
        let Look::Fetch(lease) = look(NOW) else { panic!("a dropped lease starts no pause") };
        lease.store(8);
        assert!(matches!(look(NOW.after(Duration::from_secs(59))), Look::TooEarly(_)));
        let later = NOW.after(REFETCH_PAUSE);
        let Look::Fetch(lease) = look(later) else { panic!("the pause is over") };
        lease.fail(Error::LoginExpired, later);
        assert!(matches!(look(later), Look::TooEarly(_)), "a failed fetch starts a pause");
        assert!(matches!(look(NOW), Look::Fetch(_)), "the clock was set back");
    }
}
