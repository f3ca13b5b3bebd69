//! Tests that no secret is logged at any level, neither by the library nor by its dependencies.

#[path = "../../itsme-testkit/tests/secrecy/log.rs"]
mod log;
#[path = "../../itsme-testkit/tests/secrecy/mod.rs"]
mod secrecy;

use std::thread;

use itsme_core::{
    AuthorizationRequest, Claim, Country, DriveError, Scope, SendFailure, SystemPlatform, Timeouts,
    drive,
};
use itsme_testkit::{Clock, Person, SERVICE, Server};
use itsme_ureq::{SendError, Transport};
use log::Log;
use secrecy::{Secrets, texts};
use ureq::Agent;

/// The module whose log lines contain the bytes that are sent and received.
const DUMP: &str = ": ureq_proto::util: ";

#[test]
fn a_login_logs_nothing_that_is_secret() {
    let log = Log::start();
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let agent = Agent::config_builder().proxy(None).build().into();
    let transport = Transport::with_agent(agent, Timeouts::default());
    let mut secrets = Secrets::of(&Person::ann());
    let mut last = None;
    let by_keys = server.settings();
    let by_secret = server.op().secret_settings();
    for settings in [by_keys, by_secret] {
        let itsme = itsme_core::Client::new(settings).expect("the settings are sound");
        let login = AuthorizationRequest::login(SERVICE)
            .claim(Claim::NationalNumber(Country::Belgium))
            .claim(Claim::Photo)
            .claim(Claim::Picture)
            .scope(Scope::Profile)
            .scopes_by_userinfo();
        let redirect = transport.run(itsme.authorize(login)).expect("an authorization URL");
        let callback = server.approve(&redirect.url, &Person::ann());
        secrets.add_login(&redirect.state, &callback);
        let send = |request| {
            secrets.add_request(&request);
            let response = transport.send(request)?;
            secrets.add_response(&response);
            Ok::<_, (SendFailure, SendError)>(response)
        };
        let flow = itsme.finish_login(redirect.state, &callback);
        let who = drive(flow, &mut SystemPlatform::new(), send, thread::sleep);
        let who = who.expect("a person");
        secrets.add_token(who.evidence.id_token());
        transport.run(itsme.picture(&who)).expect("a picture");
        // Only a client with a secret can revoke tokens. A refusal is logged, too.
        let _ = transport.run(itsme.revoke(who.access_token.clone()));
        let again = transport.run(itsme.picture(&who));
        secrets.assert_hidden_in("a refusal", &format!("{again:?}"));
        last = Some((itsme, who));
    }

    // Fetch the picture again after the OP has stopped. ureq logs the picture's URL, and whatever the OP has put into
    // it. This library does not.
    let logged = log.text().len();
    drop(server);
    let (itsme, mut who) = last.expect("two have logged in");
    let signed = |url| format!("{url}?signed={}", who.access_token.expose());
    who.user.picture = who.user.picture.map(signed);
    let error = transport.run(itsme.picture(&who)).expect_err("nobody is there");
    assert!(matches!(error, DriveError::Transport { .. }));
    secrets.assert_hidden_in("the error", &texts(&error));

    let text = log.text();
    let (log, after) = text.split_at(logged);
    let lines = |text: &str, ours: fn(&str) -> bool| {
        text.lines().filter(|line| ours(line)).collect::<Vec<_>>().join("\n")
    };
    let ours = lines(after, |line| line.contains(": itsme: "));
    assert!(ours.contains("the OP did not respond"), "the library logs: {ours}");
    secrets.assert_hidden_in("our log", &ours);

    // At level `trace`, ureq-proto logs the heads of requests, as SECURITY.md explains. It splits them into rows that
    // are too short to contain a whole secret.
    let dump = lines(log, |line| line.contains(DUMP));
    let column = |line: &str| line[line.len() - 16..].to_owned();
    assert!(dump.lines().map(column).collect::<String>().contains("authorization:.Bearer."));
    let log = lines(log, |line| !line.contains(DUMP));
    assert!(log.contains("POST") && log.contains("/v2/token"), "the HTTP client logs: {log}");
    assert!(log.contains("the OP responded"), "the library logs: {log}");
    secrets.assert_hidden_in("the log", &log);
    secrets.assert_seen();
}
