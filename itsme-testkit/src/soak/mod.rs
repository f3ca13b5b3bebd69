//! A soak test for adapters: many people log in at once, over and over, while the OP's keys rotate
//! and one answer in twenty is a fault.
//!
//! Time runs 1,000 times as fast as the system's, so that a few seconds cover more than an hour at
//! the OP. [`Soak::client`] makes the flows, and each [`Visitor`] is a person in a task or thread
//! of their own:
//!
//! ```
//! # use itsme_core::{DriveError, Platform, Flow};
//! # use itsme_testkit::{FakeOp, play, soak::{Soak, Visitor}};
//! # #[derive(Clone)] struct Transport;
//! # type Error = DriveError<std::io::Error>;
//! # impl Transport { fn run_in<T>(&self, flow: Flow<T>, env: &mut impl Platform) -> Result<T, Error> { unreachable!("an example") } }
//! fn log_in_again_and_again(transport: &Transport, client: &itsme_core::Client, mut visitor: Visitor) {
//!     while let Some(pause) = visitor.next_pause() {
//!         std::thread::sleep(pause);
//!         let login = transport.run_in(client.authorize(visitor.login()), visitor.env());
//!         let who = login.and_then(|login| {
//!             let callback = visitor.approve(&login.url);
//!             transport.run_in(client.finish_login(login.state, callback), visitor.env())
//!         });
//!         visitor.note(who);
//!     }
//! }
//! ```
//!
//! [`Soak::finish`] waits for them and checks the results.

mod faults;
mod judge;
mod resources;
mod visitor;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use itsme_core::{Client, UnixTime};

pub use self::visitor::Visitor;
use self::{
    faults::{Counts, Injected},
    resources::Resources,
};
use crate::{Clock, Server};

const VISITORS: u32 = 64;
/// The minimum for each visitor: they continue until there were enough rotations.
const LOGINS: u32 = 6;
const ROTATIONS: usize = 8;
/// The pause between two logins of a visitor: two slow cores must handle everyone's logins.
const PAUSE: Duration = Duration::from_millis(800);

/// How much faster time runs. The durations below are in the system's time.
const FACTOR: u32 = 1000;
/// 100 seconds at the OP, so that the pause of 60 seconds is over at each rotation.
const ROTATION: Duration = Duration::from_millis(100);
/// When everything must be done, on any machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// After this many completed logins, the process has reached its full size.
const WARM: usize = 96;
/// After this many completed logins, the OP begins to sign with a key that it does not publish,
/// which makes for an endless supply of unknown `kid`s.
const OUTAGE_BEGINS: usize = 150;
const OUTAGE_ENDS: usize = 230;
const NOBODYS: &str = "nobody's key";

/// A scene of many visitors; see the [module](self).
#[derive(Debug)]
pub struct Soak {
    shared: Arc<Shared>,
    visitors: Vec<Visitor>,
    /// Closes when the last visitor has gone.
    gone: Receiver<()>,
    rotations: JoinHandle<()>,
    before: Resources,
}

#[derive(Debug)]
struct Shared {
    begun: Instant,
    clock: Clock,
    server: Server,
    client: Client,
    injected: Arc<Mutex<Injected>>,
    /// When fetches of keys began.
    fetches: Arc<Mutex<Vec<UnixTime>>>,
    seen: Mutex<Seen>,
    over: AtomicBool,
}

/// The outcomes of the logins.
#[derive(Debug, Default)]
struct Seen {
    rotations: usize,
    begun: usize,
    /// For each unfinished login, the number of rotations before it began.
    under_way: Vec<usize>,
    most_at_once: usize,
    outage: Vec<UnixTime>,
    people: usize,
    failed: Counts,
    /// Tokens signed with a key that was never published.
    nobodys: usize,
    /// Outcomes that no fault explains.
    others: Vec<String>,
    /// The resources in use when a quarter of all logins was done.
    warm: Option<Resources>,
}

impl Soak {
    /// Starts the OP, its rotations and its faults.
    ///
    /// # Panics
    /// If no port or thread is available.
    pub fn start() -> Self {
        let clock = Clock::accelerated(FACTOR);
        let server = Server::start(clock.clone()).expect("loopback has a free port");
        let day = Duration::from_secs(24 * 3600);
        let settings = server.settings().login_lifetime(day);
        let client = Client::new(settings).expect("the settings are sound");
        let (injected, fetches) = (Arc::default(), Arc::default());
        {
            let mut op = server.op();
            // On a slow machine a request can take minutes of this time.
            op.code_lifetime(day);
            op.token_lifetime(day);
            op.clock_leeway(day);
            // Announces the first rotation as well.
            op.roll_signing_key();
            op.cache_control("max-age=900");
            op.react_when(faults::note_fetches(client.clone(), Arc::clone(&fetches)));
            op.react_when(faults::faults(client.clone(), Arc::clone(&injected)));
        }
        let before = Resources::now();
        let (seen, over) = (Mutex::default(), AtomicBool::new(false));
        let begun = Instant::now();
        let shared =
            Arc::new(Shared { begun, clock, server, client, injected, fetches, seen, over });
        let (sender, gone) = mpsc::channel();
        let visitor = |number| Visitor::new(number, Arc::clone(&shared), sender.clone());
        let visitors = (0..VISITORS).map(visitor).collect();
        let rotations = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.rotate()
        });
        Self { shared, visitors, gone, rotations, before }
    }

    /// The client that makes the flows.
    pub fn client(&self) -> Client {
        self.shared.client.clone()
    }

    /// Takes the people; returns none the second time.
    pub fn visitors(&mut self) -> Vec<Visitor> {
        std::mem::take(&mut self.visitors)
    }

    /// Waits until the last visitor has gone. Drop the transport before calling it.
    ///
    /// # Panics
    /// If anything was lost, mixed up between people, stuck, leaked or fetched too often, or if a
    /// login failed without an injected fault.
    pub fn finish(self) {
        let Self { shared, visitors, gone, rotations, before } = self;
        drop(visitors);
        let left = PATIENCE.saturating_sub(shared.begun.elapsed());
        let stuck = gone.recv_timeout(left) == Err(RecvTimeoutError::Timeout);
        assert!(!stuck, "after {PATIENCE:?} somebody is stuck: {:?}", lock(&shared.seen));
        shared.over.store(true, Ordering::SeqCst);
        rotations.join().expect("rotations do not fail");
        shared.judge(&before);
    }
}

impl Seen {
    fn total(&self) -> usize {
        self.people + self.failed.total() + self.nobodys + self.others.len()
    }
}

impl Shared {
    fn rotate(&self) {
        while !self.over.load(Ordering::SeqCst) {
            thread::sleep(ROTATION);
            while !self.over.load(Ordering::SeqCst) && !self.try_to_rotate() {
                thread::sleep(Duration::from_millis(1));
            }
        }
    }

    /// Rotates, unless a login would span two rotations. Such a login may rightly fail: after the
    /// first rotation it fetches the keys, which it does only once, and after the second they are
    /// old. At the OP that takes 100 seconds, but here that is 100 ms on a busy machine, so
    /// rotations wait for logins.
    fn try_to_rotate(&self) -> bool {
        let mut seen = lock(&self.seen);
        let may = seen.under_way.iter().all(|began| *began == seen.rotations);
        if may {
            seen.rotations += 1;
            self.server.op().roll_signing_key();
        }
        may
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
