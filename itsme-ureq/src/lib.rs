//! itsme for blocking applications. This crate runs the flows of [`itsme_core`] over [ureq](https://docs.rs/ureq).
//!
//! # A login
//!
//! Create one [`Client`] at startup and share it. It is cheap to clone, and holds the parsed keys,
//! the connections, and the cache of itsme's metadata and keys.
//!
//! ```no_run
//! use itsme_core::{AuthorizationRequest, Callback, Claim, Environment, PrivateKeys, Settings};
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
//! // 1. Send the user to itsme, and keep the state in their session.
//! let login = itsme.authorize(AuthorizationRequest::login("MY_SERVICE").claim(Claim::GivenName))?;
//! session.insert(login.state.id(), &login.state);
//! println!("303 to {}", login.url);
//!
//! // 2. The user is back. Take the state out of the session first, because it can be used only once.
//! let callback = Callback::from(callback_url);
//! let state = session.remove(callback.state()).ok_or("no login in progress matches this callback")?;
//! let who = itsme.finish_login(state, callback)?;
//!
//! // 3. Find the account by `sub` and nothing else. Any claim can be missing.
//! println!("welcome {:?}, account {}", who.user.given_name, who.user.sub);
//! # Ok(())
//! # }
//! ```
//!
//! The session's cookie must be `SameSite=Lax`, because the user comes back from a different site. The guide, in the
//! repository's `docs/guide`, has a complete multithreaded server.
//!
//! # More than a login
//!
//! [`AuthorizationRequest`](itsme_core::AuthorizationRequest) has a constructor for each of itsme's services: login,
//! identification, data sharing and confirmation. [`Client::next_qr_step`] and [`Client::start_backchannel`] ask users
//! in the app, without a redirect in a browser. [`Client::picture`] fetches a user's picture, and [`Client::refresh`]
//! warms up the cache. [`Transport::run`] runs any flow for which [`Client`] has no method.
//!
//! Keys held in an HSM or a KMS are used through a [`KeyHolder`]. The guide has a chapter about
//! them.
//!
//! # Errors
//!
//! An [`Error`] comes from the protocol ([`DriveError::Flow`]), the network ([`DriveError::Transport`]) or the key
//! holder ([`DriveError::Key`]). [`advice`](DriveError::advice) sorts errors into four kinds, one for each message that
//! you need for your users:
//!
//! ```
//! use itsme_ureq::{Error, itsme_core::Advice};
//!
//! fn for_the_person(error: &Error) -> &'static str {
//!     match error.advice() {
//!         Advice::Cancelled => "you cancelled the login",
//!         Advice::StartOver => "please log in again",
//!         Advice::TryLater => "please try again later",
//!         Advice::OurFault => "an error on our side", // also page someone
//!     }
//! }
//! ```
//!
//! Errors contain no token, code, URL or claim, so you can log them. Two of them quote [text from the OP or the
//! browser](itsme_core#secrets). You need not retry: requests that are safe to repeat have already been retried.
//!
//! # Why a login failed
//!
//! [`Client::on_failure`] gives your application a [`Recording`](itsme_core::Recording) of each login that ends in an
//! error. It contains everything that was sent and received, sealed to your own keys. With those keys you can replay it
//! on your own machine, even with a different clock or different keys:
//!
//! ```no_run
//! use itsme_core::Recording;
//! use std::sync::mpsc;
//!
//! # fn example(settings: itsme_core::Settings) -> Result<(), Box<dyn std::error::Error>> {
//! let (failures, to_keep) = mpsc::sync_channel::<Recording>(100);
//! let itsme = itsme_ureq::Client::new(settings)?
//!     // Called on the login's thread: keep it quick, and drop a recording rather than wait.
//!     .on_failure(move |recording| drop(failures.try_send(recording)));
//! std::thread::spawn(move || {
//!     for recording in to_keep {
//!         // … store it in a directory that only this application can read, for two weeks at most.
//!         println!("{}", recording.as_text().len());
//!     }
//! });
//! # drop(itsme);
//! # Ok(()) }
//! ```
//!
//! Recording is off by default, because a recording is personal data and may contain live
//! credentials. See [`Recording`](itsme_core::Recording) for how to store recordings.
//!
//! # Versions
//!
//! Two of ureq's types are part of this crate's public API: [`ureq::Agent`] for your own [`Transport`], and
//! [`ureq::Error`] as the source of a [`SendError`]. They belong to the version re-exported as
//! [`itsme_ureq::ureq`](mod@ureq). A new major version of ureq means a new major version of this crate. `itsme-core`
//! does not depend on ureq.
//!
//! # Logs
//!
//! Logs go through [`tracing`](https://docs.rs/tracing), with the target `itsme`. Each flow is a span named `itsme` at
//! level `info`. Its field `flow` is the name of the [`Client`] method: `authorize`, `finish_login`, `poll_backchannel`
//! and so on. Within the span, each request is an event at level `debug`, or `warn` if the OP responds with a server
//! error or not at all. Each operation with an external key is also an event. See
//! [`RequestLog`](itsme_core::RequestLog) and [`KeyLog`](itsme_core::KeyLog) for the fields. No path, query, header,
//! body or personal data is logged.
//!
//! We cannot control ureq's own logs. **At trace level, `ureq_proto` logs the headers of requests, including access
//! tokens and the client secret**, so keep it at debug (`RUST_LOG=trace,ureq_proto=debug`).
//!
//! # Testing
//!
//! `itsme-testkit` is a strict fake itsme on loopback, so you need neither an itsme account nor a
//! network.
//!
//! ```
//! use itsme_core::{Advice, AuthorizationRequest};
//! use itsme_testkit::{Clock, Person, SERVICE, Server};
//!
//! let server = Server::start(Clock::system())?;
//! let itsme = itsme_ureq::Client::new(server.settings())?;
//!
//! let login = itsme.authorize(AuthorizationRequest::login(SERVICE))?;
//! let callback = server.approve(&login.url, &Person::ann());
//! let who = itsme.finish_login(login.state, callback)?;
//! assert_eq!(who.user.sub, server.op().sub_of(&Person::ann()));
//!
//! // The second time, Ann refuses.
//! let login = itsme.authorize(AuthorizationRequest::login(SERVICE))?;
//! let callback = server.deny(&login.url);
//! let error = itsme.finish_login(login.state, callback).unwrap_err();
//! assert_eq!(error.advice(), Advice::Cancelled);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Proxies, certificates, timeouts
//!
//! [`Transport::with_agent`] takes a [`ureq::Agent`] and [`Timeouts`](itsme_core::Timeouts). By default, connecting can
//! take up to 10 seconds and a request up to 30:
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
//! `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` are honored. Whatever you configure, the transport follows no redirects,
//! keeps no cookies, sends nothing twice and reads at most 1 MiB. `itsme_testkit::conformance` tests this.
//!
//! # Features
//!
//! * `rustls` (default): TLS through rustls.
//! * `native-tls`: TLS through the system's library. If both are enabled, rustls is used.
//! * `vendored-openssl`: builds the OpenSSL that `itsme-core` uses from source.

mod client;
pub use client::Client;
mod key_holder;
pub use key_holder::{KeyHolder, KeyHolderError};
mod transport;
pub use transport::{SendError, Transport};

pub use itsme_core::{self, DriveError};
pub use ureq;

/// The reason why a flow failed: the protocol, the network, or the key holder.
pub type Error = itsme_core::DriveError<SendError>;
