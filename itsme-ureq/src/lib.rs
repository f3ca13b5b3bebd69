//! itsme for blocking applications: the flows of [`itsme_core`] over [`ureq`].
//!
//! # A login
//!
//! Make one [`Client`] at the start of the program and share it: it is cheap to clone, and holds the parsed
//! keys, the connections, and what is cached of itsme.
//!
//! ```no_run
//! use itsme_core::{Callback, Claim, Environment, Login, PrivateKeys, Settings};
//! # use itsme_core::LoginState;
//! # struct Session;
//! # impl Session {
//! #     fn insert(&self, _: &str, _: &LoginState) {}
//! #     fn remove(&self, _: Option<String>) -> Option<LoginState> { None }
//! # }
//!
//! # fn example(session: Session, callback_url: String) -> Result<(), Box<dyn std::error::Error>> {
//! let keys = PrivateKeys::from_json(&std::fs::read_to_string("jwks_private.json")?)?;
//! let settings = Settings::new("my_client_id", keys, Environment::Production)
//!     .redirect_uri("https://example.be/itsme/callback");
//! let itsme = itsme_ureq::Client::new(settings)?;
//!
//! // 1. Send the person to itsme, and keep the state in their session.
//! let login = itsme.authorize(Login::new("MY_SERVICE").claim(Claim::GivenName))?;
//! session.insert(login.state.id(), &login.state);
//! println!("303 to {}", login.url);
//!
//! // 2. They are back. Take the state out of the session first: it is for one use.
//! let callback = Callback::from(callback_url);
//! let state = session.remove(callback.state()).ok_or("no login waits for this callback")?;
//! let who = itsme.finish_login(state, callback)?;
//!
//! // 3. `sub` is the only link to an account. Every claim may be missing.
//! println!("welcome {:?}, account {}", who.given_name, who.sub);
//! # Ok(())
//! # }
//! ```
//!
//! The session's cookie must be `SameSite=Lax`: the person comes back from another site. The guide, in
//! `docs/guide` of the repository, has a complete server with threads.
//!
//! # More than a login
//!
//! [`Identification`](itsme_core::Identification), [`ShareData`](itsme_core::ShareData) and
//! [`Confirm`](itsme_core::Confirm) take the place of [`Login`](itsme_core::Login). [`Client::qr_login`] and
//! [`Client::start_backchannel`] ask people without a browser, [`Client::picture`] fetches their picture, and
//! [`Client::refresh`] warms the cache up. What [`Client`] lacks, [`Transport::run`] does with any flow.
//!
//! # Errors
//!
//! An [`Error`] is the protocol's ([`DriveError::Flow`]) or the network's ([`DriveError::Transport`]). The
//! first is sorted by whose turn it is; the person is told one of four things:
//!
//! ```
//! use itsme_ureq::{DriveError, Error, itsme_core::{Error as FlowError, ErrorCode}};
//!
//! fn for_the_person(error: &Error) -> &'static str {
//!     const BEGIN_AGAIN: &str = "please log in again";
//!     const LATER: &str = "please try again later";
//!     const OUR_FAULT: &str = "an error on our side"; // and wake somebody
//!     let DriveError::Flow(error) = error else { return LATER };
//!     match error {
//!         FlowError::Cancelled => "you cancelled the login",
//!         FlowError::Callback(_) | FlowError::LoginExpired => BEGIN_AGAIN,
//!         FlowError::Malformed { .. }
//!         | FlowError::Metadata(_)
//!         | FlowError::ProviderUnavailable { .. }
//!         | FlowError::UnexpectedReply(_) => LATER,
//!         FlowError::Refused(refusal) => match refusal.code {
//!             ErrorCode::ExpiredLoginHintToken | ErrorCode::InvalidGrant => BEGIN_AGAIN,
//!             ErrorCode::ServerError
//!             | ErrorCode::SlowDown
//!             | ErrorCode::TemporarilyUnavailable
//!             | ErrorCode::TemporaryUnavailable => LATER,
//!             _ => OUR_FAULT,
//!         },
//!         _ => OUR_FAULT,
//!     }
//! }
//! # assert_eq!(for_the_person(&DriveError::Flow(FlowError::Cancelled)), "you cancelled the login");
//! ```
//!
//! No token, code, URL or claim is put into an error, so each can be logged; two quote [what others
//! wrote](itsme_core#secrets). Nothing needs to be tried again: what can be sent twice safely was sent twice.
//!
//! # Versions
//!
//! Of ureq, these are public here: [`ureq::Agent`] for a [`Transport`] of your own making, and [`ureq::Error`] as a cause in [`SendError`]. They come from the version that is re-exported as
//! [`itsme_ureq::ureq`](mod@ureq), and another major version of ureq will be another one of this crate, while
//! `itsme-core` knows nothing of it.
//!
//! # Logs
//!
//! Through [`tracing`](https://docs.rs/tracing), by the name of this crate. Each flow is a span `itsme` at
//! level `info`, with a field `flow`: `authorize`, `finish_login`, `poll_backchannel` and so on, as the method of [`Client`] is
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
//! # Testing
//!
//! `itsme-testkit` is a strict fake itsme on loopback; neither an account nor a network is needed.
//!
//! ```
//! use itsme_core::Login;
//! use itsme_testkit::{Clock, Person, SERVICE, Server};
//!
//! let server = Server::start(Clock::system())?;
//! let itsme = itsme_ureq::Client::new(server.settings())?;
//!
//! let login = itsme.authorize(Login::new(SERVICE))?;
//! let callback = server.approve(&login.url, &Person::ann());
//! let who = itsme.finish_login(login.state, callback)?;
//! assert_eq!(who.sub, server.op().sub_of(&Person::ann()));
//!
//! // Another time she says no.
//! let login = itsme.authorize(Login::new(SERVICE))?;
//! let callback = server.deny(&login.url);
//! assert!(itsme.finish_login(login.state, callback).unwrap_err().is_cancelled());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Proxies, certificates, timeouts
//!
//! [`Transport::with_agent`] takes a [`ureq::Agent`] and [`Timeouts`](itsme_core::Timeouts), by default 10
//! seconds for a connection and 30 for a request:
//!
//! ```
//! use itsme_core::{Client as Core, Settings, Timeouts};
//! use itsme_ureq::{Client, Transport};
//! use std::time::Duration;
//!
//! # fn example(settings: Settings) -> Result<Client, Box<dyn std::error::Error>> {
//! let timeouts = Timeouts::default().total(Duration::from_secs(10));
//! let transport = Transport::with_agent(ureq::Agent::new_with_defaults(), timeouts);
//! let itsme = Client::with_transport(Core::new(settings)?, transport);
//! # Ok(itsme)
//! # }
//! ```
//!
//! `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` are honoured. Whatever is configured, no redirect is followed, no
//! cookie kept, nothing sent twice, and no answer over 1 MiB read: `itsme_testkit::conformance` proves it.
//!
//! # Features
//!
//! * `rustls` (default): TLS through rustls.
//! * `native-tls`: TLS through the system's library. With both, rustls is taken.
//! * `vendored-openssl`: builds the OpenSSL that core uses from source.

mod client;
pub use client::Client;
mod sending;
mod transport;
pub use transport::{SendError, Transport};

pub use itsme_core::{self, DriveError};
pub use ureq;

/// Why a flow ended without its result: the protocol, or the network.
pub type Error = itsme_core::DriveError<SendError>;
