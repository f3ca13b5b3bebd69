//! How much a warm login allocates on the heap. `benches/README.md` states the numbers, and this
//! test keeps them true: if you change one by more than a tenth, find out why, and update it there.

#[path = "../benches/warm_login.rs"]
mod warm_login;

use allocation_counter::{AllocationInfo, measure, opt_out};

use crate::warm_login::WarmLogin;

/// The maximum number of allocations in a warm login.
const LIMIT: u64 = 110;

/// A number from the README's table, by the first words of its row.
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
    // The first login sets up what is kept.
    drop(login.run(&mut |run| run()));
    login.op.forget_asked();
    let AllocationInfo { count_total, bytes_total, .. } =
        measure(|| drop(login.run(&mut |run| opt_out(run))));
    assert_eq!(login.op.asked(), ["POST /token"], "one request");
    assert!(count_total <= LIMIT, "{count_total} allocations");
    assert_near("heap allocations", count_total);
    // The number includes pointers.
    if cfg!(target_pointer_width = "64") {
        assert_near("bytes allocated", bytes_total);
    }
}
