//! Measures the CPU time that one warm login over loopback costs. Threads share a client. The OP's threads are not
//! counted. See `itsme-core/benches/README.md`.

#[path = "../../itsme-core/benches/threads.rs"]
mod threads;

use std::time::Duration;

use itsme_core::{AuthorizationRequest, LoginState, Timeouts};
use itsme_testkit::{Clock, Person, Server};
use itsme_ureq::{Client, Transport};

use crate::threads::Worker;

struct Thread<'a> {
    server: &'a Server,
    itsme: Client,
}

impl Worker for Thread<'_> {
    fn begin(&mut self, request: AuthorizationRequest) -> (String, LoginState) {
        let redirect = self.itsme.authorize(request).expect("an authorization URL");
        (redirect.url, redirect.state)
    }

    fn approve(&mut self, url: &str) -> String {
        self.server.approve(url, &Person::ann())
    }

    fn finish(&mut self, state: LoginState, callback: String) -> Duration {
        self.itsme.finish_login(state, callback).expect("a person");
        Duration::ZERO
    }
}

fn main() {
    // `cargo test --benches` runs this program as well, but needs no measurements.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let agent = ureq::Agent::config_builder().proxy(None).build().into();
    let transport = Transport::with_agent(agent, Timeouts::default());
    let core = itsme_core::Client::new(server.settings()).expect("the settings are sound");
    let itsme = Client::with_transport(core, transport);
    threads::table("`itsme-ureq`", || Thread { server: &server, itsme: itsme.clone() });
}
