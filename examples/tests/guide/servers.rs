//! The guide's three servers, and what browsers send to their callbacks.

use std::{net::TcpListener, thread};

use itsme_core::Settings;
use itsme_testkit::{Browser, Clock, Person, Reaction, Server};

use crate::{
    callbacks::{Site, try_all},
    program::Program,
};

// The `main` of the other two runs as a test of the documentation; axum's in `new_project`.

#[allow(dead_code, unused_imports)]
mod axum {
    include!(concat!(env!("OUT_DIR"), "/axum.rs"));

    #[tokio::main]
    pub async fn run(listener: std::net::TcpListener, settings: itsme_core::Settings) {
        listener.set_nonblocking(true).expect("a socket");
        let listener = TcpListener::from_std(listener).expect("a runtime");
        let itsme = Client::new(settings).expect("settings");
        axum::serve(listener, router(itsme, Key::generate())).await.expect("it serves");
    }

    #[test]
    fn a_session_ends_by_itself() {
        let now = OffsetDateTime::now_utc();
        let jar = PrivateCookieJar::new(Key::generate()).add(session("ann", now));
        assert_eq!(logged_in(&jar, now).as_deref(), Some("ann"));
        assert_eq!(logged_in(&jar, now + SESSION), None);
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

/// Starts a server of the guide: the itsme that it knows, and its address.
fn start(run: fn(TcpListener, Settings)) -> (Server, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let redirect_uri = format!("{address}/itsme/callback");
    let op = Server::start(Clock::system()).expect("loopback");
    op.op().allow_redirect_uri(&redirect_uri);
    let settings = op.settings().redirect_uri(redirect_uri);
    thread::spawn(move || run(listener, settings));
    (op, address)
}

/// Sends it what browsers send.
fn try_server(login: &str, run: fn(TcpListener, Settings)) {
    let (op, address) = start(run);
    try_all(&Site { app: &Program { address }, op: &op, method: "GET", login });
}

#[test]
fn a_person_with_two_tabs_changes_their_mind() {
    let (itsme, address) = start(axum::run);
    let mut browser = Browser::new(address);
    let mut open = |url: &str| browser.open(url).expect("a page");
    let first = open("/itsme/login");
    let second = open("/itsme/login");
    let back = itsme.approve(&first.url, &Person::ann());
    let page = open(&back);
    // The cookies came along at once: callback, home.
    assert_eq!((page.text.as_str(), page.via.len()), ("Hello Ann", 2));

    // In the second tab they change their mind.
    let page = open(&itsme.deny(&second.url));
    assert!(page.status == 200 && page.text.contains("You cancelled the login."), "{}", page.text);
    assert_eq!(open("/").text, "Hello Ann");
    // The first tab's callback again finds no login that waits for it.
    assert_eq!(open(&back).status, 400);

    // They were too slow for itsme, and then itsme is overloaded.
    for (refused, status) in [("invalid_grant", 400), ("temporarily_unavailable", 503)] {
        let again = open("/itsme/login");
        let back = itsme.approve(&again.url, &Person::ann());
        let body = format!(r#"{{"error":"{refused}"}}"#).into_bytes();
        let reply = http::Response::builder().status(400).body(body).expect("a reply");
        itsme.op().react("/token", Reaction::Reply(reply));
        assert_eq!(open(&back).status, status);
    }
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
