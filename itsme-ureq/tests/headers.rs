//! The User-Agent and Accept headers as they are sent over the wire.

use std::{
    cell::RefCell,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::mpsc,
    thread,
};

use itsme_core::{AuthorizationRequest, Request, Scope, Timeouts, drive};
use itsme_testkit::{FakeOp, Person, SERVICE, World};
use itsme_ureq::Transport;
use ureq::Agent;

/// Runs a login whose requests are also sent to a listener, byte for byte. Returns the request
/// heads in lower case.
fn captured(transport: &Transport) -> Vec<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
    let address = listener.local_addr().expect("an address");
    let (heads, seen) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(&stream);
            let lines = reader.by_ref().lines().map_while(Result::ok);
            let head: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
            let head = head.join("\n").to_ascii_lowercase();
            // Reads the body too, because Windows resets a connection that is closed before everything has been read.
            let body =
                line(&head, "content-length").map_or(0, |length| length.parse().expect("a length"));
            io::copy(&mut reader.take(body), &mut io::sink()).expect("a body");
            let sent = heads.send(head);
            let answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
            if sent.is_err() || (&stream).write_all(answer).is_err() {
                return;
            }
        }
    });
    let mut world = World::new();
    let clock = world.clock();
    let op = RefCell::new(FakeOp::new(world.clock()));
    let client = itsme_core::Client::new(op.borrow().settings()).expect("the settings are sound");
    let mut send = |request: Request| {
        let mut copy = request.clone();
        let path = request.uri().path();
        *copy.uri_mut() = format!("http://{address}{path}").parse().expect("a URI");
        transport.send(copy).expect("an answer");
        op.borrow_mut().handle(request).map_err(|why| (why, why))
    };
    let request = AuthorizationRequest::login(SERVICE).scope(Scope::Email).scopes_by_userinfo();
    let login = drive(client.authorize(request), &mut world, &mut send, |time| clock.advance(time));
    let login = login.expect("an authorization URL");
    let callback = op.borrow_mut().approve(&login.url, &Person::ann());
    let flow = client.finish_login(login.state, callback);
    drive(flow, &mut world, &mut send, |time| clock.advance(time)).expect("a person");
    seen.try_iter().collect()
}

fn line<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[test]
fn every_request_says_who_asks_and_what_it_takes() {
    let builder = || {
        let agent: Agent = Agent::config_builder().proxy(None).build().into();
        Transport::with_agent(agent, Timeouts::default())
    };
    let ours = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
    let own = "a bank's client/2";
    for (transport, agent) in
        [(builder(), ours), (builder().user_agent(http::HeaderValue::from_static(own)), own)]
    {
        let heads = captured(&transport);
        let accepted: Vec<_> =
            heads.iter().map(|head| line(head, "accept").unwrap_or_default()).collect();
        assert_eq!(
            accepted,
            [
                "application/json",
                "application/jwk-set+json, application/json",
                "application/json",
                "application/jwt, application/json",
            ]
        );
        for head in &heads {
            assert_eq!(line(head, "user-agent"), Some(agent), "{head}");
        }
    }
}
