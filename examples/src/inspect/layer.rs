//! The results of an inspection: the layers of a document, each with its checks.

use itsme_core::explain::{CheckOutcome, CheckReport, Document, Explanation};
use serde_json::{Map, Value, json};

use super::{advice, given::Given};
use crate::report::Report;

/// A layer of a document, with its contents and its checks.
#[derive(Debug)]
pub struct Layer {
    /// The name of the layer.
    pub name: String,
    /// The contents of the layer by name: a header, claims, parameters.
    pub shown: Vec<(&'static str, Map<String, Value>)>,
    /// The checks, in order.
    pub findings: Vec<Finding>,
    /// Additional remarks.
    pub notes: Vec<String>,
    /// Whether a login can continue despite a failed check here, because the layer is a key that is
    /// ignored or an endpoint that only some services use.
    pub is_passed_over: bool,
    /// The outcome of the recorded login, if it failed.
    pub ended_by: Option<String>,
}

/// The result of a check.
#[derive(Debug)]
pub struct Finding {
    /// The name of the check.
    pub name: &'static str,
    /// The specification that the check comes from.
    pub source: &'static str,
    /// The outcome.
    pub outcome: Outcome,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
}

/// The outcome of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The check passed.
    Passed,
    /// The check failed.
    Failed {
        /// The error that a login reports.
        error: Option<String>,
        /// What to do about the failure.
        advice: &'static str,
    },
    /// There was nothing to check.
    NotApplicable,
    /// The check was not run because these options were not given.
    NotMade(&'static str),
}

impl Layer {
    /// Creates an empty layer.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            shown: Vec::new(),
            findings: Vec::new(),
            notes: Vec::new(),
            is_passed_over: false,
            ended_by: None,
        }
    }

    /// Creates a layer from `itsme-core`'s explanation of a document. Checks for which a fact
    /// is missing count as not run.
    pub fn explained(name: impl Into<String>, explanation: &Explanation, given: &Given) -> Self {
        Self::explained_but(name, explanation, |check| given.lacks(explanation.document, check))
    }

    /// Creates a layer from `itsme-core`'s explanation. `lacks` returns the missing option for
    /// each check.
    pub fn explained_but(
        name: impl Into<String>,
        explanation: &Explanation,
        lacks: impl Fn(&str) -> Option<&'static str>,
    ) -> Self {
        let read = |report: &CheckReport| {
            Finding::of(explanation.document, report, lacks(report.check.name))
        };
        let is_passed_over =
            matches!(explanation.document, Document::Key | Document::ServiceEndpoint);
        let findings = explanation.checks.iter().map(read).collect();
        let mut layer = Self { findings, is_passed_over, ..Self::new(name) };
        if layer.has_failed() && explanation.document == Document::ServiceEndpoint {
            layer.notes.push(
                "only services that use this endpoint fail; everything else works".to_owned(),
            );
        }
        layer
    }

    /// Returns the layer name for a key from the OP. Keys without a `kid` are already numbered, as
    /// in `key 1`.
    pub fn name_of_key(name: &str) -> String {
        if name.starts_with('`') { format!("key {name}") } else { name.to_owned() }
    }

    /// Creates a layer for a response from the OP that cannot be parsed.
    pub fn not_json(name: &str, error: String) -> Self {
        let advice =
            "tell the OP's support team; the response might also have come from a proxy in between";
        let outcome = Outcome::Failed { error: Some(error), advice };
        let expected = "a JSON object without duplicate members";
        let form = Finding::new(("form", "RFC 8259 §4"), (expected, "something else"), outcome);
        Self { findings: vec![form], ..Self::new(name) }
    }

    /// Marks these checks as not run because this fact was not given.
    pub fn lacks(&mut self, checks: &[&str], needed: &'static str) {
        let not_made = |finding: &&mut Finding| {
            checks.contains(&finding.name) && finding.outcome == Outcome::NotApplicable
        };
        for finding in self.findings.iter_mut().filter(not_made) {
            finding.outcome = Outcome::NotMade(needed);
        }
    }

    /// Replaces this check's advice, if the check failed.
    pub fn advise(mut self, check: &str, instead: &'static str) -> Self {
        for finding in self.findings.iter_mut().filter(|finding| finding.name == check) {
            if let Outcome::Failed { advice, .. } = &mut finding.outcome {
                *advice = instead;
            }
        }
        self
    }

    /// Adds contents to show, if they could be read.
    pub fn show(mut self, what: &'static str, members: Option<Map<String, Value>>) -> Self {
        self.shown.extend(members.map(|members| (what, members)));
        self
    }

    /// Whether the layer could be opened, if it is encrypted or sealed.
    pub fn is_opened(&self) -> bool {
        let decryption = self.findings.iter().find(|finding| finding.name == "decryption");
        decryption.is_none_or(|finding| finding.outcome == Outcome::Passed)
    }

    /// Whether a check on this layer failed.
    pub fn has_failed(&self) -> bool {
        self.findings.iter().any(Finding::has_failed)
    }

    /// Prints either the full layer or only its failed checks.
    pub fn tell(&self, report: &Report, only_failed: bool) {
        report.say(format_args!("\n{}", self.name));
        for (what, members) in self.shown.iter().filter(|_| !only_failed) {
            report.say(format_args!("     {what}:"));
            for (name, value) in members {
                report.say(format_args!(
                    "       {:<16} {}",
                    visible(name),
                    visible(&value.to_string())
                ));
            }
        }
        for finding in self.findings.iter().filter(|it| !only_failed || it.has_failed()) {
            finding.tell(report);
        }
        self.tell_omitted(report);
        for note in &self.notes {
            report.say(format_args!("--   {note}"));
        }
    }

    /// Prints the checks that were not run, grouped by the option that they need.
    fn tell_omitted(&self, report: &Report) {
        let mut options: Vec<&str> = Vec::new();
        for finding in &self.findings {
            if let Outcome::NotMade(needed) = finding.outcome
                && !options.contains(&needed)
            {
                options.push(needed);
            }
        }
        for needed in options {
            let names = self.names(|outcome| *outcome == Outcome::NotMade(needed));
            report.say(format_args!("--   not checked without {needed}: {names}"));
        }
        let names = self.names(|outcome| *outcome == Outcome::NotApplicable);
        if !names.is_empty() {
            report.say(format_args!("--   not applicable: {names}"));
        }
    }

    fn names(&self, of: impl Fn(&Outcome) -> bool) -> String {
        let names = self.findings.iter().filter(|it| of(&it.outcome)).map(|it| it.name);
        names.collect::<Vec<_>>().join(", ")
    }

    /// Returns the layer as JSON, for scripts.
    pub fn json(&self) -> Value {
        let mut layer = json!({
            "name": self.name,
            "checks": self.findings.iter().map(Finding::json).collect::<Vec<_>>(),
            "notes": self.notes,
        });
        for (what, members) in &self.shown {
            layer[*what] = Value::Object(members.clone());
        }
        layer
    }
}

