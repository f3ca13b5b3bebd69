//! Warm logins over loopback, in one thread: what one costs it in CPU time. The OP is in another
//! thread, whose time does not count. See `itsme-core/benches/README.md`.

use cpu_time::ThreadTime;
use itsme_core::{AuthorizationRequest, Claim, Timeouts};
use itsme_testkit::{Clock, Person, SERVICE, Server};
use itsme_ureq::{Client, Transport};

const LOGINS: usize = 600;

fn main() {
    // `cargo test --benches` runs this, too, and wants no measurements.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let agent = ureq::Agent::config_builder().proxy(None).build().into();
    let transport = Transport::with_agent(agent, Timeouts::default());
    let core = itsme_core::Client::new(server.settings()).expect("the settings are sound");
    let itsme = Client::with_transport(core, transport);
    let log_in = |_| {
        let request = AuthorizationRequest::login(SERVICE)
            .claim(Claim::Name)
            .claim(Claim::Birthdate)
            .claim(Claim::Email);
        let start = ThreadTime::now();
        let login = itsme.authorize(request).expect("an authorization URL");
        let begun = start.elapsed();
        let callback = server.approve(&login.url, &Person::ann());
        let start = ThreadTime::now();
        itsme.finish_login(login.state, callback).expect("a person");
        begun + start.elapsed()
    };
    let mut times: Vec<_> = (0..LOGINS).map(log_in).collect();
    times.sort();
    let median = times[LOGINS / 2].as_secs_f64();
    println!("(8) warm login over loopback, itsme-ureq ({LOGINS} logins)");
    println!("    {:.1} µs, {:.0} logins per CPU second", median * 1e6, 1.0 / median);
}
