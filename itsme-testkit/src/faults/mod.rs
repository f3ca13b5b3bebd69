//! Everything that a provider, or somebody between it and us, can do wrong: one list, and what a login
//! ends with under each.
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
//! [`in_memory`], [`blocking`] and [`asynchronous`] log a person in under every fault, over no wire or
//! over your HTTP client, and hold what it ends with against [`Fault::outcome`]. `docs/faults.md` is
//! the list as a table. What must be lived with stands in another list, [`quirks`](crate::quirks).

mod backchannel;
mod claims;
mod days;
mod discovery;
mod http;
mod key_holder;
mod key_set;
mod outcome;
pub(crate) mod run;
mod token_answer;
mod tokens;
mod tokens_by_secret;
mod wire;

#[cfg(feature = "server")]
use std::future::Future;
use std::time::Duration;

use itsme_core::{Dialect, LoggedIn, Settings};
#[cfg(feature = "server")]
use itsme_core::{Request, Response, SendFailure, Timeouts};
use serde_json::{Value, json};

pub use self::{outcome::Outcome, run::Verdict};
use crate::{FakeKms, FakeOp, quirks};

/// One thing that goes wrong, or is done otherwise than was agreed.
pub struct Fault {
    area: Area,
    name: String,
    outcome: Outcome,
    login: Kind,
    midway: bool,
    hangs: bool,
    is_cached: bool,
    inject: Inject<FakeOp>,
    at_key_holder: Option<Inject<FakeKms>>,
    seen: Option<Seen>,
}

/// Whether what must be read was read.
type Seen = fn(&LoggedIn) -> bool;

type Inject<T> = Box<dyn Fn(&mut T) + Send + Sync>;

/// What part of the protocol a fault is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Area {
    /// Sockets and bytes.
    Wire,
    /// Statuses, headers and bodies.
    Http,
    /// The discovery document.
    Discovery,
    /// The OP's keys.
    KeySet,
    /// The answer of the token endpoint.
    TokenAnswer,
    /// How tokens are signed and encrypted.
    Tokens,
    /// What tokens say.
    Claims,
    /// An OP that has a bad day.
    Days,
    /// Asking people without a browser.
    Backchannel,
    /// Whoever holds the private keys of a client.
    KeyHolder,
}

/// As which client a person is logged in, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Keys,
    Secret,
    Hs256,
    /// Nothing is asked of the authentication.
    Plain,
    /// In the older dialect.
    V1,
    /// Without a browser, by a QR code.
    QrCode,
}

/// Logs a person in under every fault, in memory.
///
/// # Panics
/// An outcome is not the documented one; the message names all that are not.
pub fn in_memory() -> Vec<Verdict> {
    run::in_memory(Fault::all())
}

/// Logs a person in under every fault, over a blocking HTTP client and loopback. `make` gives its
/// `send` for these timeouts.
///
/// # Panics
/// As [`in_memory`].
#[cfg(feature = "server")]
pub fn blocking<S, E>(make: impl Fn(Timeouts) -> S) -> Vec<Verdict>
where
    S: FnMut(Request) -> Result<Response, (SendFailure, E)>,
{
    run::blocking(Fault::all(), make)
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
    run::asynchronous(Fault::all(), make).await
}

/// All that an OP can do otherwise than agreed: the faults, and what must be lived with.
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

impl Fault {
    /// Every fault there is, but for what must be lived with.
    pub fn all() -> Vec<Self> {
        let everything = everything().into_iter();
        everything.filter(|fault| fault.outcome != Outcome::LoggedIn).collect()
    }

    /// The fault or [quirk](crate::quirks) of this name.
    pub fn named(name: &str) -> Option<Self> {
        let all = Self::all().into_iter().chain(quirks::all());
        all.into_iter().find(|fault| fault.name == name)
    }

    pub(crate) fn new(
        area: Area,
        name: impl Into<String>,
        outcome: impl Into<Outcome>,
        inject: impl Fn(&mut FakeOp) + Send + Sync + 'static,
    ) -> Self {
        let (name, outcome, inject) = (name.into(), outcome.into(), Box::new(inject));
        Self {
            area,
            name,
            outcome,
            login: Kind::Keys,
            midway: false,
            hangs: false,
            is_cached: false,
            inject,
            at_key_holder: None,
            seen: None,
        }
    }

    /// Whoever is logged in is so.
    pub(crate) fn seen(self, seen: Seen) -> Self {
        Self { seen: Some(seen), ..self }
    }

