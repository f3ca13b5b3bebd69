//! The log lines that an application gets for a whole login.

#[path = "../../itsme-testkit/tests/secrecy/events.rs"]
mod events;
#[path = "../../itsme-testkit/tests/secrecy/log.rs"]
mod log;

use std::sync::atomic::{AtomicBool, Ordering};

use events::{KEYS_OUTSIDE, LOGIN, events};
use itsme_core::{AuthorizationRequest, Scope, Timeouts};
use itsme_testkit::{Clock, FakeKms, Person, Reaction, SERVICE, Server, Wire};
use itsme_ureq::{Client, KeyHolder, Transport};
use log::Log;

#[test]
fn a_login_is_a_span_for_each_flow_and_an_event_for_each_request() {
    let log = Log::start();
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let agent = ureq::Agent::config_builder().proxy(None).build().new_agent();
    let transport = Transport::with_agent(agent, Timeouts::default());
    let core = itsme_core::Client::new(server.settings()).expect("the settings are sound");
    let itsme = Client::with_transport(core, transport);

    server.op().react("/jwkSet", Reaction::Wire(Wire::Closed { after: 0 }));
    let login = itsme
        .authorize(AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo())
        .expect("a URL");
    let callback = server.approve(&login.url, &Person::ann());
    itsme.finish_login(login.state, callback).expect("a person");
    let page = http::Response::builder().status(503).body(Vec::new()).expect("a response");
    server.op().react("/.well-known/openid-configuration", Reaction::Reply(page));
    itsme.refresh().expect_err("the OP is in trouble");

    assert_eq!(events(&log), LOGIN);

    // Log in again, now with external keys.
    let asked = AtomicBool::new(false);
    let holder = KeyHolder::new(move |operation| {
        let again = asked.swap(true, Ordering::SeqCst);
        if again {
            return FakeKms::new().use_key(&operation);
        }
        FakeKms::new().client().outcome(Some(FakeKms::error(429, "Throttled")))
    });
    let settings = server.op().settings_with(FakeKms::new().keys());
    let core = itsme.core().sibling(settings).expect("the settings are sound");
    let itsme = Client::with_transport(core, itsme.transport().clone()).key_holder(holder);
    let login = itsme.authorize(AuthorizationRequest::login(SERVICE)).expect("a URL");
    let callback = server.approve(&login.url, &Person::ann());
    itsme.finish_login(login.state, callback).expect("a person");
    assert_eq!(events(&log)[LOGIN.len()..], KEYS_OUTSIDE);
}
