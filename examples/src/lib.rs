//! Code that the example programs share. Read the programs in `src/bin` first: they show the code
//! that you would write in an application.
//!
//! * `options`: the command line, and the settings made from it;
//! * `visitor`: the user with the browser and the phone, simulated or real;
//! * `run`: the steps that are the same in all programs after `login`;
//! * `qr`: a QR code in a terminal;
//! * `countdown`: the time left while a program waits for a user;
//! * `report`: the output and the exit codes;
//! * `key_file`: the file with the private keys; `key_import`: building one from other files;
//! * `inspect`: inspecting a document from a login;
//! * `kms`: private keys held in a KMS;
//! * `own_client`: using an HTTP client other than reqwest or ureq;
//! * `pkcs11`: keys in an HSM.

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
