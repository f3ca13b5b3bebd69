//! For every fault and every quirk, a replay ends as recorded, after the same requests in the same order. The failed
//! checks are those that the list states, and the first one is the login's error.

use std::time::Instant;

use itsme_core::{
    DriveError, Error, ReplayError, Replayed, ReplayedWhat,
    explain::{Document, Explanation},
    internals::recording_all,
};
use itsme_testkit::{
    Fault,
    faults::{self, Outcome},
    quirks,
};

use crate::recorded::{Recorded, replay};

#[test]
fn each_fault_ends_as_it_did_by_the_checks_that_are_stated() {
    each_ends_as_it_did(Fault::all());
}

#[test]
fn each_quirk_ends_as_it_did_by_the_checks_that_are_stated() {
    each_ends_as_it_did(quirks::all());
}

fn each_ends_as_it_did(list: Vec<Fault>) {
    let begun = Instant::now();
    let (mut flows, tried) = (0, list.len());
    let mut wrong = Vec::new();
    for fault in list {
        let (name, expected) = (fault.name().to_owned(), fault.outcome().clone());
        let stated: Vec<_> = fault.failing_checks().collect();
        let recorded = Recorded::default();
        let equip = |client| recording_all(client, recorded.recorder());
        faults::in_memory_with(vec![fault], equip);
        // The first flow that fails is followed by the login after the fault.
        let mut replayed: Vec<Replayed> = Vec::new();
        for recording in recorded.take() {
            replayed.push(replay(&recording));
            if replayed.last().is_some_and(|it| it.result.is_err()) {
                break;
            }
        }
        flows += replayed.len();
        let last = replayed.last().expect("a flow");
        assert_eq!(Outcome::of(&last.result), expected, "{name}");
        let failed = failed(replayed.iter().flat_map(Replayed::documents));
        if failed != stated {
            wrong.push(format!("- {name}\t{}", failed.join("; ")));
        }
        for step in &last.steps {
            let ReplayedWhat::Request { answer, .. } = &step.what else { continue };
            assert!(!matches!(answer, Err(ReplayError::NotRecorded)), "{name}: {step:?}");
        }
        if let Err(error @ (DriveError::Transport { .. } | DriveError::Key { .. })) = &last.result {
            let recorded = &last.recorded_outcome;
            assert!(recorded.starts_with(&error.to_string()), "{name}: {recorded}");
        }
        if let Err(DriveError::Key { failure: expected, .. }) = &last.result {
            let step = last.steps.iter().rfind(|step| !matches!(step.what, ReplayedWhat::Wait(_)));
            let Some(ReplayedWhat::KeyOperation { failure, .. }) = step.map(|step| &step.what)
            else {
                panic!("{name}: {step:?}")
            };
            assert_eq!(failure, &Some(*expected), "{name}");
        }
        // These of a login's errors come from checks of documents.
        let by_a_check = matches!(
            last.result,
            Err(DriveError::Flow(
                Error::IdToken(_) | Error::Userinfo(_) | Error::Metadata(_) | Error::Callback(_)
            ))
        );
        let refusal = last.refusal().map(|(document, check)| (document.document, check.check.name));
        let first = last.documents().find_map(first_refusing);
        assert_eq!(refusal, first, "{name}: {}", last.outcome);
        assert!(refusal.is_some() || !by_a_check, "{name}: {}", last.outcome);
        for flow in replayed.iter().filter(|flow| flow.result.is_ok()) {
            assert_eq!(flow.documents().find_map(first_refusing), None, "{name}");
            let has = |kind| flow.documents().any(|it| it.document == kind);
            assert_eq!(has(Document::TokenAnswer), has(Document::IdToken), "{name}");
        }
    }
    println!("{flows} flows under {tried} of the list: {:?}", begun.elapsed());
    assert!(flows > tried);
    assert!(wrong.is_empty(), "not as stated:\n{}", wrong.join("\n"));
}

/// All failed checks, without repetition.
fn failed<'a>(documents: impl Iterator<Item = &'a Explanation>) -> Vec<String> {
    let mut failed = Vec::new();
    for document in documents {
        for report in document.failed() {
            let text = format!("{}: {}", document.document, report.check.name);
            if !failed.contains(&text) {
                failed.push(text);
            }
        }
    }
    failed
}

/// The first failed check that fails a login. A key is ignored, and an endpoint of a service is checked by whoever
/// calls it.
fn first_refusing(document: &Explanation) -> Option<(Document, &'static str)> {
    let is_passed_over = matches!(document.document, Document::Key | Document::ServiceEndpoint);
    let first = document.failed().next().filter(|_| !is_passed_over)?;
    Some((document.document, first.check.name))
}
