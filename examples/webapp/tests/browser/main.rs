//! The web application and the fake itsme in a real browser, to which they are two sites: the one is at
//! 127.0.0.1, the other at localhost. Pictures of all pages are kept in `target/browser`.

mod accessibility;
mod browser;
mod command;
mod console;
mod customer;
mod itsme;
mod picture;
#[path = "../program/mod.rs"]
mod program;
mod sandbox;
mod shop;
