//! Tests of the routes for axum.

#[path = "../../../itsme-testkit/tests/secrecy/log.rs"]
mod log;

mod errands;
mod hosted;
mod logins;
mod ping;
mod problems;
mod qr;
mod site;
mod store;
