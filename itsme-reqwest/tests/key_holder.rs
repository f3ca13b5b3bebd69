//! External keys, used from within the async runtime.

use std::{
    future::pending,
    time::{Duration, Instant},
};

use itsme_core::{AuthorizationRequest, DriveError, KeyFailure, LoggedIn, Timeouts};
use itsme_reqwest::{Client, Error, KeyHolder, KeyTimeout, Transport};
use itsme_testkit::{Clock, FakeKms, Person, SERVICE, Server};

fn client(server: &Server, holder: KeyHolder) -> Client {
    let settings = server.op().settings_with(FakeKms::new().keys());
    let builder = reqwest::Client::builder().no_proxy();
    let transport = Transport::with_builder(builder, Timeouts::default()).expect("a client");
    let core = itsme_core::Client::new(settings).expect("the settings are sound");
    Client::with_transport(core, transport).key_holder(holder)
}

async fn log_in(itsme: &Client, server: &Server) -> Result<LoggedIn, Error> {
    let login = itsme.authorize(AuthorizationRequest::login(SERVICE)).await?;
    let callback = server.approve(&login.url, &Person::ann());
    itsme.finish_login(login.state, callback).await
}

#[tokio::test]
async fn a_hung_holder_is_waited_for_as_long_as_was_said() {
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let holder = KeyHolder::new(|_| pending()).timeout(Duration::from_millis(200));
    let itsme = client(&server, holder);
    itsme.refresh().await.expect("the OP responds");
    let begun = Instant::now();
    let error = log_in(&itsme, &server).await.expect_err("the key holder never responds");
    let DriveError::Key { failure, source, .. } = error else { panic!("not {error}") };
    assert_eq!(failure, KeyFailure::Unavailable);
    assert!(source.is::<KeyTimeout>(), "{source}");
    // The time includes two attempts and the pause between them.
    let took = begun.elapsed();
    assert!((Duration::from_millis(900)..Duration::from_secs(30)).contains(&took), "{took:?}");
}
