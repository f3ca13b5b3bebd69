//! What a warm login asks of the heap. The number stands in `benches/README.md`, and this test holds
//! it: whoever changes it by more than a tenth finds out why, and writes the new one down.

#[path = "../benches/warm_login.rs"]
mod warm_login;

use allocation_counter::{AllocationInfo, measure, opt_out};

use crate::warm_login::WarmLogin;

/// The most that a warm login may ever take.
const LIMIT: u64 = 110;

/// A number of a row of the README, by the row's first words.
fn written_down(row: &str) -> u64 {
    let readme = include_str!("../benches/README.md");
    let row = readme.lines().find_map(|line| line.strip_prefix(&format!("| {row} | ")));
    let (number, _) = row.expect("the README has the row").split_once(' ').expect("a table");
    number.replace(',', "").parse().expect("a number")
}

fn assert_near(what: &str, found: u64) {
    let known = written_down(what);
    let within = known * 9 / 10..=known * 11 / 10;
    assert!(within.contains(&found), "{what}: {found}, and README.md says {known}");
}

#[test]
fn a_warm_login_allocates_as_little_as_it_did() {
    let mut login = WarmLogin::new();
    // The first one sets up what is kept.
    drop(login.run(&mut |run| run()));
    login.op.forget_asked();
    let AllocationInfo { count_total, bytes_total, .. } =
        measure(|| drop(login.run(&mut |run| opt_out(run))));
    assert_eq!(login.op.asked(), ["POST /token"], "one request");
    assert!(count_total <= LIMIT, "{count_total} allocations");
    assert_near("heap allocations", count_total);
    // Pointers are part of them.
    if cfg!(target_pointer_width = "64") {
        assert_near("bytes allocated", bytes_total);
    }
}
