//! Tests of the lease under many thread schedules. `.ci/schedules` runs them with shuttle, which decides at each lock
//! which thread continues.

use std::cell::Cell;

use shuttle::{
    rand::{Rng as _, thread_rng},
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    thread,
};

use super::*;

const SCHEDULES: usize = 50_000;
const BEGIN: u64 = 1_700_000_000_000;

/// Runs a test under random schedules, and then under the same number of schedules that rarely switch threads but try
/// to do so at the worst moments.
fn explore(test: impl Fn() + Send + Sync + 'static) {
    let test = std::sync::Arc::new(test);
    let again = std::sync::Arc::clone(&test);
    shuttle::check_random(move || test(), SCHEDULES);
    shuttle::check_pct(move || again(), SCHEDULES, 3);
}

/// How far the clock advances in one step. While one thread is between reading the clock and looking in the cache,
/// four other threads can each advance the clock by a step. The sum must be less than [`AHEAD`], because beyond that
/// a flow assumes that the clock was set back.
const STEP: Duration = Duration::from_secs(1);

/// A cache, a clock that the flows advance, and the leases under which flows are currently fetching.
struct World {
    cache: Cache<u64>,
    millis: AtomicU64,
    looking: AtomicUsize,
    fetching: Mutex<Vec<(u64, UnixTime)>>,
    fetches: AtomicUsize,
}

impl World {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            cache: Cache::default(),
            millis: AtomicU64::new(BEGIN),
            looking: AtomicUsize::new(0),
            fetching: Mutex::default(),
            fetches: AtomicUsize::new(0),
        })
    }

    fn now(&self) -> UnixTime {
        UnixTime::from_millis(self.millis.load(Ordering::SeqCst))
    }

    fn pass(&self, time: Duration) {
        for _ in 0..time.as_secs() / STEP.as_secs() {
            while self.looking.load(Ordering::SeqCst) > 0 {
                thread::yield_now();
            }
            self.millis.fetch_add(1_000 * STEP.as_secs(), Ordering::SeqCst);
            thread::yield_now();
        }
    }

    /// Looks into the cache. If the flow gets a lease, checks that no other flow is fetching, except under an expired
    /// lease.
    fn look(
        &self,
        since: Since,
        pausing: bool,
        suits: impl FnOnce(&Arc<u64>, bool) -> bool,
    ) -> Look<u64> {
        self.looking.fetch_add(1, Ordering::SeqCst);
        let now = self.now();
        let look = self.cache.look(now, since, pausing, suits);
        if let Look::Fetch(lease) = &look {
            self.fetches.fetch_add(1, Ordering::SeqCst);
            let mut fetching = self.fetching.lock().expect("no panic");
            let other = fetching.iter().find(|(_, taken)| now < taken.after(LEASE));
            assert!(other.is_none(), "lease {} fetches at the same time as {other:?}", lease.id);
            fetching.push((lease.id, now));
        }
        self.looking.fetch_sub(1, Ordering::SeqCst);
        look
    }

    /// Simulates a fetch that takes the given time.
    fn fetch(&self, lease: &Lease<u64>, time: Duration) {
        self.pass(time);
        self.fetching.lock().expect("no panic").retain(|(id, _)| *id != lease.id);
    }

    /// Runs a flow that needs a value. If it has to fetch the value, the fetch takes a random time and has a random
    /// outcome. Returns `None` if the fetch failed.
    fn flow(&self) -> Option<u64> {
        let since = self.cache.since();
        loop {
            match self.look(since, false, |_, _| true) {
                Look::Found(value) => return Some(*value),
                Look::Failed(_) => return None,
                Look::TooEarly(_) => panic!("no flow uses a pause"),
                Look::Wait => self.pass(LEASE / 4),
                Look::Fetch(lease) => {
                    self.fetch(&lease, LEASE * thread_rng().gen_range(0..6) / 4);
                    let id = lease.id;
                    match thread_rng().gen_range(0..4) {
                        0 => drop(lease),
                        1 => {
                            lease.fail(Error::LoginExpired, self.now());
                            return None;
                        }
                        _ => return Some(*lease.store(id)),
                    }
                }
            }
        }
    }
}

/// Runs the closure in the given number of threads, waits for all of them and returns their results.
fn each<T: Send + 'static>(threads: usize, run: impl Fn() -> T + Send + Sync + 'static) -> Vec<T> {
    let run = Arc::new(run);
    let started: Vec<_> = (0..threads)
        .map(|_| {
            let run = Arc::clone(&run);
            thread::spawn(move || run())
        })
        .collect();
    started.into_iter().map(|thread| thread.join().expect("no panic")).collect()
}

#[test]
fn one_flow_fetches_and_every_flow_ends() {
    explore(|| {
        let world = World::new();
        let in_flows = Arc::clone(&world);
        let ended = each(4, move || in_flows.flow());
        let stored = ended.iter().flatten().max().copied();
        assert_eq!(world.cache.peek().map(|value| *value), stored, "the newest value stays");
        assert!(world.cache.state().lease.is_none(), "no flow holds the lease anymore");
    });
}

#[test]
fn a_value_is_never_replaced_by_an_older_one() {
    explore(|| {
        let world = World::new();
        each(4, move || {
            let seen = Cell::new(0);
            let look = || {
                let value = world.cache.peek().map_or(0, |value| *value);
                assert!(seen.replace(value) <= value, "{value} replaced a newer value");
            };
            if let Look::Fetch(lease) = world.look(world.cache.since(), false, |_, _| false) {
                world.fetch(&lease, LEASE);
                look();
                let id = lease.id;
                lease.store(id);
            }
            look();
        });
    });
}

#[test]
fn a_suspicion_is_one_fetch_and_nobody_waits() {
    explore(|| {
        let world = World::new();
        world.cache.put(0);
        world.cache.suspect();
        let in_flows = Arc::clone(&world);
        each(4, move || match in_flows.look(in_flows.cache.since(), false, |_, _| true) {
            Look::Found(_) => {}
            Look::Fetch(lease) => {
                in_flows.fetch(&lease, LEASE / 2);
                lease.store(1);
            }
            _ => panic!("the cache has a value"),
        });
        assert_eq!(world.fetches.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn unknown_keys_are_one_fetch_a_pause() {
    explore(|| {
        let world = World::new();
        world.cache.put(0);
        let in_flows = Arc::clone(&world);
        each(4, move || {
            let since = in_flows.cache.since();
            loop {
                match in_flows.look(since, true, |_, _| false) {
                    Look::TooEarly(_) | Look::Failed(_) => break,
                    Look::Wait => thread::yield_now(),
                    Look::Found(_) => panic!("nothing suits"),
                    Look::Fetch(lease) => {
                        in_flows.fetch(&lease, Duration::ZERO);
                        if thread_rng().gen_bool(0.5) {
                            lease.store(1);
                        } else {
                            lease.fail(Error::LoginExpired, in_flows.now());
                        }
                    }
                }
            }
        });
        assert_eq!(world.fetches.load(Ordering::SeqCst), 1);
    });
}
