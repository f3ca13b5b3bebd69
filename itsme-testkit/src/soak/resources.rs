//! The system resources that the process uses. Only Linux reports them.

use std::fs;

/// The number of open file descriptors, and the memory in use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resources {
    pub(super) descriptors: usize,
    pub(super) kibibytes: usize,
}

impl Resources {
    pub(super) fn now() -> Self {
        let descriptors = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = resident.and_then(|text| text.split_whitespace().next()?.parse().ok());
        Self { descriptors, kibibytes: kibibytes.unwrap_or_default() }
    }
}
