//! The web application and the fake itsme in a real browser, to which they are two sites: one at
//! 127.0.0.1, the other at localhost. Pictures of all pages are saved in `target/browser`.

mod accessibility;
mod browser;
mod command;
mod console;
mod customer;
#[path = "../instances/database.rs"]
mod database;
#[allow(dead_code, reason = "one instance is enough here")]
#[path = "../instances/fleet.rs"]
mod fleet;
mod itsme;
mod picture;
#[path = "../program/port.rs"]
mod port;
#[allow(dead_code, reason = "nobody reads its log here")]
#[path = "../program/mod.rs"]
mod program;
mod sandbox;
mod shop;
#[allow(dead_code, reason = "not all of it is a page")]
#[path = "../../src/texts/mod.rs"]
mod texts;
mod tour;
