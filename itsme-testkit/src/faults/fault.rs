use std::time::Duration;

use itsme_core::{Dialect, LoggedIn, Settings};

use super::{everything, outcome::Outcome};
use crate::{FakeKms, FakeOp, quirks};

/// One thing that goes wrong, or is done otherwise than was agreed.
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

/// Whether what must be read was read.
pub(super) type Seen = fn(&LoggedIn) -> bool;

type Inject<T> = Box<dyn Fn(&mut T) + Send + Sync>;

/// A line for each fault and quirk under which a check fails.
static FAILING_CHECKS: &str = include_str!("failing_checks.tsv");

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
pub(super) enum Kind {
    Keys,
    Secret,
    Hs256,
    /// Nothing is asked of the authentication.
    Plain,
    /// By scopes, without userinfo where it can be spared.
    Scopes,
    /// In the older dialect.
    V1,
    /// Without a browser, by a QR code.
    QrCode,
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

    /// It meets a login by scopes that can do without userinfo.
    pub(crate) fn by_scopes(self) -> Self {
        Self { login: Kind::Scopes, ..self }
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
    pub(super) fn at_key_holder(
        self,
        inject: impl Fn(&mut FakeKms) + Send + Sync + 'static,
    ) -> Self {
        Self { at_key_holder: Some(Box::new(inject)), ..self }
    }

    /// It begins when the person is at the OP.
    pub(super) fn midway(self) -> Self {
        Self { midway: true, ..self }
    }

    /// It is the time limit that ends it.
    pub(super) fn hanging(self) -> Self {
        Self { hangs: true, ..self }
    }

    /// It is in metadata that are believed until they expire.
    pub(super) fn cached(self) -> Self {
        Self { is_cached: true, ..self }
    }

    /// It meets the client that has a secret.
    pub(super) fn with_secret(self) -> Self {
        Self { login: Kind::Secret, ..self }
    }

    /// It meets the client whose secret signs as well.
    pub(super) fn with_hs256(self) -> Self {
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

    /// The checks that fail, each as `document: check`, in the order in which a login meets them. The first is the one
    /// that its error is of; those of a `key of the set` or an `endpoint of a service` refuse no login by themselves.
    /// None where no document is to blame.
    ///
    /// [`Replayed::documents`](itsme_core::Replayed::documents) of a recording has them all, and so has the program
    /// `inspect`.
    pub fn failing_checks(&self) -> impl Iterator<Item = &'static str> {
        let mut lines = FAILING_CHECKS.lines().filter_map(|line| line.split_once('\t'));
        let stated = lines.find(|(name, _)| *name == self.name);
        stated.into_iter().flat_map(|(_, checks)| checks.split("; "))
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
            let fault = Fault::named(name).unwrap_or_else(|| panic!("there is no `{name}`"));
            assert!(fault.failing_checks().count() > 0, "{name}");
        }
    }
}
