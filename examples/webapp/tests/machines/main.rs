//! Two instances of the web application on PostgreSQL behind nginx, and 32 browsers that log people
//! in while an instance is killed and the database restarted. `run`, next to this file, starts
//! PostgreSQL.

mod crowd;
#[path = "../instances/database.rs"]
mod database;
#[path = "../instances/fleet.rs"]
#[allow(dead_code, reason = "one key is enough here")]
mod fleet;
#[path = "../program/port.rs"]
mod port;
#[path = "../program/mod.rs"]
#[allow(dead_code, reason = "the fake itsme is the test's own")]
mod program;
mod proxy;

use std::{
    collections::HashSet,
    env,
    process::Command,
    sync::atomic::Ordering,
    thread,
    time::{Duration, Instant},
};

use itsme_testkit::{Browser, Clock, Server};

use self::{
    crowd::{Attempt, Crowd},
    fleet::Fleet,
    proxy::{Passed, Proxy},
};

const LOGINS: usize = 500;
const BROWSERS: usize = 32;
/// Logins that were not affected must all succeed. The killed instance and the outage each affect one per browser at most.
const FEWEST: usize = LOGINS - 2 * BROWSERS;
/// Set by `run`: the command that stops and starts the database server, and returns when that is
/// done.
const SERVER: &str = "WEBAPP_TEST_SERVER";

fn server(arguments: &str) {
    let server = env::var(SERVER).expect("tests/machines/run starts this test");
    let command = format!("{server} {arguments}");
    let ended = Command::new("bash").args(["-euo", "pipefail", "-c", &command]).status();
    assert!(ended.expect("bash").success(), "{command}");
}

/// What an instance reports, once it reports this about its database.
fn readiness(instance: &str, database: bool) -> u16 {
    for _ in 0..100 {
        let page = Browser::new(instance).open("/health/ready").expect("it answers");
        if page.text.contains(&format!("\"database\":{database}")) {
            return page.status;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("its database is not {database} in ten seconds");
}

#[test]
fn logins_survive_a_killed_instance_and_a_restarted_database() {
    let op = Server::start_on_localhost(0, Clock::system()).expect("loopback");
    let port = port::free();
    let address = format!("http://127.0.0.1:{port}");
    let fleet = Fleet::at(&address, "crowd", &op);
    let (mut one, two) = (fleet.start(), fleet.start());
    let proxy = Proxy::start(port, &[&one.address, &two.address]);
    let crowd = Crowd::new(&address, &op);

    let begun = Instant::now();
    let (attempts, killed, restarted) = thread::scope(|scope| {
        let browsers: Vec<_> =
            (0..BROWSERS).map(|_| scope.spawn(|| crowd.log_in_until(LOGINS))).collect();
        crowd.wait_for(LOGINS / 2);
        let killed = Instant::now();
        one.kill();
        crowd.wait_for(LOGINS * 7 / 10);
        let restarting = Instant::now();
        crowd.outage.store(true, Ordering::Relaxed);
        server("restart --mode fast");
        crowd.outage.store(false, Ordering::Relaxed);
        let restarted = (restarting, Instant::now());
        let attempts = browsers.into_iter().flat_map(|it| it.join().expect("no panic"));
        (attempts.collect::<Vec<_>>(), killed, restarted)
    });
    let took = begun.elapsed();

    assert_eq!(attempts.len(), LOGINS);
    let passed = proxy.passed();
    let [one_at, two_at] =
        [&one, &two].map(|it| it.address.trim_start_matches("http://").to_owned());
    // Affected are those at the instance when it was killed, and those during the database's
    // restart.
    let was_at_the_killed = |it: &Attempt| {
        let Some(state) = &it.state else { return false };
        passed.iter().any(|it| it.finishes(state) && it.instances.contains(&one_at))
    };
    let excused = |it: &Attempt| {
        it.is_under_way_at(restarted.0, restarted.1)
            || it.is_under_way_at(killed, killed) && was_at_the_killed(it)
    };
    let (done, failed): (Vec<_>, Vec<_>) = attempts.iter().partition(|it| it.error.is_none());
    for failure in &failed {
        assert!(excused(failure), "{}: {:?}", failure.person, failure.error);
    }
    assert!(done.len() >= FEWEST, "{} of {LOGINS}", done.len());

    // Both instances served, and logins moved between them.
    let crossed = done.iter().filter(|it| {
        let state = it.state.as_deref().expect("it was begun");
        let at = |is: fn(&Passed, &str) -> bool| {
            passed.iter().find(|it| is(it, state)).map(|it| it.instances.last())
        };
        at(Passed::begins) != at(Passed::finishes)
    });
    let crossed = crossed.count();
    for instance in [&one_at, &two_at] {
        let served = passed.iter().filter(|it| it.instances.last() == Some(instance)).count();
        assert!(served > LOGINS / 4, "{instance} served {served} requests");
    }
    assert!(crossed > LOGINS / 10, "{crossed} logins went from one instance to the other");

    // Those who were told to start again do so, and succeed.
    for failure in &failed {
        let again = crowd.log_in(&failure.person);
        assert!(again.error.is_none(), "{}: {:?}", again.person, again.error);
    }
    let accounts = database::texts(fleet.database(), "SELECT sub || ' ' || name FROM account");
    let expected: HashSet<_> = attempts.iter().map(|it| crowd.account_of(&it.person)).collect();
    assert_eq!((accounts.len(), expected.len()), (LOGINS, LOGINS));
    assert_eq!(accounts.into_iter().collect::<HashSet<_>>(), expected);

    assert_eq!(readiness(&two.address, true), 200);
    server("stop --mode fast");
    assert_eq!(readiness(&two.address, false), 503);
    server("start");
    assert_eq!(readiness(&two.address, true), 200);

    let mut times: Vec<Duration> = done.iter().map(|it| it.ended - it.begun).collect();
    times.sort();
    let percentile = |of: usize| times[(times.len() - 1) * of / 100].as_millis();
    println!(
        "{} of {LOGINS} logins completed at the first try, {:.1} a second with {BROWSERS} browsers; \
         {crossed} went from one instance to the other; a login took {} ms (median), {} ms (99th percentile), {} ms at most; the database was away for {} ms",
        done.len(),
        LOGINS as f64 / took.as_secs_f64(),
        percentile(50),
        percentile(99),
        percentile(100),
        (restarted.1 - restarted.0).as_millis(),
    );
}
