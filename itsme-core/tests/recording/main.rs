//! Flows are recorded, encrypted, opened and run again.

#[path = "../common/mod.rs"]
mod common;
#[path = "../../../itsme-testkit/tests/recorded/mod.rs"]
mod recorded;
#[path = "../../../itsme-testkit/tests/secrecy/mod.rs"]
#[allow(dead_code, reason = "recordings are searched, not errors")]
mod secrecy;

mod faults;
mod flows;
mod hostile;
mod sealed;
mod what_if;
