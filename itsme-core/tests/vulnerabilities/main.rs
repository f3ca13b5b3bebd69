//! The classes of vulnerabilities found in JOSE and OpenID Connect libraries since 2023, one test
//! each: a login against the fake OP meets several variants of the class, and a control that is as
//! close to them as an honest OP can be.

mod agreed;
#[path = "../common/mod.rs"]
mod common;
mod encryption;
mod flows;
mod forge;
mod input;
mod signatures;
