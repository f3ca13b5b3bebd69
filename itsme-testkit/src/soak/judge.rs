//! The checks at the end of a soak test.

use std::{
    thread,
    time::{Duration, Instant},
};

use itsme_core::UnixTime;

use super::{LOGINS, Shared, VISITORS, faults, lock, resources::Resources};

/// The maximum memory growth in KiB between [`WARM`](super::WARM) completed logins and the end.
/// The OP itself remembers grants, codes and requests, which takes about 10 KiB per login and 3 MiB
/// in total.
const GROWTH: usize = 12 * 1024;
/// How long a flow holds the exclusive right to fetch keys.
const LEASE: Duration = Duration::from_secs(15);
/// The number of logins that must run concurrently at the beginning, on any machine.
const AT_ONCE: usize = 32;
/// The maximum time for sockets to close.
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

    /// Checks that each login returned its own person, or failed because of exactly one injected
    /// fault.
    fn judge_logins(&self) {
        let (seen, injected) = (lock(&self.seen), lock(&self.injected));
        assert!(seen.others.is_empty(), "no fault explains these: {:?}", seen.others);
        assert_eq!(seen.total(), seen.begun, "some logins never ended");
        assert!(
            seen.begun >= (VISITORS * LOGINS) as usize,
            "some visitors did not log in often enough"
        );
        let (failed, fatal) = (&seen.failed, &injected.fatal);
        assert_eq!(failed.pages, fatal.pages);
        assert_eq!(failed.refusals, fatal.refusals);
        let lost = fatal.lost..=fatal.lost + injected.lost_gets / 2;
        assert!(
            lost.contains(&failed.lost),
            "{lost:?} responses were lost, but {} logins failed for that reason",
            failed.lost
        );
        let counts = [failed.pages, failed.refusals, failed.lost, seen.nobodys];
        assert!(counts.iter().all(|count| *count > 0), "at least one kind of fault never occurred");
        let at_once = seen.most_at_once;
        assert!(at_once >= AT_ONCE, "only {at_once} logins ran concurrently");
    }

    /// Checks that keys are fetched at most once per minute. During the outage, when the OP signs with a key that it
    /// does not publish, every login has a reason to fetch them. At any time, a rotation is also a reason, as is
    /// any response that makes the client suspect one.
    fn judge_key_fetches(&self) {
        let (outage, fetches) = (lock(&self.seen).outage.clone(), lock(&self.fetches).clone());
        let [begun, ended] = outage[..] else { panic!("there was no outage") };
        let op = self.server.op();
        let first = op.transcript().first().map_or(begun, |asked| asked.at);
        for (from, until) in [(begun, ended), (first, self.clock.now())] {
            let within = |time: UnixTime| from <= time && time <= until;
            let expired = op.transcript().iter();
            let expired = expired.filter(|asked| asked.request == faults::DISCOVERY);
            // Allow one per minute, and one whenever the metadata has expired, because the keys are
            // then fetched as well.
            let minutes = usize::try_from(until.since(from).as_secs() / 60).expect("a short time");
            let allowed = 1 + minutes + expired.filter(|asked| within(asked.at)).count();
            let fetched = fetches.iter().filter(|fetch| within(**fetch)).count();
            println!("{minutes} minutes, {allowed} key fetches allowed, {fetched} made");
            assert!(fetched <= allowed, "{fetched} key fetches within {minutes} minutes");
        }
    }

    /// Checks that no flow requests the keys while another flow is fetching them. All flows
    /// wait for that fetch. Two requests for keys are therefore at least a lease apart, unless the
    /// first was lost, or the keys had just expired, in which case no pause begins.
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
        println!("{} requests for keys, {near} of them soon after the previous one", keys.len());
        assert!(near <= expired, "{near} requests for keys were made during another key fetch");
    }

    /// Checks that the transport has released everything it held.
    fn judge_resources(&self, before: &Resources) {
        let begun = Instant::now();
        let mut after = Resources::now();
        while after.descriptors > before.descriptors && begun.elapsed() < CLOSING {
            thread::sleep(Duration::from_millis(10));
            after = Resources::now();
        }
        let warm = lock(&self.seen).warm.expect("most logins have ended");
        println!("{before:?}, then {warm:?}, and {after:?}");
        assert!(
            after.descriptors <= before.descriptors,
            "descriptors were leaked: {before:?} before, {after:?} after"
        );
        assert!(
            after.kibibytes <= warm.kibibytes + GROWTH,
            "memory has grown too much: from {warm:?} to {after:?}"
        );
    }
}
