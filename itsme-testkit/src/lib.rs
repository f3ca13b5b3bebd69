//! A fake itsme, and a world to meet it in: for testing applications that log people in.
//!
//! * [`FakeOp`] is a strict OP in memory, a function from requests to responses. It refuses what a
//!   careful OP would refuse, and answers as itsme does.
//! * [`World`] is a clock that only moves when told to, and randomness that is counted. [`play()`]
//!   runs a flow of `itsme-core` in it, [`play_all`] many at once; neither takes real time.
//! * [`replay()`] runs a recorded login again, as a test.
//! * [`FakeKms`] holds private keys as a cloud's key management would, and [`KmsClient`] asks it.
//! * [`Server`] (feature `server`) is the same OP on a loopback socket, for applications in any
//!   language, with a page where a person clicks.
//! * [`faults`] is a list of all that an OP or a network can do wrong, with what a login ends in;
//!   [`quirks`] of what is done otherwise than agreed, and must be lived with.
//! * [`conformance`] proves that an HTTP client is fit to carry the protocol, and `soak` (feature
//!   `server`) that it does so for many people at once.
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
//! // Daan approves …
//! let login = play(client.authorize(AuthorizationRequest::login(SERVICE)), &mut op, &mut world)?;
//! let callback = op.approve(&login.url, &Person::daan());
//! let who = play(client.finish_login(login.state, callback), &mut op, &mut world)?;
//! assert_eq!(who.user.sub, op.sub_of(&Person::daan()));
//! assert_eq!(op.asked(), ["GET /.well-known/openid-configuration", "GET /jwkSet", "POST /token"]);
//!
//! // … and another time he does not.
//! let login = play(client.authorize(AuthorizationRequest::login(SERVICE)), &mut op, &mut world)?;
//! let callback = op.deny(&login.url);
//! let error = play(client.finish_login(login.state, callback), &mut op, &mut world).unwrap_err();
//! assert!(matches!(error, DriveError::Flow(Error::Cancelled)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `play` takes flows of `itsme-core`. An application that holds a client of `itsme-reqwest` or
//! `itsme-ureq` is tested against a [`Server`], by a [`Browser`] that logs in as a person would:
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
//! The guide, in `docs/guide` of the repository, has such tests of whole applications in axum, actix-web and
//! with threads.
//!
//! An application that has a service code of its own keeps it in the test: [`FakeOp::allow_service`] gives
//! it to the test clients.
//!
//! If `HTTP_PROXY` is set, an HTTP client may want to reach loopback through it; switch that off.
//!
//! The keys in this crate are published with it: they protect nothing.
//!
//! # Logins without a browser
//!
//! With CIBA there is no URL to follow: your test is the phone. When the application shows a QR
//! code, [`FakeOp::scan`] says who has scanned it; when it asks somebody,
//! [`FakeOp::pending_backchannel`] is what their app shows, and [`FakeOp::approve_backchannel`] or
//! [`FakeOp::deny_backchannel`] what they do. [`FakeOp::pings`] are the requests for your
//! application's notification endpoint. All of it is in the OP's clock's time: expired sessions and
//! polls that are too fast are refused as itsme refuses them.
//!
//! # A sandbox for any language
//!
//! The program `itsme-op` (feature `server`) is a [`Server`] that is configured by options or a small
//! file, with your own clients and people. It prints what an application needs to know of it. At
//! `/phone` below the issuer, as at that of every OP here, is a simulated phone: what the app would
//! show, to approve, refuse or scan. At `/control/v1` a test in any language does the same in JSON, and
//! `/control/openapi.json` describes that.
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
