//! External keys, used from within threads.

use std::{
    cell::RefCell,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use itsme_core::{
    AuthorizationRequest, DriveError, KeyFailure, KeyOperation, KeyResult, LoggedIn, Timeouts,
};
use itsme_testkit::{Clock, FakeKms, Person, SERVICE, Server};
use itsme_ureq::{Client, Error, KeyHolder, KeyHolderError, Transport};

fn client(server: &Server, holder: KeyHolder) -> Client {
    let settings = server.op().settings_with(FakeKms::new().keys());
    let agent = ureq::Agent::config_builder().proxy(None).build().new_agent();
    let transport = Transport::with_agent(agent, Timeouts::default());
    let core = itsme_core::Client::new(settings).expect("the settings are sound");
    Client::with_transport(core, transport).key_holder(holder)
}

fn server() -> Server {
    Server::start(Clock::system()).expect("loopback has a free port")
}

fn log_in(itsme: &Client, server: &Server) -> Result<LoggedIn, Error> {
    let login = itsme.authorize(AuthorizationRequest::login(SERVICE))?;
    let callback = server.approve(&login.url, &Person::ann());
    itsme.finish_login(login.state, callback)
}

fn honest(operation: &KeyOperation) -> KeyResult {
    FakeKms::new().use_key(operation)
}

/// Runs a login that fails because of its key holder. Returns the failure, the key holder's error, and how long the
/// login took to fail.
fn failing(
    holder: impl Fn(&KeyOperation) -> KeyResult + Send + Sync + 'static,
) -> (KeyFailure, Option<KeyHolderError>, Duration) {
    let server = server();
    let holder = KeyHolder::new(move |operation| holder(&operation));
    let itsme = client(&server, holder.timeout(Duration::from_millis(200)));
    itsme.refresh().expect("the OP answers");
    let begun = Instant::now();
    match log_in(&itsme, &server).expect_err("the key does nothing") {
        DriveError::Key { failure, source, .. } => {
            (failure, source.downcast().ok().map(|error| *error), begun.elapsed())
        }
        other => panic!("not {other}"),
    }
}

#[test]
fn a_hung_holder_is_waited_for_as_long_as_was_said() {
    let (failure, error, took) = failing(|operation| {
        thread::sleep(Duration::from_secs(60));
        honest(operation)
    });
    assert_eq!(failure, KeyFailure::Unavailable);
    assert!(matches!(error, Some(KeyHolderError::Timeout { .. })));
    // The time includes two attempts and the pause between them.
    let bounds = Duration::from_millis(900)..Duration::from_secs(30);
    assert!(bounds.contains(&took), "{took:?}");
}

/// An HSM that hangs blocks at most 64 threads. Further operations fail immediately.
#[test]
fn operations_that_hang_do_not_pile_up() {
    let server = server();
    let holder = KeyHolder::new(|operation| {
        thread::sleep(Duration::from_secs(60));
        honest(&operation)
    });
    let itsme = client(&server, holder.timeout(Duration::from_millis(50)));
    itsme.refresh().expect("the OP answers");
    let said = |itsme: &Client| match log_in(itsme, &server).expect_err("the key hangs") {
        DriveError::Key { source, .. } => source.to_string(),
        other => panic!("not {other}"),
    };
    thread::scope(|scope| {
        let hanging: Vec<_> = (0..32).map(|_| scope.spawn(|| said(&itsme))).collect();
        for login in hanging {
            assert!(login.join().expect("no panic").contains("did not respond within"));
        }
    });
    assert!(said(&itsme).contains("already has 64 operations in progress"));
}

#[test]
fn a_holder_that_panics_ends_the_flow_and_no_more() {
    let (failure, error, _) = failing(|_| panic!("a mistake in the holder"));
    assert_eq!(failure, KeyFailure::Refused);
    assert!(matches!(error, Some(KeyHolderError::Panicked)));
}

/// If a thread outlived its operation, it could still be holding an HSM session while the process exits.
#[test]
fn the_thread_of_an_operation_ends_with_it() {
    struct Ends(mpsc::Sender<()>);
    impl Drop for Ends {
        fn drop(&mut self) {
            thread::sleep(Duration::from_millis(300));
            self.0.send(()).expect("the test is waiting");
        }
    }
    thread_local!(static LAST: RefCell<Option<Ends>> = const { RefCell::new(None) });

    let (ends, ended) = mpsc::channel();
    let server = server();
    let itsme = client(
        &server,
        KeyHolder::new(move |operation| {
            LAST.set(Some(Ends(ends.clone())));
            honest(&operation)
        }),
    );
    log_in(&itsme, &server).expect("a login");
    drop(itsme);
    let signed_and_unwrapped = 2;
    assert!(ended.try_iter().count() >= signed_and_unwrapped);
    assert_eq!(ended.recv(), Err(mpsc::RecvError), "the function was dropped");
}
