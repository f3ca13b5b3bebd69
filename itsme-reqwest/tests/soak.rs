//! Many users at the same time, with rotating keys and faults, for a few seconds.

use itsme_core::Timeouts;
use itsme_reqwest::Transport;
use itsme_testkit::soak::{Soak, Visitor};

async fn log_in_again_and_again(
    transport: Transport,
    client: itsme_core::Client,
    mut visitor: Visitor,
) {
    while let Some(pause) = visitor.next_pause() {
        tokio::time::sleep(pause).await;
        let login = transport.run_in(client.authorize(visitor.login()), visitor.env()).await;
        let who = match login {
            Ok(login) => {
                let callback = visitor.approve(&login.url);
                transport.run_in(client.finish_login(login.state, callback), visitor.env()).await
            }
            Err(error) => Err(error),
        };
        visitor.note(who);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_log_in_while_keys_rotate_and_answers_fail() {
    let mut soak = Soak::start();
    let builder = reqwest::Client::builder().no_proxy();
    let transport = Transport::with_builder(builder, Timeouts::default()).expect("a client");
    for visitor in soak.visitors() {
        tokio::spawn(log_in_again_and_again(transport.clone(), soak.client(), visitor));
    }
    drop(transport);
    soak.finish();
}
