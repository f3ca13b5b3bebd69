//! What is fuzzed, as plain functions: the fuzzer's programs call them, and so does a test of
//! `itsme-core` that runs without any fuzzer.
//!
//! A function ends quietly on every input. Besides not panicking it holds what it is told against
//! something that it knows otherwise: a text that was encrypted comes back the same, claims that
//! were accepted are acceptable, whoever has logged in is the person who approved.

mod flows;
mod input;
mod jose;

pub use self::{
    flows::{callback, discovery, flow, ping, stored, token, userinfo},
    jose::{jwe, jws, key_set, nested},
};
