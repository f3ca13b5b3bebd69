//! Tests of the program `itsme-op` and of the OP's pages, from the point of view of an application
//! and of a browser without JavaScript.

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
