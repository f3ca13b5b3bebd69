//! Limits on how long a login under a fault or quirk may take, and on how much memory it may use.

use std::{fs, time::Duration};

use itsme_testkit::{Fault, faults::Verdict};

const LONGEST: Duration = Duration::from_secs(5);
const MOST: u64 = 64 * 1024 * 1024;

/// This process's resident memory in bytes, which is known only on Linux.
pub fn resident() -> Option<u64> {
    status("VmRSS:")
}

/// Checks every case against the limits. The memory includes the server's share.
pub fn assert_kept(verdicts: &[Verdict], list: &[Fault], resident_before: Option<u64>) {
    let tried = verdicts.iter().map(|verdict| verdict.fault.as_str());
    assert!(tried.eq(list.iter().map(Fault::name)), "the whole list must have been tried");
    let slowest = verdicts.iter().max_by_key(|verdict| verdict.took).expect("there are some");
    println!("the slowest: {} in {:?}", slowest.fault, slowest.took);
    assert!(slowest.took < LONGEST, "{} took {:?}", slowest.fault, slowest.took);
    if let Some((before, peak)) = resident_before.zip(status("VmHWM:")) {
        let grown = peak.saturating_sub(before);
        println!("all of them together: {} KiB", grown / 1024);
        assert!(grown < MOST, "the faults took {grown} bytes");
    }
}

/// Returns the value of a line in `/proc/self/status`, converted from KiB to bytes.
fn status(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}
