use std::time::Duration;

use itsme_core::{Dialect, LoggedIn, Settings};

use super::{everything, outcome::Outcome};
use crate::{FakeKms, FakeOp, quirks};

/// A single thing that can go wrong, or that an OP does differently from the specification.
pub struct Fault {
    area: Area,
    pub(super) name: String,
    pub(super) outcome: Outcome,
    pub(super) login: Kind,
    pub(super) midway: bool,
    hangs: bool,
    is_cached: bool,
    inject: Inject<FakeOp>,
    at_key_holder: Option<Inject<FakeKms>>,
    pub(super) seen: Option<Seen>,
}

/// A check that the login contains everything that the client should have read.
pub(super) type Seen = fn(&LoggedIn) -> bool;

type Inject<T> = Box<dyn Fn(&mut T) + Send + Sync>;

/// One line for each fault and quirk that makes a check fail.
static FAILING_CHECKS: &str = include_str!("failing_checks.tsv");

/// The part of the protocol to which a fault belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Area {
    /// Connections that are silent, slow or broken.
    Wire,
    /// HTTP statuses, headers and bodies.
    Http,
    /// The discovery document.
    Discovery,
    /// The OP's key set.
    KeySet,
    /// The token endpoint's response.
    TokenAnswer,
    /// The signing and encryption of tokens.
    Tokens,
    /// The claims in tokens.
    Claims,
    /// A well-meaning OP on a bad day, for example under maintenance or with a wrong clock.
    Days,
    /// Logins without a browser (CIBA).
    Backchannel,
    /// The holder of a client's private keys.
    KeyHolder,
}

/// The client that logs a person in, and how it does so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Keys,
    Secret,
    Hs256,
    /// A client with keys that sets no requirements for the authentication.
    Plain,
    /// A client with keys that requests scopes, skipping userinfo where possible.
    Scopes,
    /// A client with keys in the older dialect, V1.
    V1,
    /// A client with keys that shows a QR code instead of using a browser.
    QrCode,
}

impl Fault {
    /// All faults. This does not include [`quirks`](crate::quirks).
    pub fn all() -> Vec<Self> {
        let everything = everything().into_iter();
        everything.filter(|fault| fault.outcome != Outcome::LoggedIn).collect()
    }

    /// Finds the fault or [quirk](crate::quirks) with this name.
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

    /// Adds a check on the user who is logged in.
    pub(crate) fn seen(self, seen: Seen) -> Self {
        Self { seen: Some(seen), ..self }
    }

    /// Makes the fault apply to a login that sets no requirements for the authentication.
    pub(crate) fn plain(self) -> Self {
        Self { login: Kind::Plain, ..self }
    }

    /// Makes the fault apply to a login that requests scopes, which may not need userinfo.
    pub(crate) fn by_scopes(self) -> Self {
        Self { login: Kind::Scopes, ..self }
    }

    /// Makes the fault apply to a login in the older dialect.
    pub(crate) fn in_v1(self) -> Self {
        Self { login: Kind::V1, ..self }
    }

    /// Makes the fault apply to a login by QR code.
    pub(crate) fn by_qr_code(self) -> Self {
        Self { login: Kind::QrCode, ..self }
    }

    /// Makes the fault happen in the KMS that holds the client's keys.
    pub(super) fn at_key_holder(
        self,
        inject: impl Fn(&mut FakeKms) + Send + Sync + 'static,
    ) -> Self {
        Self { at_key_holder: Some(Box::new(inject)), ..self }
    }

    /// Makes the fault begin while the person is at the OP.
    pub(super) fn midway(self) -> Self {
        Self { midway: true, ..self }
    }

    /// Marks a login under the fault as ending only when the HTTP client times out.
    pub(super) fn hanging(self) -> Self {
        Self { hangs: true, ..self }
    }

    /// Marks the fault as being in the metadata, which clients trust until it expires.
    pub(super) fn cached(self) -> Self {
        Self { is_cached: true, ..self }
    }

    /// Makes the fault apply to the client with a secret.
    pub(super) fn with_secret(self) -> Self {
        Self { login: Kind::Secret, ..self }
    }

    /// Makes the fault apply to the client whose secret also signs its tokens.
    pub(super) fn with_hs256(self) -> Self {
        Self { login: Kind::Hs256, ..self }
    }

    /// The part of the protocol to which the fault belongs.
    pub fn area(&self) -> Area {
        self.area
    }

    /// The fault's name, which describes in a few words what goes wrong.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The outcome that a login must have under this fault.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// The checks that fail, each as `document: check`, in the order in which a login reaches them.
    /// The login's error comes from the first one. By itself, a failed check on a `key of the set`
    /// or an `endpoint of a service` does not make a login fail. Empty if no document with checks
    /// is at fault.
    ///
    /// [A recording's `Replayed::documents`](itsme_core::Replayed::documents) contains the same
    /// checks, and the program `inspect` shows them.
    pub fn failing_checks(&self) -> impl Iterator<Item = &'static str> {
        let mut lines = FAILING_CHECKS.lines().filter_map(|line| line.split_once('\t'));
        let stated = lines.find(|(name, _)| *name == self.name);
        stated.into_iter().flat_map(|(_, checks)| checks.split("; "))
    }

    /// Whether to inject the fault only after the user has been redirected to the OP.
    pub fn is_midway(&self) -> bool {
        self.midway
    }

    /// Whether a login under the fault ends only when the HTTP client times out.
    pub fn hangs(&self) -> bool {
        self.hangs
    }

    /// How long a client continues to trust what it has seen during the fault.
    pub fn believed_for(&self) -> Duration {
        Duration::from_secs(if self.is_cached { 3601 } else { 61 })
    }

    /// Injects the fault into an OP until [`FakeOp::recover`] is called.
    pub fn inject(&self, op: &mut FakeOp) {
        (self.inject)(op);
        op.note_fault(&self.name);
    }

    /// Whether the fault happens in a KMS that holds the client's keys, instead of in the OP.
    pub fn is_at_key_holder(&self) -> bool {
        self.at_key_holder.is_some()
    }

    /// Injects the fault into a KMS until [`FakeKms::recover`] is called. Does nothing if the fault does not
    /// happen in a KMS.
    pub fn inject_at_key_holder(&self, kms: &mut FakeKms) {
        if let Some(inject) = &self.at_key_holder {
            inject(kms);
        }
    }

    /// Sets up the OP for the client to which the fault applies, and returns that client's
    /// settings.
    pub fn settings(&self, op: &mut FakeOp) -> Settings {
        if self.login == Kind::V1 {
            op.speak(Dialect::V1);
        }
        match self.login {
            Kind::Keys | Kind::Plain | Kind::Scopes | Kind::V1 | Kind::QrCode => op.settings(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_failing_checks_is_of_a_fault() {
        for line in FAILING_CHECKS.lines() {
            let (name, _) = line.split_once('\t').expect("a name and its checks");
            let fault = Fault::named(name).unwrap_or_else(|| panic!("no fault is named `{name}`"));
            assert!(fault.failing_checks().count() > 0, "{name}");
        }
    }
}
