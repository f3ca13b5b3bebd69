//! Both keys are replaced while 64 people at once log in, in threads.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    thread,
    time::{Duration, Instant},
};

use itsme_core::{AuthorizationRequest, Scope, Timeouts};
use itsme_testkit::{Clock, Person, SERVICE, Server, private_keys};
use itsme_ureq::{Client, Transport};

const AT_ONCE: usize = 64;

/// Waits until everybody can have begun and ended a login.
fn logins_after(done: &AtomicUsize) {
    let (target, begun) = (done.load(SeqCst) + 2 * AT_ONCE, Instant::now());
    while done.load(SeqCst) < target {
        assert!(begun.elapsed() < Duration::from_secs(60), "nobody logs in any more");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn nobody_is_lost() {
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let agent = ureq::Agent::config_builder().proxy(None).build().into();
    let transport = Transport::with_agent(agent, Timeouts::default());
    let core = itsme_core::Client::new(server.settings()).expect("the settings are sound");
    let itsme = Client::with_transport(core, transport);
    let (done, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let log_in = || {
        let login = AuthorizationRequest::login(SERVICE).scope(Scope::Email);
        let login = itsme.authorize(login.as_request_object()).expect("an authorization URL");
        let callback = server.approve(&login.url, &Person::ann());
        itsme.finish_login(login.state, callback).expect("a person");
        done.fetch_add(1, SeqCst);
    };
    thread::scope(|scope| {
        let people: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                scope.spawn(|| {
                    while !over.load(SeqCst) {
                        log_in();
                    }
                })
            })
            .collect();
        let replace = |keys: &itsme_core::PrivateKeys| {
            itsme.core().replace_keys(keys.clone()).expect("it has keys");
            logins_after(&done);
            // The OP fetches what is published, later.
            server.op().publish(&keys.public_jwks());
            logins_after(&done);
        };
        logins_after(&done);
        let old = private_keys();
        let both = old.with_new_encryption_key().and_then(|keys| keys.with_new_signing_key());
        let both = both.expect("keys");
        replace(&both);
        let signing = both.signing_with(both.signing_kids().last().expect("two")).expect("it is");
        replace(&signing);
        let gone = old.signing_kids().into_iter().chain(old.encryption_kids());
        let new = gone.fold(signing.clone(), |keys, kid| keys.without(kid).expect("it was there"));
        replace(&new);
        itsme.core().forget_old_keys();
        logins_after(&done);
        over.store(true, SeqCst);
        let lost = people.into_iter().filter_map(|person| person.join().err()).count();
        assert_eq!(lost, 0, "of {AT_ONCE}");
    });
    assert!(done.load(SeqCst) >= 14 * AT_ONCE);
}
