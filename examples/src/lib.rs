//! What the example programs share. Read the programs in `src/bin` first: they are what an
//! application writes.
//!
//! * `options`: the command line, and the settings that come of it;
//! * `visitor`: the person with the browser and the phone, simulated or real;
//! * `run`: what the programs after `login` do in the same way;
//! * `qr`: a QR code in a terminal;
//! * `countdown`: how much time is left, while somebody is waited for;
//! * `report`: what is printed, and the exit codes;
//! * `key_file`: the file with the private keys; `key_import`: such a file made of others;
//! * `inspect`: what a login has left, looked into;
//! * `kms`: a KMS as the holder of private keys;
//! * `own_client`: how to bring another HTTP client than reqwest or ureq.
//! * `pkcs11`: keys in an HSM;

#![allow(clippy::exhaustive_structs, reason = "this crate is not published")]

#[cfg(doctest)]
mod guide;

pub mod countdown;
pub mod inspect;
pub mod key_file;
pub mod key_import;
pub mod kms;
pub mod options;
pub mod own_client;
pub mod pkcs11;
pub mod qr;
pub mod report;
pub mod run;
pub mod visitor;