    /// It meets a login that asks nothing of the authentication.
    pub(crate) fn plain(self) -> Self {
        Self { login: Kind::Plain, ..self }
    }

    /// It meets a login in the older dialect.
    pub(crate) fn in_v1(self) -> Self {
        Self { login: Kind::V1, ..self }
    }

    /// It meets somebody who scans a QR code.
    pub(crate) fn by_qr_code(self) -> Self {
        Self { login: Kind::QrCode, ..self }
    }

    /// It is in the KMS that holds the keys of the client.
    fn at_key_holder(self, inject: impl Fn(&mut FakeKms) + Send + Sync + 'static) -> Self {
        Self { at_key_holder: Some(Box::new(inject)), ..self }
    }

    /// It begins when the person is at the OP.
    fn midway(self) -> Self {
        Self { midway: true, ..self }
    }

    /// It is the time limit that ends it.
    fn hanging(self) -> Self {
        Self { hangs: true, ..self }
    }

    /// It is in metadata that are believed until they expire.
    fn cached(self) -> Self {
        Self { is_cached: true, ..self }
    }

    /// It meets the client that has a secret.
    fn with_secret(self) -> Self {
        Self { login: Kind::Secret, ..self }
    }

    /// It meets the client whose secret signs as well.
    fn with_hs256(self) -> Self {
        Self { login: Kind::Hs256, ..self }
    }

    /// What part of the protocol it is in.
    pub fn area(&self) -> Area {
        self.area
    }

    /// What goes wrong, in words.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a login ends with.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Whether it is to begin when the person has been sent to the OP already, and not before.
    pub fn is_midway(&self) -> bool {
        self.midway
    }

    /// Whether it is the HTTP client's time limit that ends it.
    pub fn hangs(&self) -> bool {
        self.hangs
    }

    /// How long after it is over a client goes on to believe what it has seen.
    pub fn believed_for(&self) -> Duration {
        Duration::from_secs(if self.is_cached { 3601 } else { 61 })
    }

    /// Makes it happen, until [`FakeOp::recover`].
    pub fn inject(&self, op: &mut FakeOp) {
        (self.inject)(op);
        op.note_fault(&self.name);
    }

    /// Whether it is in a KMS that holds the keys of the client, and not in the OP.
    pub fn is_at_key_holder(&self) -> bool {
        self.at_key_holder.is_some()
    }

    /// Makes it happen in a KMS, until [`FakeKms::recover`].
    pub fn inject_at_key_holder(&self, kms: &mut FakeKms) {
        if let Some(inject) = &self.at_key_holder {
            inject(kms);
        }
    }

    /// Settings for the client that it is meant for, which the OP gets to know.
    pub fn settings(&self, op: &mut FakeOp) -> Settings {
        if self.login == Kind::V1 {
            op.speak(Dialect::V1);
        }
        match self.login {
            Kind::Keys | Kind::Plain | Kind::V1 | Kind::QrCode => op.settings(),
            Kind::Secret => op.secret_settings(),
            Kind::Hs256 => op.hs256_settings(),
        }
    }
}

impl std::fmt::Debug for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Fault").field(&self.name).finish()
    }
}

/// The paths that a login asks, and the names of what is there.
const ENDPOINTS: [(&str, &str); 4] = [
    ("/.well-known/openid-configuration", "Discovery"),
    ("/jwkSet", "KeySet"),
    ("/token", "Token"),
    ("/userinfo", "Userinfo"),
];

/// 40 MiB of zeros, as gzip; between its head and its end it is a `zip`.
static BOMB: &[u8] = include_bytes!("../fixtures/zeros.gz");

/// In place of a reason: the token is taken.
const TAKEN: &str = "";

fn outcome(error: &str, reason: &str) -> Outcome {
    if reason == TAKEN { Outcome::LoggedIn } else { format!("{error}({reason})").into() }
}

/// The same address by another name: in memory nobody's, else this host's, so that whoever goes there is
/// heard.
fn elsewhere(url: &str) -> String {
    let names = [
        ("127.0.0.1", "localhost"),
        ("localhost", "127.0.0.1"),
        ("op.example", "elsewhere.example"),
    ];
    let named = names.into_iter().find(|(name, _)| url.contains(name));
    named.map_or_else(|| url.to_owned(), |(name, other)| url.replace(name, other))
}

/// What stands where a text should.
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
