//! Many users at the same time, with rotating keys and faults, for a few seconds.

use std::thread;

use itsme_core::Timeouts;
use itsme_testkit::soak::{Soak, Visitor};
use itsme_ureq::Transport;
use ureq::Agent;

fn log_in_again_and_again(
    transport: &Transport,
    client: &itsme_core::Client,
    mut visitor: Visitor,
) {
    while let Some(pause) = visitor.next_pause() {
        thread::sleep(pause);
        let login = transport.run_in(client.authorize(visitor.login()), visitor.env());
        let who = login.and_then(|login| {
            let callback = visitor.approve(&login.url);
            transport.run_in(client.finish_login(login.state, callback), visitor.env())
        });
        visitor.note(who);
    }
}

#[test]
fn threads_log_in_while_keys_rotate_and_answers_fail() {
    let mut soak = Soak::start();
    let agent: Agent = Agent::config_builder().proxy(None).build().into();
    let transport = Transport::with_agent(agent, Timeouts::default());
    for visitor in soak.visitors() {
        let (transport, client) = (transport.clone(), soak.client());
        thread::spawn(move || log_in_again_and_again(&transport, &client, visitor));
    }
    drop(transport);
    soak.finish();
}
