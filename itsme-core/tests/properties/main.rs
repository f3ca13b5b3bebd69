//! Laws that hold for all generated input.

#[path = "../common/mod.rs"]
mod common;

mod callback;
mod claims;
mod free_text;
mod login_state;
mod numbers;
mod provider;
mod request;
mod tickets;
mod urls;

use proptest::test_runner::{Config, RngSeed};

/// This many cases, the same ones each time, unless `PROPTEST_RNG_SEED` selects others.
fn config(cases: u32) -> Config {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    match config.rng_seed {
        RngSeed::Random => Config { rng_seed: RngSeed::Fixed(1), ..config },
        RngSeed::Fixed(_) => config,
    }
}
