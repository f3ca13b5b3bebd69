//! What must be true in the end.

use std::{
    thread,
    time::{Duration, Instant},
};

use itsme_core::UnixTime;

use super::{LOGINS, Shared, VISITORS, faults, lock, resources::Resources};

/// How much memory may grow by, from a quarter of the logins to the end. The OP itself remembers
/// grants, codes and requests, some 10 KiB for each login: 3 MiB in all.
const GROWTH: usize = 12 * 1024;
/// How long a flow holds the right to fetch.
const LEASE: Duration = Duration::from_secs(15);
/// How many logins are under way at once in the beginning, on whatever machine.
const AT_ONCE: usize = 32;
/// How long sockets may take to be closed.
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

    /// Each login has its person, or the one fault that explains its end.
    fn judge_logins(&self) {
        let (seen, injected) = (lock(&self.seen), lock(&self.injected));
        assert!(seen.others.is_empty(), "no fault explains these: {:?}", seen.others);
        assert_eq!(seen.total(), seen.begun, "logins were lost");
        assert!(seen.begun >= (VISITORS * LOGINS) as usize, "somebody has not logged in");
        let (failed, fatal) = (&seen.failed, &injected.fatal);
        assert_eq!(failed.pages, fatal.pages);
        assert_eq!(failed.refusals, fatal.refusals);
        let lost = fatal.lost..=fatal.lost + injected.lost_gets / 2;
        assert!(lost.contains(&failed.lost), "{lost:?} answers were lost, not {}", failed.lost);
        let counts = [failed.pages, failed.refusals, failed.lost, seen.nobodys];
        assert!(counts.iter().all(|count| *count > 0), "something was not tried");
        let at_once = seen.most_at_once;
        assert!(at_once >= AT_ONCE, "no more than {at_once} logins were under way at once");
    }

    /// While the OP signs with a key that it does not publish, each login has a reason to fetch keys;
    /// all the time, each rotation and each suspicion is one.
    fn judge_key_fetches(&self) {
        let (outage, fetches) = (lock(&self.seen).outage.clone(), lock(&self.fetches).clone());
        let [begun, ended] = outage[..] else { panic!("there was no outage") };
        let op = self.server.op();
        let first = op.transcript().first().map_or(begun, |asked| asked.at);
        for (from, until) in [(begun, ended), (first, self.clock.now())] {
            let within = |time: UnixTime| from <= time && time <= until;
            let expired = op.transcript().iter();
            let expired = expired.filter(|asked| asked.request == faults::DISCOVERY);
            // One in each minute, and one whenever the metadata has expired, which is asked for then.
            let minutes = usize::try_from(until.since(from).as_secs() / 60).expect("a short time");
            let allowed = 1 + minutes + expired.filter(|asked| within(asked.at)).count();
            let fetched = fetches.iter().filter(|fetch| within(**fetch)).count();
            println!("{minutes} minutes, {allowed} key fetches allowed, {fetched} made");
            assert!(fetched <= allowed, "{fetched} key fetches within {minutes} minutes");
        }
    }

    /// Whoever finds the keys stale while somebody fetches them waits for that: no two requests for keys
    /// are nearer than a lease is long, unless the first one was lost; or unless the keys had expired a
    /// moment ago, which begins no pause.
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

    /// The transport is gone, and all that it held.
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
