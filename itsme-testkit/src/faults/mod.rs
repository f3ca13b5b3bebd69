//! Everything that an OP or the network can do wrong, and the outcome of a login under each fault.
//!
//! ```
//! use itsme_core::{AuthorizationRequest, Client};
//! use itsme_testkit::{FakeOp, Fault, SERVICE, World, play};
//!
//! let fault = Fault::named("discovery: another issuer");
//! let mut world = World::new();
//! let mut op = FakeOp::new(world.clock());
//! fault.expect("it is in the list").inject(&mut op);
//! let client = Client::new(op.settings())?;
//! assert!(play(client.authorize(AuthorizationRequest::login(SERVICE)), &mut op, &mut world).is_err());
//! # Ok::<(), itsme_core::Error>(())
//! ```
//!
//! [`in_memory`], [`blocking`] and [`asynchronous`] run a login under every fault, in memory or
//! with your HTTP client, and compare the result with [`Fault::outcome`]. `docs/faults.md` lists
//! all faults in tables. Deviations that a client must tolerate are in [`quirks`](crate::quirks).

mod backchannel;
mod claims;
mod days;
mod discovery;
mod fault;
mod http;
mod key_holder;
mod key_set;
mod outcome;
pub(crate) mod run;
mod token_answer;
mod tokens;
mod tokens_by_secret;
mod wire;

use itsme_core::Client;
#[cfg(feature = "server")]
use itsme_core::{Request, Response, SendFailure, Timeouts};
use serde_json::{Value, json};
#[cfg(feature = "server")]
use std::future::Future;

use self::fault::Kind;
pub use self::{
    fault::{Area, Fault},
    outcome::Outcome,
    run::Verdict,
};

/// Runs a login under every fault, in memory.
///
/// # Panics
/// If an outcome differs from the documented one. The message lists every difference.
pub fn in_memory() -> Vec<Verdict> {
    in_memory_with(Fault::all(), |client| client)
}

/// Runs a login under each fault or quirk in a list, in memory, with a client that `equip` has
/// prepared, for example with a recorder.
///
/// # Panics
/// If an outcome differs from the documented one, as [`in_memory`] does.
pub fn in_memory_with(list: Vec<Fault>, equip: impl Fn(Client) -> Client) -> Vec<Verdict> {
    run::in_memory(list, equip)
}

/// Runs a login under every fault, with a blocking HTTP client over loopback. `make` returns the
/// client's `send` function for these timeouts.
///
/// # Panics
/// If an outcome differs from the documented one, as [`in_memory`] does.
#[cfg(feature = "server")]
pub fn blocking<S, E>(make: impl Fn(Timeouts) -> S) -> Vec<Verdict>
where
    S: FnMut(Request) -> Result<Response, (SendFailure, E)>,
{
    blocking_with(Fault::all(), |client| client, make)
}

/// Runs a login under each fault or quirk in a list, like [`in_memory_with`], but with a blocking
/// HTTP client as in [`blocking`].
///
/// # Panics
/// If an outcome differs from the documented one, as [`in_memory`] does.
#[cfg(feature = "server")]
pub fn blocking_with<S, E>(
    list: Vec<Fault>,
    equip: impl Fn(Client) -> Client,
    make: impl Fn(Timeouts) -> S,
) -> Vec<Verdict>
where
    S: FnMut(Request) -> Result<Response, (SendFailure, E)>,
{
    run::blocking(list, equip, make)
}

/// Runs a login under every fault, with an async HTTP client over loopback, on the runtime that
/// polls this future. `make` returns the client's `send` function for these timeouts.
///
/// # Panics
/// If an outcome differs from the documented one, as [`in_memory`] does.
#[cfg(feature = "server")]
pub async fn asynchronous<S, E, Sent>(make: impl Fn(Timeouts) -> S) -> Vec<Verdict>
where
    S: FnMut(Request) -> Sent,
    Sent: Future<Output = Result<Response, (SendFailure, E)>>,
{
    asynchronous_with(Fault::all(), |client| client, make).await
}

/// Runs a login under each fault or quirk in a list, like [`in_memory_with`], but with an async
/// HTTP client as in [`asynchronous`].
///
/// # Panics
/// If an outcome differs from the documented one, as [`in_memory`] does.
#[cfg(feature = "server")]
pub async fn asynchronous_with<S, E, Sent>(
    list: Vec<Fault>,
    equip: impl Fn(Client) -> Client,
    make: impl Fn(Timeouts) -> S,
) -> Vec<Verdict>
where
    S: FnMut(Request) -> Sent,
    Sent: Future<Output = Result<Response, (SendFailure, E)>>,
{
    run::asynchronous(list, equip, make).await
}

/// Every way in which an OP can deviate from the specification: all faults and some
/// of the quirks.
pub(crate) fn everything() -> Vec<Fault> {
    let areas = [
        wire::faults(),
        http::faults(),
        discovery::faults(),
        key_set::faults(),
        token_answer::faults(),
        tokens::faults(),
        claims::faults(),
        days::faults(),
        key_holder::faults(),
        backchannel::faults(),
    ];
    areas.into_iter().flatten().collect()
}

/// The paths that a login requests, with the names of their endpoints.
const ENDPOINTS: [(&str, &str); 4] = [
    ("/.well-known/openid-configuration", "Discovery"),
    ("/jwkSet", "KeySet"),
    ("/token", "Token"),
    ("/userinfo", "Userinfo"),
];

/// 40 MiB of zeros, compressed with gzip. Without its header and trailer, this is a `zip` payload.
static BOMB: &[u8] = include_bytes!("../fixtures/zeros.gz");

/// Takes the place of the reason if the token must be accepted.
const TAKEN: &str = "";

fn outcome(error: &str, reason: &str) -> Outcome {
    if reason == TAKEN { Outcome::LoggedIn } else { format!("{error}({reason})").into() }
}

/// Replaces the host in a URL with a different name. In memory, nothing responds there. Otherwise
/// the name resolves to the same host, so that requests to it are noticed.
fn elsewhere(url: &str) -> String {
    let names = [
        ("127.0.0.1", "localhost"),
        ("localhost", "127.0.0.1"),
        ("op.example", "elsewhere.example"),
    ];
    let named = names.into_iter().find(|(name, _)| url.contains(name));
    named.map_or_else(|| url.to_owned(), |(name, other)| url.replace(name, other))
}

/// Values of the wrong type for a member that must be a string.
fn wrong_types_for_text() -> [(&'static str, Value); 5] {
    [
        ("null", Value::Null),
        ("a number", json!(7)),
        ("true", json!(true)),
        ("a list", json!(["x"])),
        ("an object", json!({ "x": "y" })),
    ]
}

#[cfg(test)]
mod tests {
    use super::elsewhere;

    #[test]
    fn every_name_of_a_fake_op_has_another() {
        for (url, other) in [
            ("http://127.0.0.1:8811/v2", "http://localhost:8811/v2"),
            ("http://localhost:8811/v2", "http://127.0.0.1:8811/v2"),
            ("https://op.example/v2", "https://elsewhere.example/v2"),
        ] {
            assert_eq!(elsewhere(url), other);
        }
    }
}
