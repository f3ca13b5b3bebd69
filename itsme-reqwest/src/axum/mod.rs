//! Routes for [axum](https://docs.rs/axum) that log people in (feature `axum`).
//!
//! [`Logins`] makes these routes, at the path of the client's redirect URI and beside it, here `/itsme/callback`:
//!
//! | route | does |
//! |---|---|
//! | `GET /itsme/login` | sends the person to itsme; `?return_to=/a/local/path` says where they want to be afterwards |
//! | `GET /itsme/callback` | finds out who has come back, and calls your handler, which takes them as [`Arrived`] |
//! | `GET /itsme/jwks` | serves the client's public keys |
//!
//! With a store, [`Logins::keep_in`], there are also these:
//!
//! | route | does |
//! |---|---|
//! | `POST /itsme/qr` | has itsme make a QR code; `?return_to=` as above |
//! | `GET /itsme/qr` | shows the code, then asks to look at the phone, and then calls your handler; it refreshes itself |
//! | `POST /itsme/qr/stop` | ends that |
//! | `POST /itsme/ping` | is told by itsme that somebody has answered ([ping mode](itsme_core::Settings::ping)) |
//! | `GET /itsme/request/{name}` | serves request objects to itsme ([`Logins::host_requests`]) |
//!
//! What is yours stays yours: accounts, sessions, and what the person sees next.
//!
//! ```no_run
//! use axum::{Router, response::Redirect, routing::get};
//! use itsme_core::AuthorizationRequest;
//! use itsme_reqwest::{Client, axum::{Arrived, Key, Logins}};
//!
//! fn application(client: Client, cookie_key: Key) -> Router {
//!     let request = || AuthorizationRequest::login("MY_LOGIN");
//!     Router::new()
//!         .route("/", get(async || r#"<a href="/itsme/login">Log in with itsme</a>"#))
//!         .merge(Logins::new(client, cookie_key, request).routes(arrived))
//! }
//!
//! async fn arrived(arrived: Arrived) -> Redirect {
//!     // Find or make the account of `arrived.who.user.sub`, begin a session, and go on.
//!     Redirect::to(&arrived.return_to)
//! }
//! ```
//!
//! [`Logins::send`] sends a person to itsme for something else than a login, such as to confirm a payment, with a note of
//! yours that comes back in [`Arrived`].
//!
//! A login that is under way waits in an encrypted cookie of its own, so tabs do not meet, and any instance of a fleet
//! that has the same key finishes what another one began. A browser that fetches a page ahead, or a program that checks
//! a link, uses nothing up. A login can be finished for as long as the client's
//! [settings](itsme_core::Settings::login_lifetime) say; of more than six in one browser, or more than
//! proxies like in a request, the oldest is given up. [`Logins::forget`] gives up all of them.

mod another_site;
mod arrived;
mod errand;
mod hosted;
mod logins;
mod look_ahead;
mod pending;
mod ping;
mod problem;
mod qr;
mod qr_page;
mod return_to;
mod store;
mod there_and_back;

pub use axum_extra::extract::cookie::Key;

pub use self::{
    arrived::Arrived,
    errand::Errand,
    logins::Logins,
    problem::{Cause, Problem},
    qr_page::QrPage,
    store::{InMemory, Store, StoreError},
};
