//! itsme for async applications: the flows of [`itsme_core`] over [reqwest](https://docs.rs/reqwest).
//!
//! # A login
//!
//! Create one [`Client`] at startup and share it: it is cheap to clone, and holds the parsed
//! keys, the connections, and the cache of itsme's metadata and keys.
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
//! # async fn example(session: Session, callback_url: String) -> Result<(), Box<dyn std::error::Error>> {
//! let keys = PrivateKeys::from_json(&std::fs::read_to_string("jwks_private.json")?)?;
//! let settings = Settings::new("my_client_id", keys, Environment::Production)
//!     .redirect_uri("https://example.be/itsme/callback");
//! let itsme = itsme_reqwest::Client::new(settings)?;
//!
//! // 1. Send the person to itsme, and keep the state in their session.
//! let login = itsme.authorize(AuthorizationRequest::login("MY_SERVICE").claim(Claim::GivenName)).await?;
//! session.insert(login.state.id(), &login.state);
//! println!("303 to {}", login.url);
//!
//! // 2. They are back. Take the state out of the session first: it can be used only once.
//! let callback = Callback::from(callback_url);
//! let state = session.remove(callback.state()).ok_or("no login waits for this callback")?;
//! let who = itsme.finish_login(state, callback).await?;
//!
//! // 3. `sub` is the only link to an account. Every claim may be missing.
//! println!("welcome {:?}, account {}", who.user.given_name, who.user.sub);
//! # Ok(())
//! # }
//! ```
//!
//! The session's cookie must be `SameSite=Lax`: the person comes back from another site. The guide, in
//! `docs/guide` of the repository, has complete servers in axum and actix-web.
//!
//! # More than a login
//!
//! [`AuthorizationRequest`](itsme_core::AuthorizationRequest) has a constructor for each of itsme's services:
//! login, identification, sharing of data, confirmation. [`Client::next_qr_step`] and
//! [`Client::start_backchannel`] ask people without a browser, [`Client::picture`] fetches their picture, and
//! [`Client::refresh`] warms up the cache. [`Transport::run`] runs any flow that [`Client`] lacks.
//!
//! Keys held by an HSM or a KMS are used through a [`KeyHolder`]; the guide has a chapter on them.
//!
//! # Errors
//!
//! An [`Error`] is the protocol's ([`DriveError::Flow`]), the network's ([`DriveError::Transport`]) or the
//! key holder's ([`DriveError::Key`]). [`advice`](DriveError::advice) sorts them into four things to tell the
//! person:
//!
//! ```
//! use itsme_reqwest::{Error, itsme_core::Advice};
//!
//! fn for_the_person(error: &Error) -> &'static str {
//!     match error.advice() {
//!         Advice::Cancelled => "you cancelled the login",
//!         Advice::StartOver => "please log in again",
//!         Advice::TryLater => "please try again later",
//!         Advice::OurFault => "an error on our side", // and page someone
//!     }
//! }
//! ```
//!
//! Errors contain no token, code, URL or claim, so you can log them; two quote [what others
//! wrote](itsme_core#secrets). You need not retry: requests that are safe to repeat were already retried.
//!
//! # Why a login failed
//!
//! [`Client::on_failure`] gives your application a [`Recording`](itsme_core::Recording) of each login that ends in an
//! error: everything sent and received, sealed to your own keys. With those keys you can replay it at your desk,
//! even with a different clock or other keys:
//!
//! ```no_run
//! use itsme_core::Recording;
//! use std::sync::mpsc;
//!
//! # fn example(settings: itsme_core::Settings) -> Result<(), Box<dyn std::error::Error>> {
//! let (failures, to_keep) = mpsc::sync_channel::<Recording>(100);
//! let itsme = itsme_reqwest::Client::new(settings)?
//!     // Called in the thread of the login: keep it quick, and drop a recording rather than wait.
//!     .on_failure(move |recording| drop(failures.try_send(recording)));
//! std::thread::spawn(move || {
//!     for recording in to_keep {
//!         // … into a directory that only this application can read, for two weeks at most.
//!         println!("{}", recording.as_text().len());
//!     }
//! });
//! # drop(itsme);
//! # Ok(()) }
//! ```
//!
//! It is off by default, because a recording is personal data and may hold live credentials:
//! [`Recording`](itsme_core::Recording) says how to keep it.
//!
//! # Versions
//!
//! Of reqwest's types, three are public here: [`reqwest::ClientBuilder`] and [`reqwest::Client`]
//! for your own [`Transport`], and [`reqwest::Error`] as a cause in [`SendError`] and
//! [`SetupError`]. They come from the version re-exported as
//! [`itsme_reqwest::reqwest`](mod@reqwest). A new major version of reqwest means a new major
//! version of this crate; `itsme-core` does not depend on it.
//!
//! # Logs
//!
//! Logs go through [`tracing`](https://docs.rs/tracing) to the target `itsme`. Each flow is a span `itsme`
//! at level `info`, with a field `flow`: `authorize`, `finish_login`, `poll_backchannel` and so on, after the
//! method of [`Client`]. Within it, each request is an event, at level `debug`, or `warn` if the OP is in trouble
//! or does not answer, and so is each operation of an external key: see
//! [`RequestLog`](itsme_core::RequestLog) and [`KeyLog`](itsme_core::KeyLog) for their fields. No path, query,
//! header, body or personal datum is logged.
//!
//! reqwest's own logs are beyond our control; by default they contain no secrets.
//!
//! # Testing
//!
//! `itsme-testkit` is a strict fake itsme on loopback; you need neither an account nor a network.
//!
//! ```
//! use itsme_core::{Advice, AuthorizationRequest};
//! use itsme_testkit::{Clock, Person, SERVICE, Server};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::start(Clock::system())?;
//! let itsme = itsme_reqwest::Client::new(server.settings())?;
//!
//! let login = itsme.authorize(AuthorizationRequest::login(SERVICE)).await?;
//! let callback = server.approve(&login.url, &Person::ann());
//! let who = itsme.finish_login(login.state, callback).await?;
//! assert_eq!(who.user.sub, server.op().sub_of(&Person::ann()));
//!
//! // The next time, she refuses.
//! let login = itsme.authorize(AuthorizationRequest::login(SERVICE)).await?;
//! let callback = server.deny(&login.url);
//! let error = itsme.finish_login(login.state, callback).await.unwrap_err();
//! assert_eq!(error.advice(), Advice::Cancelled);
//! # Ok(())
//! # }
//! ```
//!
//! # Proxies, certificates, timeouts
//!
//! [`Transport::with_builder`] takes a [`reqwest::ClientBuilder`] and [`Timeouts`](itsme_core::Timeouts), by
//! default 10 seconds for a connection and 30 for a request:
//!
//! ```
//! use itsme_core::{Client as Core, Settings, Timeouts};
//! use itsme_reqwest::{Client, Transport};
//! use std::time::Duration;
//!
//! # fn example(settings: Settings) -> Result<Client, Box<dyn std::error::Error>> {
//! let timeouts = Timeouts::default().total(Duration::from_secs(10));
//! let transport = Transport::with_builder(reqwest::Client::builder(), timeouts)?;
//! let itsme = Client::with_transport(Core::new(settings)?, transport);
//! # Ok(itsme)
//! # }
//! ```
//!
//! `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` are honoured. Whatever you configure, the transport follows no
//! redirects, keeps no cookies, sends nothing twice and reads at most 1 MiB: `itsme_testkit::conformance` tests it.
//!
//! # Features
//!
//! * `rustls` (default): TLS through rustls.
//! * `native-tls`: TLS through the system's library. With both, reqwest uses this one.
//! * `vendored-openssl`: builds the OpenSSL that core uses from source.
//! * `axum`: the module `axum`, with routes that log people in.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "axum")]
pub mod axum;
mod client;
pub use client::Client;
mod key_holder;
pub use key_holder::{KeyHolder, KeyTimeout};
mod transport;
pub use transport::{SendError, SetupError, Transport};

pub use itsme_core::{self, DriveError};
pub use reqwest;

/// Why a flow failed: the protocol, the network, or the key holder.
pub type Error = itsme_core::DriveError<SendError>;