/// Escapes text from other parties, so that it cannot control the terminal.
pub fn visible(text: &str) -> String {
    let escaped = |c: char| if c.is_control() { c.escape_unicode().to_string() } else { c.into() };
    text.chars().map(escaped).collect()
}

impl Finding {
    fn of(document: Document, report: &CheckReport, lacks: Option<&'static str>) -> Self {
        let name = report.check.name;
        let outcome = match (lacks, &report.outcome) {
            (Some(needed), _) => Outcome::NotMade(needed),
            (None, CheckOutcome::Passed) => Outcome::Passed,
            (None, CheckOutcome::Failed { error }) => {
                Outcome::Failed { error: Some(error.clone()), advice: advice::on(document, name) }
            }
            (None, _) => Outcome::NotApplicable,
        };
        let (expected, found) = (report.expected.clone(), report.found.clone());
        Self { name, source: report.check.source, outcome, expected, found }
    }

    /// Creates the result of a check that `itsme-core` does not have.
    pub fn new(
        (name, source): (&'static str, &'static str),
        (expected, found): (impl Into<String>, impl Into<String>),
        outcome: Outcome,
    ) -> Self {
        Self { name, source, outcome, expected: expected.into(), found: found.into() }
    }

    /// Whether the check failed.
    pub fn has_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed { .. })
    }

    fn tell(&self, report: &Report) {
        let Self { name, source, expected, found, .. } = self;
        match &self.outcome {
            Outcome::Passed => report.say(format_args!("ok   {name}: {found}")),
            Outcome::Failed { error, advice } => {
                report.say(format_args!("BAD  {name}: {found}"));
                report.say(format_args!("       expected: {expected} ({source})"));
                if let Some(error) = error {
                    report.say(format_args!("       error:    {error}"));
                }
                report.say(format_args!("       do:       {advice}"));
            }
            Outcome::NotApplicable | Outcome::NotMade(_) => {}
        }
    }

    fn json(&self) -> Value {
        let ok = match self.outcome {
            Outcome::Passed => Some(true),
            Outcome::Failed { .. } => Some(false),
            _ => None,
        };
        let mut finding = json!({
            "name": self.name,
            "source": self.source,
            "ok": ok,
            "expected": self.expected,
            "found": self.found,
        });
        match &self.outcome {
            Outcome::Failed { error, advice } => {
                finding["error"] = json!(error);
                finding["do"] = json!(advice);
            }
            Outcome::NotMade(needed) => {
                finding["needs"] = json!(needed);
                // The values are meaningless, because the expected one is only a placeholder.
                finding["expected"] = Value::Null;
                finding["found"] = Value::Null;
            }
            _ => {}
        }
        finding
    }
}
