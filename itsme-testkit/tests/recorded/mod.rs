//! Opens and replays recordings of logins under the testkit's faults.

#![allow(dead_code, reason = "each test file uses only a part of this")]

use std::sync::{Arc, Mutex};

use itsme_core::{ClientSecret, Recording, Replay, Replayed, SendFailure, drive_with_keys};
use itsme_testkit::{CLIENT_SECRET, FakeKms, Fault, World, private_keys};

/// The recordings that a recorder received.
#[derive(Clone, Default)]
pub struct Recorded(Arc<Mutex<Vec<Recording>>>);

impl Recorded {
    /// Creates a recorder that keeps what it receives.
    pub fn recorder(&self) -> impl Fn(Recording) + Send + Sync + 'static {
        let kept = Arc::clone(&self.0);
        move |recording| kept.lock().expect("nobody panics").push(recording)
    }

    pub fn take(&self) -> Vec<Recording> {
        std::mem::take(&mut self.0.lock().expect("nobody panics"))
    }
}

/// Opens a recording, no matter which of the testkit's clients it belongs to.
pub fn open(recording: &Recording) -> Replay {
    let nothing_is_sent = |_| Err((SendFailure::NotSent, SendFailure::NotSent));
    let mut kms = FakeKms::new();
    let by_secret = recording.open(ClientSecret::new(CLIENT_SECRET));
    for flow in [recording.open(private_keys()), by_secret, recording.open(kms.keys())] {
        let use_key = |operation| kms.use_key(&operation);
        let opened = drive_with_keys(flow, &mut World::new(), nothing_is_sent, |_| (), use_key);
        if let Ok(replay) = opened {
            return replay;
        }
    }
    panic!("no client can open the recording");
}

/// Replays a recording and compares the result with the recorded one.
pub fn replay(recording: &Recording) -> Replayed {
    let replay = open(recording);
    assert_eq!(replay.missing_bytes(), 0, "the recording of {} must be complete", replay.flow());
    let replayed = replay.run();
    assert_eq!(replayed.outcome, replayed.recorded_outcome, "{}", replay.flow());
    assert!(replayed.is_same(), "{}, {}: {:?}", replay.flow(), replayed.outcome, replayed.steps);
    assert!(replayed.steps.iter().all(|step| step.is_same), "{:?}", replayed.steps);
    replayed
}

/// Chooses fifty entries of a list, spread evenly.
pub fn sample(mut list: Vec<Fault>) -> Vec<Fault> {
    let length = list.len();
    let chosen: Vec<usize> = (0..50).map(|which| which * length / 50).collect();
    let mut place = 0;
    list.retain(|_| {
        place += 1;
        chosen.contains(&(place - 1))
    });
    list
}
