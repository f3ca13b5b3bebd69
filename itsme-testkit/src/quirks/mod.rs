//! Deviations from the specifications, or between OPs, that a client must tolerate: under each, a
//! login succeeds, and everything readable is read.
//!
//! Like the list of what is refused, this is a list of [`Fault`]s. [`in_memory`], [`blocking`] and
//! [`asynchronous`] test it, so that leniency is guarded as well as strictness. `docs/quirks.md`
//! lists the quirks in tables.
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

/// All quirks.
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
/// If a login fails or something is misread; the message lists every such quirk.
pub fn in_memory() -> Vec<Verdict> {
    run::in_memory(all(), |client| client)
}

/// Logs a person in under every quirk, over a blocking HTTP client and loopback. `make` returns its
/// `send` for these timeouts.
///
/// # Panics
/// Like [`in_memory`].
#[cfg(feature = "server")]
pub fn blocking<S, E>(make: impl Fn(Timeouts) -> S) -> Vec<Verdict>
where
    S: FnMut(Request) -> Result<Response, (SendFailure, E)>,
{
    run::blocking(all(), |client| client, make)
}

/// Logs a person in under every quirk, over an async HTTP client, on the runtime that polls this
/// future.
///
/// # Panics
/// Like [`in_memory`].
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
