//! How much memory kept values take.

use allocation_counter::measure as count;
use itsme_core::{AuthorizationRequest, Client, PrivateKeys, Provider};
use itsme_testkit::{SERVICE, private_jwks};

use crate::{InMemory, threads::Worker};

/// The memory of this process in bytes, including OpenSSL's; only available on Linux.
pub fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// A row: the memory of one value among many. They are leaked, so that no freed memory is reused.
fn row<T>(what: &str, number: u64, mut make: impl FnMut() -> T) {
    std::mem::forget(make());
    let before = resident();
    let counted = count(|| (0..number).for_each(|_| std::mem::forget(make())));
    let heap = counted.bytes_current.unsigned_abs() / number;
    let grown = before.zip(resident()).map(|(before, after)| after.saturating_sub(before) / number);
    let grown = grown.map_or("?".to_owned(), |bytes| bytes.to_string());
    println!("| {what} | {number} | {heap} | {grown} |");
}

/// Bytes for each pending login, client and cached key set.
pub fn table() {
    let mut scene = InMemory::new();
    let settings = scene.op.settings();
    let provider = scene.client.provider().expect("cached");
    let provider = serde_json::to_string(&*provider).expect("JSON");
    let mut begin = || scene.begin(AuthorizationRequest::login(SERVICE)).1;
    let length = serde_json::to_string(&begin()).expect("JSON").len();
    println!("| bytes of each | number | on Rust's heap | with OpenSSL's and the allocator's |");
    println!("|---|---|---|---|");
    row(&format!("pending login: `LoginState`, as JSON {length}"), 10_000, begin);
    row("client", 10_000, || Client::new(settings.clone()).expect("the settings are sound"));
    row("private keys, three", 500, || PrivateKeys::from_json(private_jwks()).expect("keys"));
    row("metadata and two keys", 1_000, || {
        serde_json::from_str::<Provider>(&provider).expect("a provider")
    });
}
