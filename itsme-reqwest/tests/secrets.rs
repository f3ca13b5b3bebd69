//! Tests that no secret is logged at any level, neither by the library nor by its dependencies.

#[path = "../../itsme-testkit/tests/secrecy/log.rs"]
mod log;
#[path = "../../itsme-testkit/tests/secrecy/mod.rs"]
mod secrecy;

use itsme_core::{
    AuthorizationRequest, Claim, Country, DriveError, Scope, SendFailure, SystemPlatform, Timeouts,
    drive_async,
};
use itsme_reqwest::{SendError, Transport};
use itsme_testkit::{Clock, Person, SERVICE, Server};
use log::Log;
use secrecy::{Secrets, texts};

#[tokio::test]
async fn a_login_logs_nothing_that_is_secret() {
    let log = Log::start();
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let builder = reqwest::Client::builder().no_proxy();
    let transport = Transport::with_builder(builder, Timeouts::default()).expect("a client");
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
        let redirect = transport.run(itsme.authorize(login)).await.expect("an authorization URL");
        let callback = server.approve(&redirect.url, &Person::ann());
        secrets.add_login(&redirect.state, &callback);
        let traffic = std::cell::RefCell::new(secrets);
        let send = async |request| {
            traffic.borrow_mut().add_request(&request);
            let response = transport.send(request).await?;
            traffic.borrow_mut().add_response(&response);
            Ok::<_, (SendFailure, SendError)>(response)
        };
        let (flow, sleep) = (itsme.finish_login(redirect.state, &callback), tokio::time::sleep);
        let who = drive_async(flow, &mut SystemPlatform::new(), send, sleep).await;
        let mut who = who.expect("a person");
        secrets = traffic.into_inner();
        secrets.add_token(who.evidence.id_token());
        // An OP could sign the picture's URL, or put anything else into it.
        let signed = |url| format!("{url}?signed={}", who.access_token.expose());
        who.user.picture = who.user.picture.map(signed);
        transport.run(itsme.picture(&who)).await.expect("a picture");
        // Only a client with a secret can revoke tokens. A refusal is logged, too.
        let _ = transport.run(itsme.revoke(who.access_token.clone())).await;
        let again = transport.run(itsme.picture(&who)).await;
        secrets.assert_hidden_in("a refusal", &format!("{again:?}"));
        last = Some((itsme, who));
    }

    // Fetch the picture again after the OP has stopped.
    drop(server);
    let (itsme, who) = last.expect("two have logged in");
    let error = transport.run(itsme.picture(&who)).await.expect_err("the OP has stopped");
    assert!(matches!(error, DriveError::Transport { .. }));
    secrets.assert_hidden_in("the error", &texts(&error));

    let log = log.text();
    assert!(log.contains("TRACE") && log.contains("127.0.0.1"), "the HTTP client logs: {log}");
    for event in ["the OP responded", "the OP did not respond"] {
        assert!(log.contains(event), "the library logs that {event}: {log}");
    }
    secrets.assert_hidden_in("the log", &log);
    secrets.assert_seen();
}
