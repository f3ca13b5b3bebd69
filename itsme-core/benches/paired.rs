//! Times several ways of doing the same work, in short alternating rounds: whatever slows the
//! machine down slows all of them, and the ratio within a round remains.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use cpu_time::ThreadTime;

/// The first rounds are not counted.
const WARM_UP: usize = 3;
/// The minimum number of rounds that are.
const ROUNDS: usize = 9;

/// How long one comparison takes, in seconds; the environment variable `BENCH_SECONDS` overrides
/// it.
fn time_limit() -> Duration {
    let seconds = std::env::var("BENCH_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs_f64(seconds.unwrap_or(8.0))
}

/// A way to do the work: runs a round, and returns the CPU time of one execution in nanoseconds.
pub type Way<'a> = Box<dyn FnMut() -> f64 + 'a>;

/// A way that prepares the inputs of this many executions, then is timed while it executes them.
pub fn way<'a, I, O>(
    executions: u32,
    mut prepare: impl FnMut() -> I + 'a,
    mut execute: impl FnMut(I) -> O + 'a,
) -> Way<'a> {
    Box::new(move || {
        let inputs: Vec<I> = (0..executions).map(|_| prepare()).collect();
        let start = ThreadTime::now();
        for input in inputs {
            black_box(execute(input));
        }
        nanoseconds(start.elapsed()) / f64::from(executions)
    })
}

pub fn nanoseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}

/// Alternates the ways until the time is up, each round starting with another one. Prints the
/// median time of each, and the quartiles of the ratio of the first one to each other. Returns the
/// median times in nanoseconds.
pub fn compare<const N: usize>(what: &str, mut ways: [(&str, Way<'_>); N]) -> [f64; N] {
    let (start, limit) = (Instant::now(), time_limit());
    let mut rounds: Vec<[f64; N]> = Vec::new();
    while start.elapsed() < limit || rounds.len() < WARM_UP + ROUNDS {
        let mut times = [0.0; N];
        for turn in 0..N {
            let way = (turn + rounds.len()) % N;
            times[way] = (ways[way].1)();
        }
        rounds.push(times);
    }
    let rounds = &rounds[WARM_UP..];
    let quartiles = |of: &dyn Fn(&[f64; N]) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        [1, 2, 3].map(|quarter| values[values.len() * quarter / 4])
    };
    println!("{what} ({} rounds)", rounds.len());
    std::array::from_fn(|way| {
        let [_, time, _] = quartiles(&|times| times[way]);
        print!("    {:<28} {:>10.1} µs", ways[way].0, time / 1000.0);
        if way > 0 {
            let [low, median, high] = quartiles(&|times| times[0] / times[way]);
            print!("    ratio to it {median:.3} ({low:.3} to {high:.3})");
        }
        println!();
        time
    })
}
