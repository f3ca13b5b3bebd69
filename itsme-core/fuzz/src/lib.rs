//! The fuzz targets as plain functions: the fuzzer's programs call them, and so does a test of
//! `itsme-core` that needs no fuzzer.
//!
//! Each function returns quietly on every input. Besides not panicking, it compares the results with
//! what it knows independently: encrypted text decrypts to the original, accepted claims are
//! acceptable, and whoever has logged in is the person who approved.

mod flows;
mod input;
mod jose;
mod stored;

pub use self::{
    flows::{callback, discovery, flow, ping, token, userinfo},
    jose::{jwe, jws, key_set, nested},
    stored::stored,
};
