//! Metadata and keys: fetched once for everyone, kept as long as the OP says, fetched again when
//! its keys change, and still used when it cannot be reached.

#[path = "../common/mod.rs"]
mod common;
mod freshness;
mod key_set;
mod lease;
mod metadata;
mod rotation;
mod snapshots;
mod suspicion;

use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

fn page(status: u16) -> itsme_core::Response {
    http::Response::builder()
        .status(status)
        .header("content-type", "text/html")
        .body(b"<h1>Maintenance</h1>".to_vec())
        .expect("a response")
}
