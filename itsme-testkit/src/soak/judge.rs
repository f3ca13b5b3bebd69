//! What must be true at the end.

use std::{
    thread,
    time::{Duration, Instant},
};

use itsme_core::UnixTime;

use super::{LOGINS, Shared, VISITORS, faults, lock, resources::Resources};

/// How much memory may grow between a quarter of the logins and the end. The OP itself remembers
/// grants, codes and requests, about 10 KiB per login: 3 MiB in all.
const GROWTH: usize = 12 * 1024;
/// How long a flow holds the right to fetch.
const LEASE: Duration = Duration::from_secs(15);
/// How many logins must run at once at the beginning, on any machine.
const AT_ONCE: usize = 32;
/// How long sockets may take to close.
const CLOSING: Duration = Duration::from_secs(10);

impl Shared {
    pub(super) fn judge(&self, before: &Resources) {
        println!(
            "after {:?}: {:?}\n{:?}",
            self.begun.elapsed(),
            lock(&self.seen),
            lock(&self.injected)
        );
        self.judge_logins();
        self.judge_key_fetches();
        self.judge_shared_fetches();
        if cfg!(target_os = "linux") {
            self.judge_resources(before);
        }
    }

    /// Each login has its person, or the one fault that explains its failure.
    fn judge_logins(&self) {
        let (seen, injected) = (lock(&self.seen), lock(&self.injected));
        assert!(seen.others.is_empty(), "no fault explains these: {:?}", seen.others);
        assert_eq!(seen.total(), seen.begun, "logins were lost");
        assert!(seen.begun >= (VISITORS * LOGINS) as usize, "somebody did not log in");
        let (failed, fatal) = (&seen.failed, &injected.fatal);
        assert_eq!(failed.pages, fatal.pages);
        assert_eq!(failed.refusals, fatal.refusals);
        let lost = fatal.lost..=fatal.lost + injected.lost_gets / 2;
        assert!(
            lost.contains(&failed.lost),
            "{lost:?} answers were lost, but {} logins failed that way",
            failed.lost
        );
        let counts = [failed.pages, failed.refusals, failed.lost, seen.nobodys];
        assert!(counts.iter().all(|count| *count > 0), "some fault was never tried");
        let at_once = seen.most_at_once;
        assert!(at_once >= AT_ONCE, "only {at_once} logins ran at once");
    }

    /// While the OP signs with a key that it does not publish, every login has a reason to fetch
    /// keys. At any time, so has every rotation and every suspicion.
    fn judge_key_fetches(&self) {
        let (outage, fetches) = (lock(&self.seen).outage.clone(), lock(&self.fetches).clone());
        let [begun, ended] = outage[..] else { panic!("there was no outage") };
        let op = self.server.op();
        let first = op.transcript().first().map_or(begun, |asked| asked.at);
        for (from, until) in [(begun, ended), (first, self.clock.now())] {
            let within = |time: UnixTime| from <= time && time <= until;
            let expired = op.transcript().iter();
            let expired = expired.filter(|asked| asked.request == faults::DISCOVERY);
            // One per minute, and one whenever the metadata have expired, which are then fetched as
            // well.
            let minutes = usize::try_from(until.since(from).as_secs() / 60).expect("a short time");
            let allowed = 1 + minutes + expired.filter(|asked| within(asked.at)).count();
            let fetched = fetches.iter().filter(|fetch| within(**fetch)).count();
            println!("{minutes} minutes, {allowed} key fetches allowed, {fetched} made");
            assert!(fetched <= allowed, "{fetched} key fetches within {minutes} minutes");
        }
    }

    /// No one requests keys while someone else is fetching them; everyone waits for that fetch. So
    /// two requests for keys are at least a lease apart, unless the first was lost, or the keys had
    /// expired a moment before, which begins no pause.
    fn judge_shared_fetches(&self) {
        let lost = lock(&self.injected).lost_keys.clone();
        let op = self.server.op();
        let at = |request: &str| {
            let asked = op.transcript().iter().filter(|asked| asked.request == request);
            asked.map(|asked| asked.at).collect::<Vec<_>>()
        };
        let (keys, expired) = (at(faults::KEYS), at(faults::DISCOVERY).len());
        let near = keys.windows(2).filter(|two| two[1].since(two[0]) < LEASE);
        let near = near.filter(|two| !lost.contains(&two[0])).count();
        println!("{} requests for keys, {near} of them near another", keys.len());
        assert!(near <= expired, "{near} requests for keys were made beside another one");
    }

    /// The transport is gone, with everything it held.
    fn judge_resources(&self, before: &Resources) {
        let begun = Instant::now();
        let mut after = Resources::now();
        while after.descriptors > before.descriptors && begun.elapsed() < CLOSING {
            thread::sleep(Duration::from_millis(10));
            after = Resources::now();
        }
        let warm = lock(&self.seen).warm.expect("most logins have ended");
        println!("{before:?}, then {warm:?}, and {after:?}");
        assert!(after.descriptors <= before.descriptors, "{after:?} are not {before:?}");
        assert!(after.kibibytes <= warm.kibibytes + GROWTH, "{warm:?} has grown to {after:?}");
    }
}
