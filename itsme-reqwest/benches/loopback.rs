//! Measures the CPU time that one warm login over loopback costs. Threads share a client, but each has its own runtime
//! and its own HTTP client, as in servers that run one thread per core. The OP's threads are not counted. See
//! `itsme-core/benches/README.md`.

#[path = "../../itsme-core/benches/threads.rs"]
mod threads;

use std::time::Duration;

use itsme_core::{AuthorizationRequest, LoginState, Timeouts};
use itsme_reqwest::{Client, Transport};
use itsme_testkit::{Clock, Person, Server};
use tokio::runtime::{Builder, Runtime};

use crate::threads::Worker;

struct Thread<'a> {
    server: &'a Server,
    itsme: Client,
    runtime: Runtime,
}

impl<'a> Thread<'a> {
    fn of(server: &'a Server, core: &itsme_core::Client) -> Self {
        let builder = reqwest::Client::builder().no_proxy();
        let transport = Transport::with_builder(builder, Timeouts::default()).expect("a client");
        let itsme = Client::with_transport(core.clone(), transport);
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { server, itsme, runtime }
    }
}

impl Worker for Thread<'_> {
    fn begin(&mut self, request: AuthorizationRequest) -> (String, LoginState) {
        let begun = self.runtime.block_on(self.itsme.authorize(request));
        let redirect = begun.expect("an authorization URL");
        (redirect.url, redirect.state)
    }

    fn approve(&mut self, url: &str) -> String {
        self.server.approve(url, &Person::ann())
    }

    fn finish(&mut self, state: LoginState, callback: String) -> Duration {
        let finished = self.runtime.block_on(self.itsme.finish_login(state, callback));
        finished.expect("a person");
        Duration::ZERO
    }
}

fn main() {
    // `cargo test --benches` runs this program as well, but needs no measurements.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let core = itsme_core::Client::new(server.settings()).expect("the settings are sound");
    threads::table("`itsme-reqwest`", || Thread::of(&server, &core));
}
