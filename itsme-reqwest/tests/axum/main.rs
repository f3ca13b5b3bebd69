//! The routes for axum.

#[path = "../../../itsme-testkit/tests/secrecy/log.rs"]
mod log;

mod errands;
mod logins;
mod problems;
mod site;
