//! The program `itsme-op` and the OP's pages, as an application and a browser without JavaScript
//! meet them.

mod application;
mod control;
mod journal;
mod logins;
mod outgoing;
mod page;
mod phone;
mod program;
mod sandbox;
