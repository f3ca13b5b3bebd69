//! Routes for [axum](https://docs.rs/axum) that log users in (feature `axum`).
//!
//! [`Logins`] creates the following routes. The callback is at the path of the client's redirect
//! URI, here `/itsme/callback`, and the other routes are next to it:
//!
//! | route | purpose |
//! |---|---|
//! | `GET /itsme/login` | sends the user to itsme; `?return_to=/a/local/path` sets where to send them afterwards |
//! | `GET /itsme/callback` | finishes the login of the user who came back, and calls your handler with [`Arrived`] |
//! | `GET /itsme/jwks` | serves the client's public keys |
//!
//! With a store ([`Logins::keep_in`]), there are also these routes:
//!
//! | route | purpose |
//! |---|---|
//! | `POST /itsme/qr` | gets a QR code from itsme; `?return_to=` as above |
//! | `GET /itsme/qr` | shows the code until the user has confirmed, then calls your handler; refreshes itself |
//! | `POST /itsme/qr/stop` | cancels the QR login |
//! | `POST /itsme/ping` | receives pings: a user has answered ([ping mode](itsme_core::Settings::ping)) |
//! | `GET /itsme/request/{name}` | serves request objects to itsme ([`Logins::host_requests`]) |
//!
//! Your application still manages accounts and sessions, and decides what the user sees next.
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
//!     // Find or create the account of `arrived.who.user.sub`, start a session, and continue.
//!     Redirect::to(&arrived.return_to)
//! }
//! ```
//!
//! [`Logins::send`] sends a user to itsme for something other than a login, such as confirming a
//! payment. You can attach a note, which you get back in [`Arrived`].
//!
//! Each login in progress has its own encrypted cookie, so tabs do not interfere with each other,
//! and any instance with the same key can finish a login that another instance started.
//! Prefetching browsers and link checkers do not use up logins. A login can be finished for as long
//! as the client's [settings](itsme_core::Settings::login_lifetime) allow. A browser keeps at most
//! six logins in progress, or fewer if their cookies would make requests larger than proxies
//! accept. Beyond that, the oldest login is dropped. [`Logins::forget`] drops all of them.

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
