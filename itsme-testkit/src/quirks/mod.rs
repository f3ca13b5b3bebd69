//! What real OPs do otherwise than the specifications say, or than others do, and must be lived with: a login
//! under each ends well, and what can be read is read.
//!
//! The list is of [`Fault`]s, as that of what is refused. [`in_memory`], [`blocking`] and [`asynchronous`] try it,
//! so that leniency is guarded like strictness. `docs/quirks.md` is the list as a table.
//!
//! ```
//! use itsme_core::{AuthorizationRequest, Client};
//! use itsme_testkit::{FakeOp, Fault, Person, SERVICE, World, play};
//!
//! let quirk = Fault::named("token answer: a byte order mark and nulls").expect("it is in the list");
//! let mut world = World::new();
//! let mut op = FakeOp::new(world.clock());
//! quirk.inject(&mut op);
//! let client = Client::new(op.settings())?;
//! let login = play(client.authorize(AuthorizationRequest::login(SERVICE)), &mut op, &mut world)?;
//! let callback = op.approve(&login.url, &Person::ann());
//! assert!(play(client.finish_login(login.state, callback), &mut op, &mut world).is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answers;
mod backchannel;
mod key_set;
mod person;
mod scopes;
mod tokens;
mod v1;

#[cfg(feature = "server")]
use std::future::Future;

#[cfg(feature = "server")]
use itsme_core::{Request, Response, SendFailure, Timeouts};

use crate::faults::{Fault, Outcome, Verdict, everything, run};

/// Every quirk there is.
pub fn all() -> Vec<Fault> {
    let beside_faults = everything().into_iter();
    let mut all: Vec<Fault> =
        beside_faults.filter(|fault| *fault.outcome() == Outcome::LoggedIn).collect();
    let areas = [
        answers::quirks(),
        key_set::quirks(),
        tokens::quirks(),
        person::quirks(),
        scopes::quirks(),
        v1::quirks(),
        backchannel::quirks(),
    ];
    all.extend(areas.into_iter().flatten());
    all
}

/// Logs a person in under every quirk, in memory.
///
/// # Panics
/// A login does not end well, or something else is read; the message names all that do not.
pub fn in_memory() -> Vec<Verdict> {
    run::in_memory(all(), |client| client)
}

/// The same over a blocking HTTP client and loopback. `make` gives its `send` for these timeouts.
///
/// # Panics
/// As [`in_memory`].
#[cfg(feature = "server")]
pub fn blocking<S, E>(make: impl Fn(Timeouts) -> S) -> Vec<Verdict>
where
    S: FnMut(Request) -> Result<Response, (SendFailure, E)>,
{
    run::blocking(all(), |client| client, make)
}

/// The same over an async HTTP client, in the runtime that polls this future.
///
/// # Panics
/// As [`in_memory`].
#[cfg(feature = "server")]
pub async fn asynchronous<S, E, Sent>(make: impl Fn(Timeouts) -> S) -> Vec<Verdict>
where
    S: FnMut(Request) -> Sent,
    Sent: Future<Output = Result<Response, (SendFailure, E)>>,
{
    run::asynchronous(all(), |client| client, make).await
}

/// A quirk, by what it does to one document.
fn quirk(
    area: crate::faults::Area,
    name: impl Into<String>,
    inject: impl Fn(&mut crate::FakeOp) + Send + Sync + 'static,
) -> Fault {
    Fault::new(area, name, Outcome::LoggedIn, inject)
}
