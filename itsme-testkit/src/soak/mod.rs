//! Many people log in at once, again and again, while the OP's keys rotate and one in twenty of its
//! answers is a fault: for adapters, which carry it over their transport.
//!
//! All of it happens in a time that runs 1,000 times as fast as the system's, so that some seconds
//! are more than an hour of the OP's life. [`Soak::client`] makes the flows, and each [`Visitor`]
//! is a person in a task or thread of their own:
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
//! [`Soak::finish`] waits for them and judges.

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
/// The fewest of each visitor: they go on until there were enough rotations.
const LOGINS: u32 = 6;
const ROTATIONS: usize = 8;
/// Between two logins of a visitor: two slow cores must bear the logins of all.
const PAUSE: Duration = Duration::from_millis(800);

/// How fast time runs; what follows is the system's time.
const FACTOR: u32 = 1000;
/// 100 seconds of the OP's, so that the pause of 60 seconds is over at each rotation.
const ROTATION: Duration = Duration::from_millis(100);
/// By when all must be done, on whatever machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// By so many ended logins, the process is as large as it gets.
const WARM: usize = 96;
/// By so many ended logins, the OP begins to sign with a key that it does not publish, so that there
/// are unknown `kid`s without end.
const OUTAGE_BEGINS: usize = 150;
const OUTAGE_ENDS: usize = 230;
const NOBODYS: &str = "nobody's key";

/// A scene of many visitors, see the [module](self).
#[derive(Debug)]
pub struct Soak {
    shared: Arc<Shared>,
    visitors: Vec<Visitor>,
    /// Ends when the last visitor has gone.
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

/// What became of the logins.
#[derive(Debug, Default)]
struct Seen {
    rotations: usize,
    begun: usize,
    /// After how many rotations the logins began that have not ended.
    under_way: Vec<usize>,
    most_at_once: usize,
    outage: Vec<UnixTime>,
    people: usize,
    failed: Counts,
    /// Tokens that nobody could believe.
    nobodys: usize,
    /// What nothing explains.
    others: Vec<String>,
    /// When a quarter of all was done.
    warm: Option<Resources>,
}

impl Soak {
    /// Starts the OP, its rotations and its faults.
    ///
    /// # Panics
    /// There is no port, or no thread, to be had.
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
            // So that the first rotation is announced as well.
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

    /// What makes the flows.
    pub fn client(&self) -> Client {
        self.shared.client.clone()
    }

    /// The people, once: the second time there are none.
    pub fn visitors(&mut self) -> Vec<Visitor> {
        std::mem::take(&mut self.visitors)
    }

    /// Waits until the last visitor has gone. The transport must have been dropped by then.
    ///
    /// # Panics
    /// Something was lost, mixed up between people, stuck, leaked or fetched too often, or a login
    /// failed for which no fault was made.
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

    /// Unless a login would span two rotations. It may fail then, and rightly so: after the first one
    /// it has fetched keys, which it does once, and after the second one they are old. That takes 100
    /// seconds, but these are 100 ms of a busy machine, so here rotations wait for logins.
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
