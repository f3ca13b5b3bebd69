//! Tests of the program `itsme-op` and the OP's pages, as an application and a browser without
//! JavaScript see them.

mod application;
mod control;
mod developers;
mod hosted;
mod journal;
mod languages;
mod logins;
#[cfg(target_os = "linux")]
mod memory;
mod outgoing;
mod page;
mod phone;
mod places;
mod program;
mod sandbox;
mod tls;
