//! A fake itsme for testing applications that log people in.
//!
//! * [`FakeOp`] is a strict in-memory OP, a function from requests to responses. It refuses what a
//!   careful OP would refuse, and answers as itsme does.
//! * [`World`] is a clock that moves only when told to, and deterministic randomness. [`play()`]
//!   runs a flow of `itsme-core` in it, [`play_all`] many flows at once; neither takes real time.
//! * [`replay()`] runs a recorded login again as a test.
//! * [`FakeKms`] holds private keys as a cloud's key management service would, and [`KmsClient`]
//!   calls it.
//! * [`Server`] (feature `server`) serves the same OP on a loopback socket, for applications in any
//!   language, with pages for a person to click through.
//! * [`faults`] lists everything that an OP or a network can do wrong, with the outcome of a login;
//!   [`quirks`] lists the deviations that a client must tolerate.
//! * [`conformance`] checks that an HTTP client can carry the protocol; `soak` (feature `server`)
//!   checks it under load.
//!
//! # A test of your application
//!
//! ```
//! use itsme_core::{AuthorizationRequest, Client, DriveError, Error};
//! use itsme_testkit::{FakeOp, Person, SERVICE, World, play};
//!
//! let mut world = World::new();
//! let mut op = FakeOp::new(world.clock());
//! let client = Client::new(op.settings())?;
//!
//! // Daan approves ...
//! let login = play(client.authorize(AuthorizationRequest::login(SERVICE)), &mut op, &mut world)?;
//! let callback = op.approve(&login.url, &Person::daan());
//! let who = play(client.finish_login(login.state, callback), &mut op, &mut world)?;
//! assert_eq!(who.user.sub, op.sub_of(&Person::daan()));
//! assert_eq!(op.asked(), ["GET /.well-known/openid-configuration", "GET /jwkSet", "POST /token"]);
//!
//! // ... and refuses the next time.
//! let login = play(client.authorize(AuthorizationRequest::login(SERVICE)), &mut op, &mut world)?;
//! let callback = op.deny(&login.url);
//! let error = play(client.finish_login(login.state, callback), &mut op, &mut world).unwrap_err();
//! assert!(matches!(error, DriveError::Flow(Error::Cancelled)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `play` runs flows of `itsme-core`. Test an application that uses a client of `itsme-reqwest` or
//! `itsme-ureq` against a [`Server`], with a [`Browser`] that logs in as a person would:
//!
//! ```no_run
//! # #[cfg(feature = "server")]
//! # fn example(start_your_application: fn(itsme_core::Settings)) -> std::io::Result<()> {
//! use itsme_testkit::{Browser, Clock, Person, Server};
//!
//! let server = Server::start(Clock::system())?;
//! let redirect_uri = "http://127.0.0.1:8080/itsme/callback";
//! server.op().allow_redirect_uri(redirect_uri);
//! start_your_application(server.settings().redirect_uri(redirect_uri));
//!
//! let mut browser = Browser::new("http://127.0.0.1:8080");
//! let at_itsme = browser.open("/login")?;
//! let back = server.approve(&at_itsme.url, &Person::ann());
//! assert!(browser.open(&back)?.text.contains("Ann"));
//! # Ok(()) }
//! ```
//!
//! The guide, in the repository's `docs/guide`, tests whole applications this way: with axum, with
//! actix-web and with threads.
//!
//! An application can use its own service code in tests: register it for the test clients with
//! [`FakeOp::allow_service`].
//!
//! If `HTTP_PROXY` is set, some HTTP clients try to reach loopback through the proxy; turn that
//! off.
//!
//! The keys in this crate are public: they protect nothing.
//!
//! # Logins without a browser
//!
//! CIBA has no URL to follow: your test plays the phone. When the application shows a QR code,
//! [`FakeOp::scan`] says who scans it. When the application asks someone,
//! [`FakeOp::pending_backchannel`] is what their app shows, and [`FakeOp::approve_backchannel`] or
//! [`FakeOp::deny_backchannel`] is their answer. [`FakeOp::pings`] are the requests for your
//! application's notification endpoint. All of this follows the OP's clock: expired sessions and
//! polls that come too soon are refused as itsme refuses them.
//!
//! # A sandbox for any language
//!
//! The program `itsme-op` (feature `server`) is a [`Server`] configured by options or a small file,
//! with your own clients and people. It prints what an application needs to connect. As at every OP
//! here, `/phone` below the issuer is a simulated phone that shows what the app would show, with
//! buttons to approve, refuse or scan. `/control/v1` offers the same to tests in any language as
//! JSON, described by `/control/openapi.json`.
//!
//! ```sh
//! cargo run --bin itsme-op -- --help
//! ```
//!
//! # Features
//! * `server`: [`Server`], [`Tls`], [`KmsServer`], [`Browser`], the module `soak`, and the program
//!   `itsme-op`.
//! * `vendored-openssl`: builds the OpenSSL that core uses from source.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod world;
pub use world::{Clock, World};
mod play;
pub use play::{play, play_all};
mod replay;
pub use replay::replay;
mod person;
pub use person::Person;
mod op;
pub use op::{
    Asked, AskedInApp, Document, FakeOp, Gesture, JournalEntry, Reaction, Waiting, WaitingKind,
    Wire,
};
mod kms;
pub use kms::{FakeKms, KeyCall, KmsClient, KmsError};
mod registration;
pub use registration::{
    CLIENT_ID, CLIENT_NAME, CLIENT_SECRET, CONFIRM_SERVICE, IDENTIFY_SERVICE, REDIRECT_URI,
    REQUEST_URI, RegisteredClient, SECRET_CLIENT_ID, SECRET_CLIENT_NAME, SERVICE, SHARE_SERVICE,
    private_jwks, private_keys,
};
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
pub use server::{Browser, KmsServer, Page, Server, Tls};
pub mod conformance;
pub mod faults;
pub use faults::Fault;
pub mod quirks;
#[cfg(feature = "server")]
pub mod soak;

mod jose;
mod now;
