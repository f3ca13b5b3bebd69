//! itsme for blocking applications: the flows of [`itsme_core`] over [`ureq`].
//!
//! ```no_run
//! use itsme_core::{Environment, Login, PrivateKeys, Scope, Settings};
//!
//! # fn example(jwks: &str, callback: String) -> Result<(), Box<dyn std::error::Error>> {
//! let settings = Settings::new("my_client_id", PrivateKeys::from_json(jwks)?, Environment::Production)
//!     .redirect_uri("https://example.be/itsme/callback");
//! let itsme = itsme_ureq::Client::new(settings)?; // once, at the start of the program
//!
//! // 1. Send the person to itsme, and keep `login.state` in their session.
//! let login = itsme.authorize(Login::new("MY_SERVICE").scope(Scope::Email))?;
//! println!("302 to {}", login.url);
//!
//! // 2. They are back. `Callback::from(query).state()` tells which state to take out of the session.
//! let who = itsme.user(login.state, callback)?;
//!
//! // 3. `sub` is the only link to an account.
//! println!("welcome {}", who.sub);
//! # Ok(())
//! # }
//! ```
//!
//! What [`Client`] lacks, [`Transport::run`] does with any flow. What a transport must do and must
//! not do is proved by `itsme_testkit::conformance`: no redirect followed, no cookie, no retry,
//! no answer over 1 MiB, no waiting without end.
//!
//! # Logs
//!
//! Through [`tracing`](https://docs.rs/tracing), by the name of this crate. Each flow is a span `itsme` at
//! level `info`, with a field `flow`: `authorize`, `user`, `poll` and so on, as the method of [`Client`] is
//! called. In it, each request is an event:
//!
//! | level | event |
//! |---|---|
//! | `debug` | the OP has answered |
//! | `warn` | the OP is in trouble: status 429 or 5xx |
//! | `warn` | the OP has not answered, with the `error` and its causes |
//!
//! Its fields are the `endpoint` ([`Endpoint`](itsme_core::Endpoint)), the `host`, the `attempt` (2 if the
//! request is made again after there was no answer), how many `ms` it took, and the `status`. Nothing
//! is logged of a path, a query, a header, a body, a person.
//!
//! What ureq logs itself is its own affair. **At trace level, `ureq_proto` logs the heads of
//! requests, access tokens and the client secret included**: keep it at debug
//! (`RUST_LOG=trace,ureq_proto=debug`).
//!
//! # Features
//! * `rustls` (default): TLS through rustls.
//! * `native-tls`: TLS through the system's library. With both, rustls is taken.
//! * `vendored-openssl`: builds the OpenSSL that core uses from source.
//!
//! `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` are honoured, as by every ureq agent.

mod client;
pub use client::Client;
mod sending;
mod transport;
pub use transport::{SendError, Transport};

pub use itsme_core::{self, DriveError};

/// Why a flow ended without its result: the protocol, or the network.
pub type Error = itsme_core::DriveError<SendError>;
