//! Every fault and every quirk: what was recorded ends as it did, after the same requests in the same order.

use std::time::Instant;

use itsme_core::internals::recording_all;
use itsme_testkit::{
    Fault,
    faults::{self, Outcome},
    quirks,
};

use crate::recorded::{Recorded, replay};

#[test]
fn each_fault_ends_as_it_did() {
    each_ends_as_it_did(Fault::all());
}

#[test]
fn each_quirk_ends_as_it_did() {
    each_ends_as_it_did(quirks::all());
}

fn each_ends_as_it_did(list: Vec<Fault>) {
    let begun = Instant::now();
    let (mut flows, tried) = (0, list.len());
    for fault in list {
        let (name, expected) = (fault.name().to_owned(), fault.outcome().clone());
        let recorded = Recorded::default();
        let equip = |client| recording_all(client, recorded.recorder());
        faults::in_memory_with(vec![fault], equip);
        // Behind the first that fails comes the login of when the fault is over.
        let recordings = recorded.take();
        let mut outcomes = recordings.iter().map(|it| Outcome::of(&replay(it).result));
        let failed = outcomes.by_ref().inspect(|_| flows += 1).find(|it| *it != Outcome::LoggedIn);
        assert_eq!(failed.unwrap_or(Outcome::LoggedIn), expected, "{name}");
    }
    println!("{flows} flows under {tried} of the list: {:?}", begun.elapsed());
    assert!(flows > tried);
}
