//! How memory and time develop with many pending logins, threads and clients: Markdown tables for scale.md. See
//! README.md.

mod memory;
mod threads;

use std::time::Duration;

use cpu_time::ThreadTime;
use itsme_core::{
    AuthorizationRequest, Client, Environment, Flow, LoginState, PrivateKeys, Request, Settings,
    drive,
};
use itsme_testkit::{Clock, FakeOp, Person, RegisteredClient, SERVICE, private_jwks};

use crate::threads::{Worker, log_in};

/// A client, and an OP of this thread's own, in memory.
struct InMemory {
    client: Client,
    op: FakeOp,
    clock: Clock,
}

impl InMemory {
    /// A client that knows the OP.
    fn new() -> Self {
        let clock = Clock::system();
        let op = FakeOp::new(clock.clone());
        let client = Client::new(op.settings()).expect("the settings are sound");
        let mut this = Self { client, op, clock };
        this.play(this.client.refresh());
        this
    }

    /// Another thread's part. The OPs of all threads have the same keys.
    fn beside(client: &Client) -> Self {
        let clock = Clock::system();
        Self { client: client.clone(), op: FakeOp::new(clock.clone()), clock }
    }

    /// The result of a flow, and how much of the time was the OP's.
    fn play<T>(&mut self, flow: Flow<T>) -> (T, Duration) {
        let mut not_ours = Duration::ZERO;
        let send = |request: Request| {
            let start = ThreadTime::now();
            let answer = self.op.handle(request).map_err(|why| (why, why));
            not_ours += start.elapsed();
            answer
        };
        (drive(flow, &mut self.clock, send, |_| {}).expect("nothing goes wrong"), not_ours)
    }
}

impl Worker for InMemory {
    fn begin(&mut self, request: AuthorizationRequest) -> (String, LoginState) {
        let (redirect, _) = self.play(self.client.authorize(request));
        (redirect.url, redirect.state)
    }

    fn approve(&mut self, url: &str) -> String {
        self.op.approve(url, &Person::ann())
    }

    fn finish(&mut self, state: LoginState, callback: String) -> Duration {
        self.play(self.client.finish_login(state, callback)).1
    }
}

/// Logins at one client after the other, all of the same OP.
fn siblings() {
    const MOST: usize = 1_000;
    let mut worker = InMemory::new();
    let public = PrivateKeys::from_json(private_jwks()).expect("keys").public_jwks();
    let sibling = |number| {
        let client_id = format!("TENANT_{number}");
        let redirect_uri = "https://rp.example/itsme/callback";
        let registered = RegisteredClient::new(&client_id, &public);
        worker.op.register(registered.service(SERVICE).redirect_uri(redirect_uri));
        let environment = Environment::custom(worker.op.issuer());
        let keys = PrivateKeys::from_json(private_jwks()).expect("keys");
        let settings = Settings::new(client_id, keys, environment);
        worker.client.sibling(settings.redirect_uri(redirect_uri)).expect("the same environment")
    };
    let before = memory::resident();
    let siblings: Vec<Client> = (0..MOST).map(sibling).collect();
    let each = memory::resident().zip(before).map(|(after, before)| (after - before) / MOST as u64);
    let each = each.map_or("?".to_owned(), |bytes| format!("{} KB", bytes / 1024));
    println!("\n| clients of one OP, in turn | CPU per login | against one client |");
    println!("|---|---|---|");
    let mut log_in_at = |client: &Client| {
        worker.client = client.clone();
        log_in(&mut worker)
    };
    for client in &siblings {
        log_in_at(client);
    }
    let mut one = None;
    for number in [1, 10, 100, MOST] {
        let turns = siblings[..number].iter().cycle().take(2 * MOST);
        let cpu: Duration = turns.map(&mut log_in_at).sum();
        let cpu = cpu.as_secs_f64() / (2 * MOST) as f64;
        let ratio = cpu / *one.get_or_insert(cpu);
        println!("| {number} | {:.0} µs | {ratio:.2} |", cpu * 1e6);
    }
    println!(
        "\nA sibling with three keys of its own takes {each}, including the fake OP's record of it."
    );
}

fn main() {
    // `cargo test --benches` runs this too, but wants no measurements.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    memory::table();
    siblings();
    println!("\n{}", threads::HEADER);
    let InMemory { client, .. } = InMemory::new();
    threads::table("in memory", || InMemory::beside(&client));
}
