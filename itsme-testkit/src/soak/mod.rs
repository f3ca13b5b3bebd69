//! A soak test for adapters: many people log in concurrently, over and over, while the OP's keys
//! rotate and one response in twenty is a fault.
//!
//! Time runs 1,000 times as fast as the system's, so that a few seconds cover more than an hour at
//! the OP. Create the flows with [`Soak::client`]. Each [`Visitor`] is a person; run it in a
//! separate task or thread:
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
//! [`Soak::finish`] waits for all visitors and checks the results.

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
/// The minimum number of logins for each visitor. Visitors continue until there have been enough
/// rotations.
const LOGINS: u32 = 6;
const ROTATIONS: usize = 8;
/// The pause between two logins by the same visitor, which is long enough for two slow cores to handle
/// everyone's logins.
const PAUSE: Duration = Duration::from_millis(800);

/// How many times faster time runs. The durations below are in the system's time.
const FACTOR: u32 = 1000;
/// The time between rotations. It is 100 seconds at the OP, so that the minimum of 60 seconds
/// between two key fetches has passed before each rotation.
const ROTATION: Duration = Duration::from_millis(100);
/// The maximum duration of the whole test, on any machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The number of completed logins after which the process has reached its full size.
const WARM: usize = 96;
/// The number of completed logins after which the OP begins to sign with a key that it does not
/// publish. Clients then see unknown `kid`s all the time.
const OUTAGE_BEGINS: usize = 150;
const OUTAGE_ENDS: usize = 230;
const NOBODYS: &str = "nobody's key";

/// A running soak test; see the [module](self).
#[derive(Debug)]
pub struct Soak {
    shared: Arc<Shared>,
    visitors: Vec<Visitor>,
    /// Closes when the last visitor has finished.
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
    /// Times at which key fetches began.
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
    /// The number of tokens that were signed with a key that was never published.
    nobodys: usize,
    /// Outcomes that no injected fault explains.
    others: Vec<String>,
    /// The resources in use when [`WARM`] logins had been completed.
    warm: Option<Resources>,
}

impl Soak {
    /// Starts the OP, with key rotations and faults.
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
            // On a slow machine, a request can take minutes of this accelerated time.
            op.code_lifetime(day);
            op.token_lifetime(day);
            op.clock_leeway(day);
            // Publish the keys of the next rotations in advance.
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

    /// The client that creates the flows.
    pub fn client(&self) -> Client {
        self.shared.client.clone()
    }

    /// Returns all visitors. If called again, returns an empty list.
    pub fn visitors(&mut self) -> Vec<Visitor> {
        std::mem::take(&mut self.visitors)
    }

    /// Waits until the last visitor has finished, and checks the results. Drop the transport before
    /// calling this.
    ///
    /// # Panics
    /// If anything was lost, mixed up between people, stuck, leaked or fetched too often, or if a
    /// login failed without an injected fault.
    pub fn finish(self) {
        let Self { shared, visitors, gone, rotations, before } = self;
        drop(visitors);
        let left = PATIENCE.saturating_sub(shared.begun.elapsed());
        let stuck = gone.recv_timeout(left) == Err(RecvTimeoutError::Timeout);
        assert!(!stuck, "after {PATIENCE:?}, a visitor is stuck: {:?}", lock(&shared.seen));
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

    /// Rotates the signing key, unless a login would then span two rotations. Such a login could
    /// legitimately fail: it fetches the keys only once, after the first rotation, and these keys
    /// are outdated after the second. At a real OP, such a login would have to take 100 seconds, but here
    /// 100 ms is enough, which happens on a busy machine, so rotations wait for logins.
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
