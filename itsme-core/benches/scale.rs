//! How much memory what is kept takes, and what threads that share a client cost each other.

use std::{
    hint::black_box,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use allocation_counter::measure as count;
use cpu_time::ThreadTime;
use itsme_core::{AuthorizationRequest, Client, PrivateKeys};
use itsme_testkit::{SERVICE, private_jwks};

use crate::{
    paired::nanoseconds,
    scene::{Scene, done},
};

/// The memory of this process in bytes, that of OpenSSL included; Linux alone tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Prints what one of many takes. They are leaked, so that nobody's room serves the next.
fn each<T>(what: &str, number: u64, make: impl Fn() -> T) {
    std::mem::forget(make());
    let before = resident();
    let counted = count(|| (0..number).for_each(|_| std::mem::forget(make())));
    let heap = counted.bytes_current.unsigned_abs() / number;
    print!("    {what:<28} {heap:>7} on Rust's heap");
    if let Some((before, after)) = before.zip(resident()) {
        print!("{:>9} with OpenSSL's and the allocator's", after.saturating_sub(before) / number);
    }
    println!();
}

/// Bytes for each pending login, client and cached key set.
pub fn memory() {
    let Scene { client, clock, op } = Scene::new();
    println!("bytes");
    let begin =
        || done(client.authorize(AuthorizationRequest::login(SERVICE)), &mut clock.clone()).state;
    let stored = serde_json::to_string(&begin()).expect("JSON");
    println!("    {:<28} {:>7} as JSON", "login state", stored.len());
    each("login state", 20_000, begin);
    each("client", 20_000, || Client::new(op.settings()).expect("the settings are sound"));
    each("private keys, three", 500, || PrivateKeys::from_json(private_jwks()).expect("keys"));
    let provider = serde_json::to_string(&*client.provider().expect("cached")).expect("JSON");
    each("metadata and two keys", 1_000, || {
        serde_json::from_str::<itsme_core::Provider>(&provider).expect("a provider")
    });
}

/// How long each thread works.
const TIME: Duration = Duration::from_millis(1500);

/// Authorization URLs by threads that share a client, whose cache has a lock.
pub fn threads() {
    let Scene { client, clock, .. } = Scene::new();
    println!("authorization URLs of threads that share one client");
    for number in [1, 2, 8, 64] {
        let barrier = Barrier::new(number);
        let work = || {
            let (mut clock, start) = (clock.clone(), Instant::now());
            barrier.wait();
            let (cpu, mut made) = (ThreadTime::now(), 0u32);
            while start.elapsed() < TIME {
                for _ in 0..100 {
                    black_box(done(
                        client.authorize(AuthorizationRequest::login(SERVICE)),
                        &mut clock,
                    ));
                }
                made += 100;
            }
            (made, cpu.elapsed())
        };
        let results: Vec<(u32, Duration)> = thread::scope(|scope| {
            let threads: Vec<_> = (0..number).map(|_| scope.spawn(work)).collect();
            threads.into_iter().map(|thread| thread.join().expect("it ends")).collect()
        });
        let made: u32 = results.iter().map(|(made, _)| made).sum();
        let cpu: Duration = results.iter().map(|(_, cpu)| *cpu).sum();
        let each = nanoseconds(cpu) / f64::from(made) / 1000.0;
        println!("    {number:>2} threads {:>19.2} µs of CPU each", each);
    }
}
