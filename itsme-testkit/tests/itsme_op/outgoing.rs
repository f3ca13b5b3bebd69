//! What the program asks of an application: keys, request objects, pings.

use std::{fs, thread, time::Duration};

use http::header;
use itsme_core::{AuthorizationRequest, BackchannelRequest, Ping};
use itsme_testkit::{FakeOp, Person, World};

use crate::{
    application::Application,
    sandbox::{self, Sandbox},
};

const REDIRECT_URI: &str = "http://127.0.0.1:8080/callback";

/// The file of a sandbox that knows the application as the client `MINE`, with its keys there.
fn configuration(application: &Application, name: &str, keys: &str) -> String {
    let at = &application.address;
    let file = sandbox::directory(name).join("sandbox.toml");
    let text = format!(
        "[[clients]]\nclient_id = \"MINE\"\njwks = \"{at}{keys}\"\n\
         redirect_uris = [\"{REDIRECT_URI}\"]\nrequest_uris = [\"{at}/requests/\"]\n\
         notification_endpoint = \"{at}/ping\"\nservices = {{ login = [\"MY_LOGIN\"] }}\n"
    );
    fs::write(&file, text).expect("a file");
    file.to_str().expect("a path in UTF-8").to_owned()
}

fn start(application: &Application, name: &str) -> Sandbox {
    Sandbox::start(&["--config", &configuration(application, name, "/jwks")])
}

#[test]
fn keys_that_should_not_be_published_are_refused() {
    let application = Application::start();
    let file = configuration(&application, "private", "/private");
    let words = sandbox::first_words(&["--config", &file]);
    let refused = format!("no keys at {}/private: there are private keys", application.address);
    assert!(words.contains(&refused), "{words}");
}

#[test]
fn a_decision_is_followed_by_a_ping() {
    let application = Application::start();
    let sandbox = start(&application, "pings");
    let client = sandbox.pinged_client("MINE", REDIRECT_URI);
    let ann = FakeOp::new(World::new().clock()).pairwise_sub("MINE", &Person::ann());
    let request = BackchannelRequest::known_user(ann, AuthorizationRequest::login("MY_LOGIN"));
    // It is signed by the keys that were fetched.
    let ticket = sandbox.play(client.start_backchannel(request));
    let phone = format!("{}/phone", sandbox.issuer);
    sandbox.submit(&phone, sandbox.get(&phone).form("Approve", &[]));

    let posted = application.posted();
    assert_eq!(posted.uri().path(), "/ping");
    assert!(posted.headers().contains_key(header::AUTHORIZATION));
    let ping = Ping::read(&posted).expect("a ping");
    assert_eq!(ping.auth_req_id(), ticket.auth_req_id());

    let journal = format!("{}/journal", sandbox.issuer);
    let noted = format!("{}/ping</a></td><td>202</td>", application.address);
    let is_noted = || sandbox.get(&journal).body.contains(&noted);
    let mut looks = (0..100).map(|_| thread::sleep(Duration::from_millis(100)));
    assert!(looks.any(|()| is_noted()), "no {noted} in {}", sandbox.get(&journal).body);
}

#[test]
fn a_hosted_request_object_is_fetched() {
    let application = Application::start();
    let sandbox = start(&application, "hosted");
    let hosted = |path: &str| {
        let at = &application.address;
        let query = format!("client_id=MINE&redirect_uri={REDIRECT_URI}&request_uri={at}{path}");
        sandbox.get(&format!("{}/authorization?{query}", sandbox.issuer)).location()
    };
    let location = hosted("/requests/1");
    assert!(location.contains("the+signature+is+not+RS256"), "it was read: {location}");
    let location = hosted("/requests/2");
    assert!(
        location.contains("is+not+application%2Fjwt"),
        "it is of another media type: {location}"
    );
    let location = hosted("/elsewhere");
    assert!(location.contains("not+registered"), "{location}");
}
