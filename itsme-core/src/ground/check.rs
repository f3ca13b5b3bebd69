//! Checks as values: a list for each kind of document. Verification runs it up to the first failure; an explanation
//! runs it to the end.

use std::fmt;

/// One check on a document: its name, its source and what it expects.
///
/// [`Document::checks`](crate::explain::Document::checks) lists those for each kind of document, in the order in
/// which they are performed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// The name, unique within its document: the claim, member or parameter that it checks, if there is one.
    pub name: &'static str,
    /// The section of the specification that requires it.
    pub source: &'static str,
    /// What it expects, in words.
    pub expects: &'static str,
}

/// The result of one [`Check`] on one document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckReport {
    /// The check.
    pub check: &'static Check,
    /// Whether it passed.
    pub outcome: CheckOutcome,
    /// What this document was expected to contain. Contains no secrets and no personal data.
    pub expected: String,
    /// What the document contains. Contains no secrets and no personal data.
    pub found: String,
}

/// How a [`Check`] ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckOutcome {
    /// The document meets the expectation.
    Passed,
    /// The document does not meet the expectation, and a login would fail here.
    Failed {
        /// The text of that login's error.
        error: String,
    },
    /// There is nothing to check, because an optional claim is absent, nothing was requested, or an earlier check on
    /// which this one depends has failed.
    NotApplicable,
}

/// A check and how it is performed.
pub(crate) struct Rule<S: Subject> {
    pub(crate) check: &'static Check,
    pub(crate) run: fn(&mut S) -> Verdict<S::Error>,
    pub(crate) tell: fn(&S) -> Told,
}

/// The result of running a rule.
pub(crate) type Verdict<E> = Result<Ruling, E>;

/// Whether a rule that did not fail had anything to check.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ruling {
    Held,
    NotApplicable,
}

/// What an explanation reports in addition to the outcome. Verification does not compute it.
pub(crate) struct Told {
    /// Set if this document's case is more specific than [`Check::expects`].
    expected: Option<String>,
    found: String,
}

/// A document, or part of one, and what to check it against. Rules use it to store what later rules need.
pub(crate) trait Subject: Sized {
    type Error: fmt::Display;

    /// The list of checks, in order.
    fn rules<'r>() -> &'r [Rule<Self>]
    where
        Self: 'r;

    /// Runs the list up to the first failure.
    fn verify(&mut self) -> Result<(), Self::Error> {
        for rule in Self::rules() {
            (rule.run)(self)?;
        }
        Ok(())
    }

    /// Runs the list to the end.
    fn explain(&mut self) -> Vec<CheckReport> {
        Self::rules().iter().map(|rule| rule.explain(self)).collect()
    }

    /// Reports every check as not applicable, because there is no document.
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
    /// `Held` if there was something to check.
    pub(crate) fn held_if(applies: bool) -> Self {
        if applies { Self::Held } else { Self::NotApplicable }
    }
}

impl CheckReport {
    /// Whether a login would have failed here.
    pub fn is_failed(&self) -> bool {
        matches!(self.outcome, CheckOutcome::Failed { .. })
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.name, self.expects, self.source)
    }
}

/// Rows of `name, source, what is expected => how to check it, what to report`.
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
