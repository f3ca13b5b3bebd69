//! What a login costs in CPU time when several threads, or many clients, work at once. Markdown rows.

use std::{
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use cpu_time::ThreadTime;
use itsme_core::{AuthorizationRequest, Claim, LoginState};
use itsme_testkit::SERVICE;

/// All threads together make about this many logins.
const LOGINS: u32 = 6_400;

/// Above the rows of [`table`].
#[allow(dead_code, reason = "a table has it once, however many add rows")]
pub const HEADER: &str = "| logins of | threads | CPU per login | against one thread | logins per second |\n|---|---|---|---|---|";

/// One thread, with what it does not share with others.
pub trait Worker {
    /// Sends a person to the OP.
    fn begin(&mut self, request: AuthorizationRequest) -> (String, LoginState);

    /// What the person's browser comes back with; not counted.
    fn approve(&mut self, url: &str) -> String;

    /// Logs the person in, and returns how much of the time was the OP's.
    fn finish(&mut self, state: LoginState, callback: String) -> Duration;
}

/// The request, as in the warm login.
fn request() -> AuthorizationRequest {
    AuthorizationRequest::login(SERVICE)
        .claim(Claim::Name)
        .claim(Claim::Birthdate)
        .claim(Claim::Email)
}

/// The CPU time that a login takes in this thread, without the OP's and the person's share.
pub fn log_in(worker: &mut impl Worker) -> Duration {
    let start = ThreadTime::now();
    let (url, state) = worker.begin(request());
    let begun = start.elapsed();
    let callback = worker.approve(&url);
    let start = ThreadTime::now();
    let not_ours = worker.finish(state, callback);
    begun + start.elapsed() - not_ours
}

/// Numbers of threads, each measured once a round: whatever slows the machine down slows the whole round.
const NUMBERS: [u32; 4] = [1, 2, 8, 64];
const ROUNDS: u32 = 5;

/// A row for each number of threads: CPU time per login, its ratio to that of one thread, logins per second;
/// medians.
pub fn table<W: Worker>(what: &str, worker: impl Fn() -> W + Sync) {
    let rounds: Vec<[Measured; 4]> =
        (0..ROUNDS).map(|_| NUMBERS.map(|number| measure(number, &worker))).collect();
    for (place, number) in NUMBERS.into_iter().enumerate() {
        let median = |of: &dyn Fn(&[Measured; 4]) -> f64| {
            let mut values: Vec<f64> = rounds.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let cpu = median(&|round| round[place].cpu) * 1e6;
        let ratio = median(&|round| round[place].cpu / round[0].cpu);
        let rate = median(&|round| round[place].rate);
        println!("| {what} | {number} | {cpu:.0} µs | {ratio:.2} | {rate:.0} |");
    }
}

/// CPU seconds per login, and logins per second.
struct Measured {
    cpu: f64,
    rate: f64,
}

fn measure<W: Worker>(number: u32, worker: &(impl Fn() -> W + Sync)) -> Measured {
    let each = LOGINS / ROUNDS / number;
    let ready = Barrier::new(number as usize);
    let work = || {
        let mut worker = worker();
        // Connects, and sets up what OpenSSL keeps per thread.
        log_in(&mut worker);
        ready.wait();
        let start = Instant::now();
        let cpu: Duration = (0..each).map(|_| log_in(&mut worker)).sum();
        (cpu, start, Instant::now())
    };
    let results: Vec<(Duration, Instant, Instant)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..number).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().expect("it ends")).collect()
    });
    let logins = f64::from(each * number);
    let cpu = results.iter().map(|(cpu, ..)| cpu.as_secs_f64()).sum::<f64>() / logins;
    let first = results.iter().map(|(_, start, _)| *start).min();
    let last = results.iter().map(|(.., end)| *end).max();
    let wall = first.zip(last).map(|(first, last)| last - first).expect("threads");
    Measured { cpu, rate: logins / wall.as_secs_f64() }
}
