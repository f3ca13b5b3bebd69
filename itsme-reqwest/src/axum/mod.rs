//! Routes for [axum](https://docs.rs/axum) that log people in (feature `axum`).
//!
//! [`Logins`] creates these routes, at and next to the path of the client's redirect URI, here
//! `/itsme/callback`:
//!
//! | route | does |
//! |---|---|
//! | `GET /itsme/login` | sends the person to itsme; `?return_to=/a/local/path` says where to go afterwards |
//! | `GET /itsme/callback` | finds out who has come back, and calls your handler with [`Arrived`] |
//! | `GET /itsme/jwks` | serves the client's public keys |
//!
//! With a store, [`Logins::keep_in`], there are also these:
//!
//! | route | does |
//! |---|---|
//! | `POST /itsme/qr` | gets a QR code from itsme; `?return_to=` as above |
//! | `GET /itsme/qr` | shows the code, then asks the person to look at the phone, then calls your handler; it refreshes itself |
//! | `POST /itsme/qr/stop` | cancels that |
//! | `POST /itsme/ping` | receives itsme's pings that someone has answered ([ping mode](itsme_core::Settings::ping)) |
//! | `GET /itsme/request/{name}` | serves request objects to itsme ([`Logins::host_requests`]) |
//!
//! Accounts, sessions and what the person sees next stay with your application.
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
//! [`Logins::send`] sends a person to itsme for something other than a login, such as confirming a
//! payment, with a note of yours that comes back in [`Arrived`].
//!
//! Each login in progress has its own encrypted cookie, so tabs do not interfere with each other,
//! and any instance with the same key can finish what another began. Prefetching browsers and link
//! checkers use nothing up. A login can be finished for as long as the client's
//! [settings](itsme_core::Settings::login_lifetime) allow. A browser keeps at most six, or fewer if
//! the request would exceed what proxies accept: beyond that the oldest is dropped.
//! [`Logins::forget`] drops all of them.

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
