//! Warm logins over loopback, in one thread: what one costs it in CPU time. The OP is in another
//! thread, whose time does not count. See `itsme-core/benches/README.md`.

use std::time::Duration;

use cpu_time::ThreadTime;
use itsme_core::{AuthorizationRequest, Claim, Timeouts};
use itsme_reqwest::{Client, Transport};
use itsme_testkit::{Clock, Person, SERVICE, Server};

const LOGINS: usize = 600;

fn main() {
    // `cargo test --benches` runs this, too, and wants no measurements.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let mut times = runtime.expect("a runtime").block_on(log_in());
    times.sort();
    let median = times[times.len() / 2].as_secs_f64();
    println!("(8) warm login over loopback, itsme-reqwest ({LOGINS} logins)");
    println!("    {:.1} µs, {:.0} logins per CPU second", median * 1e6, 1.0 / median);
}

async fn log_in() -> Vec<Duration> {
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let builder = reqwest::Client::builder().no_proxy();
    let transport = Transport::with_builder(builder, Timeouts::default()).expect("a client");
    let core = itsme_core::Client::new(server.settings()).expect("the settings are sound");
    let itsme = Client::with_transport(core, transport);
    let mut times = Vec::new();
    for _ in 0..LOGINS {
        let request = AuthorizationRequest::login(SERVICE)
            .claim(Claim::Name)
            .claim(Claim::Birthdate)
            .claim(Claim::Email);
        let start = ThreadTime::now();
        let login = itsme.authorize(request).await.expect("an authorization URL");
        let begun = start.elapsed();
        let callback = server.approve(&login.url, &Person::ann());
        let start = ThreadTime::now();
        itsme.finish_login(login.state, callback).await.expect("a person");
        times.push(begun + start.elapsed());
    }
    times
}
