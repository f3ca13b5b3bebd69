//! The classes of vulnerabilities that struck JOSE and OpenID Connect libraries since 2023, one test
//! each: a login against the fake OP meets with several variants of the class, and with a control
//! that is as close to them as an honest OP can be.

mod agreed;
#[path = "../common/mod.rs"]
mod common;
mod encryption;
mod flows;
mod forge;
mod input;
mod signatures;
