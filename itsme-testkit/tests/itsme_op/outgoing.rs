//! Tests of the requests that the program sends to an application: for its keys, and pings.

use std::{thread, time::Duration};

use http::header;
use itsme_core::{AuthorizationRequest, BackchannelRequest, Ping};
use itsme_testkit::{FakeOp, Person, World};

use crate::{
    application::{Application, REDIRECT_URI, configuration, start},
    sandbox,
};

#[test]
fn keys_that_should_not_be_published_are_refused() {
    let application = Application::start();
    let file = configuration(&application.address, "private", "/private");
    let words = sandbox::first_words(&["--config", &file]);
    let refused = format!("no keys at {}/private: it contains private keys", application.address);
    assert!(words.contains(&refused), "{words}");
}

#[test]
fn a_decision_is_followed_by_a_ping() {
    let application = Application::start();
    let sandbox = start(&application.address, "pings", "/jwks");
    let client = sandbox.pinged_client("MINE", REDIRECT_URI);
    let ann = FakeOp::new(World::new().clock()).pairwise_sub("MINE", &Person::ann());
    let request = BackchannelRequest::known_user(ann, AuthorizationRequest::login("MY_LOGIN"));
    // The application signs the request with the keys that the OP has fetched.
    let ticket = sandbox.play(client.start_backchannel(request));
    let phone = format!("{}/phone", sandbox.issuer);
    sandbox.submit(&phone, sandbox.get(&phone).form("Approve", &[]));

    let posted = application.posted();
    assert_eq!(posted.uri().path(), "/ping");
    assert!(posted.headers().contains_key(header::AUTHORIZATION));
    let ping = Ping::read(&posted).expect("a ping");
    assert_eq!(ping.auth_req_id(), ticket.auth_req_id());

    let journal = format!("{}/journal", sandbox.issuer);
    let noted = format!("{}/ping</a></td><td>202</td>", application.address);
    let is_noted = || sandbox.get(&journal).body.contains(&noted);
    let mut looks = (0..100).map(|_| thread::sleep(Duration::from_millis(100)));
    assert!(looks.any(|()| is_noted()), "no {noted} in {}", sandbox.get(&journal).body);
}
