//! A fake itsme for testing applications that log users in with itsme.
//!
//! * [`FakeOp`] is a strict OP that runs in memory: it takes requests and returns responses without
//!   a network. It rejects whatever a careful OP would reject, and otherwise responds the way itsme
//!   does.
//! * [`World`] combines a clock that moves only when told to with deterministic randomness.
//!   [`play()`] runs one `itsme-core` flow in it, and [`play_all`] runs many concurrently. Neither
//!   waits in real time.
//! * [`replay()`] reruns a recorded login as a test.
//! * [`FakeKms`] holds private keys the way a cloud key management service does, and [`KmsClient`]
//!   calls it.
//! * [`Server`] (feature `server`) serves the same OP on a loopback socket, for applications in any
//!   language. It includes web pages on which you approve or refuse logins by hand.
//! * [`faults`] lists everything that an OP or a network can do wrong, with the outcome that a
//!   login must have under each fault. [`quirks`] lists the deviations that a client must tolerate.
//! * [`conformance`] checks that an HTTP client correctly sends and receives everything in the
//!   protocol. `soak` (feature `server`) checks the client under load.
//!
//! # Testing your application
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
//! `play` only runs `itsme-core` flows. Test an application that uses a client of `itsme-reqwest`
//! or `itsme-ureq` against a [`Server`], using a [`Browser`] to log in as a user would:
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
//! The guide, in the repository's `docs/guide`, tests whole applications this way: one with axum,
//! one with actix-web, and one with threads.
//!
//! To test an application with its own service code, register that code for the test clients with
//! [`FakeOp::allow_service`].
//!
//! If `HTTP_PROXY` is set, some HTTP clients send even loopback requests to the proxy, so disable
//! the proxy in tests.
//!
//! The keys in this crate are public, so never use them to protect anything.
//!
//! # Logins without a browser
//!
//! In CIBA there is no URL to follow, so your test plays the phone. When the application shows a QR
//! code, call [`FakeOp::scan`] with the person who scans it. When the application sends a
//! backchannel authentication request, [`FakeOp::pending_backchannel`] returns what the person sees
//! in the app, and [`FakeOp::approve_backchannel`] or [`FakeOp::deny_backchannel`] is their
//! response. [`FakeOp::pings`] returns the requests that the OP sends to your application's
//! notification endpoint. All of this follows the OP's clock: expired sessions and polls that
//! arrive too soon are rejected the way itsme rejects them.
//!
//! # A sandbox for any language
//!
//! The `itsme-op` program (feature `server`) runs a [`Server`]. You configure it, including its
//! clients and people, with command-line options or a small file. It prints what an application
//! needs to connect. Every OP in this crate has a simulated phone at `/phone` under the issuer. It
//! shows what the itsme app would show, with buttons to approve, refuse or scan. Tests in any
//! language can do the same through the JSON API at `/control/v1`, which `/control/openapi.json`
//! describes.
//!
//! ```sh
//! cargo run --bin itsme-op -- --help
//! ```
//!
//! # Features
//! * `server`: [`Server`], [`Tls`], [`KmsServer`], [`Browser`], the module `soak`, and the program
//!   `itsme-op`.
//! * `vendored-openssl`: builds the OpenSSL that `itsme-core` uses from source.

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
