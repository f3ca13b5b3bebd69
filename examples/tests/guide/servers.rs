//! The guide's three servers, and what browsers send to their callbacks.

use std::{net::TcpListener, thread};

use itsme_core::Settings;
use itsme_testkit::{Clock, Server};

use crate::{
    callbacks::{Site, try_all},
    program::Program,
};

// Their own `main` runs as a test of the documentation.

#[allow(dead_code, unused_imports)]
mod axum {
    include!(concat!(env!("OUT_DIR"), "/axum.rs"));

    #[tokio::main]
    pub async fn run(listener: std::net::TcpListener, settings: itsme_core::Settings) {
        listener.set_nonblocking(true).expect("a socket");
        let listener = TcpListener::from_std(listener).expect("a runtime");
        let itsme = Client::new(settings).expect("settings");
        let app = App { key: Key::generate(), accounts: Arc::default() };
        axum::serve(listener, router(itsme, app)).await.expect("it serves");
    }
}

#[allow(dead_code, unused_imports)]
mod actix {
    include!(concat!(env!("OUT_DIR"), "/actix.rs"));

    pub fn run(listener: TcpListener, settings: itsme_core::Settings) {
        let itsme = Client::new(settings).expect("settings");
        let site = Site { itsme, accounts: Mutex::default() };
        let server = async { serve(listener, site, Key::generate())?.await };
        System::new().block_on(server).expect("it serves");
    }

    #[test]
    fn what_another_version_stored_is_no_error() {
        use actix_session::SessionExt as _;
        let request = actix_web::test::TestRequest::default().to_http_request();
        let session = request.get_session();
        session.insert("pending", "another version's").expect("it is stored");
        assert!(pending_in(&session).is_empty());
    }
}

#[allow(dead_code, unused_imports)]
mod blocking {
    include!(concat!(env!("OUT_DIR"), "/blocking.rs"));

    pub fn run(listener: std::net::TcpListener, settings: itsme_core::Settings) {
        let listener = tiny_http::Server::from_listener(listener, None).expect("it listens");
        let (sessions, accounts) = Default::default();
        let site = Site { itsme: Client::new(settings).expect("settings"), sessions, accounts };
        thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| serve(&listener, &site));
            }
        });
    }
}

/// Starts a server of the guide, and sends it what browsers send.
fn try_server(login: &str, run: fn(TcpListener, Settings)) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let redirect_uri = format!("{address}/itsme/callback");
    let op = Server::start(Clock::system()).expect("loopback");
    op.op().allow_redirect_uri(&redirect_uri);
    let settings = op.settings().redirect_uri(redirect_uri);
    thread::spawn(move || run(listener, settings));
    try_all(&Site { app: &Program { address }, op: &op, method: "GET", login });
}

#[test]
fn the_axum_server_answers_what_browsers_send() {
    try_server("/itsme/login", axum::run);
}

#[test]
fn the_actix_server_answers_what_browsers_send() {
    try_server("/login", actix::run);
}

#[test]
fn the_blocking_server_answers_what_browsers_send() {
    try_server("/login", blocking::run);
}
