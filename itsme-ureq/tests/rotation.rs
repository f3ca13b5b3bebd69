//! Replaces both keys while 64 users are logging in at the same time, in threads.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    thread,
    time::{Duration, Instant},
};

use itsme_core::{AuthorizationRequest, PrivateKeys, Scope, Timeouts};
use itsme_testkit::{Clock, KmsServer, Person, SERVICE, Server, private_keys};
use itsme_ureq::{Client, KeyHolder, Transport};

const AT_ONCE: usize = 64;

/// Tells all threads to stop when it is dropped, even if the test fails.
struct Closing<'a>(&'a AtomicBool);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

/// Waits long enough for every user to have started and finished a login.
fn logins_after(done: &AtomicUsize) {
    let (target, begun) = (done.load(SeqCst) + 2 * AT_ONCE, Instant::now());
    while done.load(SeqCst) < target {
        assert!(begun.elapsed() < Duration::from_secs(60), "logins have stopped");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Adds two new keys, then signs with the new one, then removes the old ones. The client gets the
/// keys of each step first, and the OP fetches them later.
fn rotate(server: &Server, itsme: &Client, steps: &[PrivateKeys]) {
    let (done, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let log_in = || {
        let login = AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo();
        let login = itsme.authorize(login.as_request_object()).expect("an authorization URL");
        let callback = server.approve(&login.url, &Person::ann());
        itsme.finish_login(login.state, callback).expect("a person");
        done.fetch_add(1, SeqCst);
    };
    thread::scope(|scope| {
        let _closing = Closing(&over);
        let people: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                scope.spawn(|| {
                    while !over.load(SeqCst) {
                        log_in();
                    }
                })
            })
            .collect();
        logins_after(&done);
        for keys in steps {
            itsme.replace_keys(keys.clone()).expect("it has keys");
            logins_after(&done);
            // The OP fetches the published keys later.
            server.op().publish(&keys.public_jwks());
            logins_after(&done);
        }
        itsme.forget_old_keys();
        logins_after(&done);
        over.store(true, SeqCst);
        let lost = people.into_iter().filter_map(|person| person.join().err()).count();
        assert_eq!(lost, 0, "of {AT_ONCE}");
    });
    assert!(done.load(SeqCst) >= 2 * (steps.len() * 2 + 2) * AT_ONCE);
}

fn client(server: &Server) -> Client {
    let agent = ureq::Agent::config_builder().proxy(None).build().into();
    let transport = Transport::with_agent(agent, Timeouts::default());
    let core = itsme_core::Client::new(server.settings()).expect("the settings are sound");
    Client::with_transport(core, transport)
}

#[test]
fn nobody_is_lost() {
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let old = private_keys();
    let both = old.with_new_encryption_key().and_then(|keys| keys.with_new_signing_key());
    let both = both.expect("keys");
    let signing = both.signing_with(both.signing_kids()[1]).expect("it is there");
    let gone = old.signing_kids().into_iter().chain(old.encryption_kids());
    let new = gone.fold(signing.clone(), |keys, kid| keys.without(kid).expect("it was there"));
    rotate(&server, &client(&server), &[both, signing, new]);
}

#[test]
fn nobody_is_lost_on_the_way_to_a_kms() {
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let kms = KmsServer::start().expect("loopback has a free port");
    let cloud = kms.kms().client();
    let agent = ureq::Agent::config_builder().proxy(None).build().into();
    let transport = Transport::with_agent(agent, Timeouts::default());
    let holder = KeyHolder::new(move |operation| {
        cloud.outcome(transport.send(cloud.request(&operation)).ok())
    });
    let itsme = client(&server).key_holder(holder.timeout(Duration::from_secs(30)));
    let outside = kms.kms().keys();
    let both = private_keys().with_external(&outside.public_jwks()).expect("keys");
    let signing = both.signing_with("kms-sig-1").expect("it is there");
    rotate(&server, &itsme, &[both, signing, outside]);
    assert!(kms.kms().calls().len() > AT_ONCE);
}
