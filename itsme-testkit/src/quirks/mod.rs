//! Deviations from the specifications, or between OPs, that a client must tolerate. With each of
//! them, a login succeeds and everything readable is read.
//!
//! Like [`faults`](crate::faults), this is a list of [`Fault`]s. [`in_memory`], [`blocking`] and
//! [`asynchronous`] test it, so that leniency is tested as thoroughly as strictness.
//! `docs/quirks.md` lists all quirks in tables.
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

/// Returns all quirks.
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

/// Runs a login under every quirk, in memory.
///
/// # Panics
/// If a login fails or something is misread. The message lists every such quirk.
pub fn in_memory() -> Vec<Verdict> {
    run::in_memory(all(), |client| client)
}

/// Runs a login under every quirk, with a blocking HTTP client over loopback. `make` returns the
/// client's `send` function for these timeouts.
///
/// # Panics
/// If a login fails or something is misread, as [`in_memory`] does.
#[cfg(feature = "server")]
pub fn blocking<S, E>(make: impl Fn(Timeouts) -> S) -> Vec<Verdict>
where
    S: FnMut(Request) -> Result<Response, (SendFailure, E)>,
{
    run::blocking(all(), |client| client, make)
}

/// Runs a login under every quirk, with an async HTTP client over loopback, on the runtime that
/// polls this future. `make` returns the client's `send` function for these timeouts.
///
/// # Panics
/// If a login fails or something is misread, as [`in_memory`] does.
#[cfg(feature = "server")]
pub async fn asynchronous<S, E, Sent>(make: impl Fn(Timeouts) -> S) -> Vec<Verdict>
where
    S: FnMut(Request) -> Sent,
    Sent: Future<Output = Result<Response, (SendFailure, E)>>,
{
    run::asynchronous(all(), |client| client, make).await
}

/// Creates a quirk from the change it makes.
fn quirk(
    area: crate::faults::Area,
    name: impl Into<String>,
    inject: impl Fn(&mut crate::FakeOp) + Send + Sync + 'static,
) -> Fault {
    Fault::new(area, name, Outcome::LoggedIn, inject)
}
