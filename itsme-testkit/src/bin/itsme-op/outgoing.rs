//! Requests that the OP sends: it fetches clients' published keys and hosted request objects, and
//! sends pings.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use itsme_core::{Request, Response};
use itsme_testkit::Server;
use ureq::Agent;

use crate::{reach::Reach, registry::Published};

/// How long the OP waits for a response.
const PATIENCE: Duration = Duration::from_secs(3);
/// The pause between fetches of published keys. They are fetched repeatedly because an
/// application may start later than the OP, or rotate its keys.
const BETWEEN_FETCHES: Duration = Duration::from_secs(2);
/// The pause between checks for pings to send.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
const MAX_BODY: u64 = 1024 * 1024;

/// The sending end of the watch list, to which clients with published keys are added.
pub struct Watch(Sender<Published>);

/// The sending and receiving ends of the watch list.
pub fn watch() -> (Watch, Receiver<Published>) {
    let (add, added) = mpsc::channel();
    (Watch(add), added)
}

impl Watch {
    /// Adds a client. Its keys are fetched for the first time immediately.
    pub fn add(&self, published: Published) {
        // The receiving thread lives as long as the program.
        let _ = self.0.send(published);
    }
}

/// Fetches the clients' keys now, then repeatedly in a thread.
pub fn keep_up(
    server: &Arc<Server>,
    published: Vec<Published>,
    added: Receiver<Published>,
    reach: &Reach,
) -> io::Result<()> {
    let (server, reach) = (Arc::clone(server), reach.clone());
    let mut watched: Vec<Watched> = published.into_iter().map(Watched::new).collect();
    watched.iter_mut().for_each(|it| it.fetch(&server, &reach));
    thread::Builder::new().name("published keys".to_owned()).spawn(move || {
        loop {
            match added.recv_timeout(BETWEEN_FETCHES) {
                Ok(published) => watched.push(Watched::new(published)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            watched.retain(|it| !it.published.is_retired());
            watched.iter_mut().for_each(|it| it.fetch(&server, &reach));
        }
    })?;
    Ok(())
}

/// Sends pings to the clients' notification endpoints, each from its own thread, and records the
/// responses.
pub fn send_pings(server: &Arc<Server>, reach: &Reach) -> io::Result<()> {
    let (server, reach) = (Arc::clone(server), reach.clone());
    thread::Builder::new().name("pings".to_owned()).spawn(move || {
        loop {
            let pings = server.op().pings();
            for ping in pings {
                let (server, reach) = (Arc::clone(&server), reach.clone());
                thread::spawn(move || {
                    let outcome = match send(ping.clone(), &reach) {
                        Ok(answer) => answer.status().as_u16().to_string(),
                        Err(reason) => reason,
                    };
                    server.op().note_in_journal(&ping, &outcome);
                });
            }
            thread::sleep(BETWEEN_LOOKS);
        }
    })?;
    Ok(())
}

/// A client whose keys are fetched, and the result of the last fetch.
struct Watched {
    published: Published,
    last: Option<Result<String, String>>,
}

impl Watched {
    fn new(published: Published) -> Self {
        Self { published, last: None }
    }

    /// Fetches the keys and reports changes. Known keys stay in use until valid new ones arrive.
    fn fetch(&mut self, server: &Server, reach: &Reach) {
        let address = &self.published.jwks_uri;
        let fetched = get(address, reach).and_then(|response| match response.status().as_u16() {
            200 => String::from_utf8(response.into_body()).map_err(|_| "not a JWK set".to_owned()),
            status => Err(format!("the status is {status}")),
        });
        if self.last.as_ref() == Some(&fetched) {
            return;
        }
        match fetched.clone().and_then(|jwks| self.published.with(&jwks)) {
            Ok(client) => {
                self.published.register(&mut server.op(), client);
                eprintln!("itsme-op: using the keys at {address}");
            }
            Err(reason) => eprintln!("itsme-op: no keys at {address}: {reason}"),
        }
        self.last = Some(fetched);
    }
}

/// Fetches a URL.
pub fn get(uri: &str, reach: &Reach) -> Result<Response, String> {
    let request = http::Request::get(uri).body(Vec::new()).map_err(|error| error.to_string())?;
    send(request, reach)
}

/// Sends one request without following redirects.
fn send(request: Request, reach: &Reach) -> Result<Response, String> {
    let url = reach.check(&request.uri().to_string())?;
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(PATIENCE));
    // A proxy cannot reach this machine's loopback or the other containers.
    if reach.is_plain(&url) {
        config = config.proxy(None);
    }
    let agent = config.build().new_agent();
    // Leave the body out of a GET, because even an empty body would add a Content-Length.
    let answer =
        if request.body().is_empty() { agent.run(request.map(|_| ())) } else { agent.run(request) };
    let (head, mut body) = answer.map_err(|error| error.to_string())?.into_parts();
    let bytes = body.with_config().limit(MAX_BODY).read_to_vec();
    Ok(Response::from_parts(head, bytes.map_err(|error| error.to_string())?))
}
