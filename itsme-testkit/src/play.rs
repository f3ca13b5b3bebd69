use std::time::Duration;

use itsme_core::{
    DriveError, Flow, Paused, Pending, Platform, Response, SendFailure, Step, UnixTime, drive,
};

use crate::{FakeOp, World};

/// The duration of a request in [`play_all`], so that flows can overtake each other.
const ROUND_TRIP: Duration = Duration::from_millis(20);

/// Runs one flow to completion against the OP, in memory. Waiting advances the world's clock and
/// takes no real time.
///
/// # Errors
/// If the flow fails, or if a request fails with a [`SendFailure`] from which the flow cannot
/// recover.
pub fn play<T>(
    flow: Flow<T>,
    op: &mut FakeOp,
    world: &mut World,
) -> Result<T, DriveError<SendFailure>> {
    let clock = world.clock();
    drive(
        flow,
        world,
        |request| op.handle(request).map_err(|why| (why, why)),
        |duration| clock.advance(duration),
    )
}

/// Runs many flows concurrently, interleaving their steps. The clock jumps to the flow that is due
/// next, and each request takes 20 ms of the world's time. The results are in the same order as the
/// flows.
pub fn play_all<T>(
    flows: impl IntoIterator<Item = Flow<T>>,
    op: &mut FakeOp,
    world: &mut World,
) -> Vec<Result<T, DriveError<SendFailure>>> {
    let start = world.now();
    let mut results = Vec::new();
    let mut sleeping = Vec::new();
    for flow in flows {
        sleeping.push((start, results.len(), Asleep::Before(flow)));
        results.push(None);
    }
    while let Some(next) = next_to_wake(&sleeping) {
        let (time, flow, asleep) = sleeping.remove(next);
        if time > world.now() {
            world.set(time);
        }
        match wake(asleep, op, world) {
            Ok(Woken::Again(wake, asleep)) => sleeping.push((wake, flow, asleep)),
            Ok(Woken::Done(output)) => results[flow] = Some(Ok(output)),
            Err(error) => results[flow] = Some(Err(error)),
        }
    }
    results.into_iter().map(|result| result.expect("every flow ends")).collect()
}

/// A flow, and what it is waiting for.
enum Asleep<T> {
    Before(Flow<T>),
    Waiting(Paused<T>),
    UnderWay(Result<Response, SendFailure>, Pending<T>),
}

enum Woken<T> {
    Again(UnixTime, Asleep<T>),
    Done(T),
}

/// The index of the flow that is due first. Of several flows that are due at the same time, it is
/// the one that has slept longest.
fn next_to_wake<T>(sleeping: &[(UnixTime, usize, Asleep<T>)]) -> Option<usize> {
    (0..sleeping.len()).min_by_key(|&place| sleeping[place].0)
}

fn wake<T>(
    asleep: Asleep<T>,
    op: &mut FakeOp,
    world: &mut World,
) -> Result<Woken<T>, DriveError<SendFailure>> {
    let step = match asleep {
        Asleep::Before(flow) => flow.start(world)?,
        Asleep::Waiting(paused) => paused.resume(world)?,
        Asleep::UnderWay(Ok(response), pending) => pending.receive(response, world)?,
        Asleep::UnderWay(Err(source), pending) => {
            let attempt = pending.attempt();
            pending.failed(source, world)?.ok_or(DriveError::Transport { attempt, source })?
        }
    };
    let now = world.now();
    Ok(match step {
        Step::Send(request, pending) => {
            let answer = op.handle(request);
            Woken::Again(now.after(ROUND_TRIP), Asleep::UnderWay(answer, pending))
        }
        Step::Wait(duration, paused) => Woken::Again(now.after(duration), Asleep::Waiting(paused)),
        Step::UseKey(_, key) => return Err(key.no_holder().into()),
        Step::Done(output) => Woken::Done(output),
    })
}
