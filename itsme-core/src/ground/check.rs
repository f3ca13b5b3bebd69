//! Checks as values: a list for each kind of document, which verifying runs to the first failure and
//! explaining to its end.

use std::fmt;

/// One check of a document: what it is called, where it is specified and what it expects.
///
/// [`Document::checks`](crate::explain::Document::checks) lists those of each kind of document, in the order in
/// which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// Its name, unique within its document: the claim, member or parameter that it looks at, where there is one.
    pub name: &'static str,
    /// The section of the specification that asks for it.
    pub source: &'static str,
    /// What it expects, in words.
    pub expects: &'static str,
}

/// What became of one [`Check`] of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckReport {
    /// The check.
    pub check: &'static Check,
    /// Whether it passed.
    pub outcome: CheckOutcome,
    /// What this very document would have to say, or [`Check::expects`]. No secret, and nothing about the person.
    pub expected: String,
    /// What it says. No secret, and nothing about the person.
    pub found: String,
}

/// How a [`Check`] ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckOutcome {
    /// The document is as it must be.
    Passed,
    /// It is not, and a login with it would end here.
    Failed {
        /// What the error of that login says.
        error: String,
    },
    /// There is nothing to check: the claim is absent and may be, nobody asked for it, or another check failed
    /// that this one builds on.
    NotApplicable,
}

/// A check and how it is made.
pub(crate) struct Rule<S: Subject> {
    pub(crate) check: &'static Check,
    pub(crate) run: fn(&mut S) -> Verdict<S::Error>,
    pub(crate) tell: fn(&S) -> Told,
}

/// What a rule that does not fail says.
pub(crate) type Verdict<E> = Result<Ruling, E>;

/// Whether a rule that does not fail had anything to look at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ruling {
    Held,
    NotApplicable,
}

/// What explaining says beside the outcome. It is only made then.
pub(crate) struct Told {
    /// Where the document's case says more than [`Check::expects`].
    expected: Option<String>,
    found: String,
}

/// A document, or a part of one, with what it is held against. Rules keep in it what later ones need.
pub(crate) trait Subject: Sized {
    type Error: fmt::Display;

    /// The one list of checks, in their order.
    fn rules<'r>() -> &'r [Rule<Self>]
    where
        Self: 'r;

    /// Runs the list to the first failure.
    fn verify(&mut self) -> Result<(), Self::Error> {
        for rule in Self::rules() {
            (rule.run)(self)?;
        }
        Ok(())
    }

    /// Runs the list to its end.
    fn explain(&mut self) -> Vec<CheckReport> {
        Self::rules().iter().map(|rule| rule.explain(self)).collect()
    }

    /// For what there is no document to run it on.
    fn explain_absence() -> Vec<CheckReport> {
        let outcome = CheckOutcome::NotApplicable;
        let rules = Self::rules().iter();
        rules.map(|rule| rule.report(outcome.clone(), Told::found(""))).collect()
    }

    fn checks() -> Vec<&'static Check> {
        Self::rules().iter().map(|rule| rule.check).collect()
    }
}

impl<S: Subject> Rule<S> {
    fn explain(&self, subject: &mut S) -> CheckReport {
        let outcome = match (self.run)(subject) {
            Ok(Ruling::Held) => CheckOutcome::Passed,
            Ok(Ruling::NotApplicable) => CheckOutcome::NotApplicable,
            Err(error) => CheckOutcome::Failed { error: error.to_string() },
        };
        let told = match outcome {
            CheckOutcome::NotApplicable => Told::found(""),
            _ => (self.tell)(subject),
        };
        self.report(outcome, told)
    }

    fn report(&self, outcome: CheckOutcome, Told { expected, found }: Told) -> CheckReport {
        let expected = expected.unwrap_or_else(|| self.check.expects.to_owned());
        CheckReport { check: self.check, outcome, expected, found }
    }
}

impl Told {
    pub(crate) fn found(found: impl Into<String>) -> Self {
        Self { expected: None, found: found.into() }
    }

    pub(crate) fn expected(self, expected: impl Into<String>) -> Self {
        Self { expected: Some(expected.into()), ..self }
    }
}

impl Ruling {
    /// Held where there was something to look at.
    pub(crate) fn held_if(applies: bool) -> Self {
        if applies { Self::Held } else { Self::NotApplicable }
    }
}

impl CheckReport {
    /// Whether a login would have ended here.
    pub fn is_failed(&self) -> bool {
        matches!(self.outcome, CheckOutcome::Failed { .. })
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.name, self.expects, self.source)
    }
}

/// Rows of `name, source, what is expected => how it is checked, what is told`.
macro_rules! rules {
    ($($name:literal, $source:literal, $expects:literal => $run:expr, $tell:expr;)*) => {
        &[$($crate::ground::check::Rule {
            check: &$crate::ground::check::Check {
                name: $name,
                source: $source,
                expects: $expects,
            },
            run: $run,
            tell: $tell,
        }),*]
    };
}

pub(crate) use rules;
