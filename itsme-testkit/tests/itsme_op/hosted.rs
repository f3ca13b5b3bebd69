//! Tests of request objects that the application hosts.

use std::{net::TcpListener, time::Duration};

use http::header;
use itsme_core::{AuthorizationRequest, Client, Redirect, Response};
use itsme_testkit::{FakeOp, Person, REQUEST_URI, SERVICE, World, play};

use crate::{
    application::{Application, REDIRECT_URI, start},
    page::Page,
    sandbox::Sandbox,
};

/// Approves a login whose request object the in-memory OP fetches as this response. Returns the
/// callback URL.
fn approved(change: impl FnOnce(&mut Response)) -> String {
    let mut world = World::new();
    let mut op = FakeOp::new(world.clock());
    let client = Client::new(op.settings()).expect("the settings are sound");
    let login = AuthorizationRequest::login(SERVICE);
    let hosted = client.request_object(login, REQUEST_URI, Duration::from_secs(60));
    let hosted = play(hosted, &mut op, &mut world).expect("an object");
    let mut response = hosted.object.response();
    change(&mut response);
    op.host(move |_| Some(response.clone()));
    op.approve(&hosted.redirect.url, &Person::ann())
}

#[test]
fn media_types_of_the_wild_are_taken_and_white_space_is_trimmed() {
    for media_type in [
        "application/jwt",
        "application/jwt;charset=utf-8",
        "Application/JWT ; charset=utf-8",
        "application/oauth-authz-req+jwt",
        "text/plain; charset=utf-8",
        "application/json",
    ] {
        let callback = approved(|response| {
            let value = media_type.parse().expect("a header value");
            response.headers_mut().insert(header::CONTENT_TYPE, value);
            response.body_mut().splice(0..0, *b"\r\n ");
            response.body_mut().extend(b"\n");
        });
        assert!(callback.contains("?code="), "{media_type}: {callback}");
    }
}

#[test]
fn an_answer_that_is_no_request_object_is_refused_with_the_reason() {
    for status in [201, 302, 404, 500] {
        let callback = approved(|response| {
            *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
        });
        assert!(callback.contains("error=invalid_request_uri&"), "{callback}");
        assert!(
            callback.contains(&format!("the+status+is+{status}%2C+expected+200")),
            "{callback}"
        );
    }
    let html = approved(|response| {
        response.headers_mut().insert(header::CONTENT_TYPE, "text/html".parse().expect("a value"));
    });
    assert!(html.contains("%22text%2Fhtml%22%2C+expected+%22application%2Fjwt%22"), "{html}");
    let bytes = approved(|response| *response.body_mut() = vec![0xff]);
    assert!(bytes.contains("the+body+is+not+a+JWT"), "{bytes}");
}

/// Sends an authorization request whose request object is at this URL.
fn open(sandbox: &Sandbox, request_uri: &str) -> Page {
    let query = format!("client_id=MINE&redirect_uri={REDIRECT_URI}&request_uri={request_uri}");
    sandbox.get(&format!("{}/authorization?{query}", sandbox.issuer))
}

/// Begins a login whose request object the application creates on demand.
fn begin(application: &Application, sandbox: &Sandbox) -> (Client, Redirect) {
    let client = sandbox.client("MINE", REDIRECT_URI);
    let uri = format!("{}/requests/1", application.address);
    let login = AuthorizationRequest::login("MY_LOGIN");
    let hosted = sandbox.play(client.request_object(login, &uri, Duration::from_secs(60)));
    application.host(&sandbox.issuer, &hosted.object);
    (client, hosted.redirect)
}

/// The application cannot create the request object without the OP's keys, which it requests after
/// the OP has requested the object.
#[test]
fn an_application_asks_the_op_for_its_keys_before_it_answers() {
    let application = Application::start();
    let sandbox = start(&application.address, "on_demand", "/jwks");
    let (client, Redirect { url, state, .. }) = begin(&application, &sandbox);
    let page = sandbox.get(&url);
    assert_eq!(page.status, 200, "{} {:?}", page.body, page.headers);
    let callback = sandbox.submit(&url, page.form("Approve as Ann Peeters", &[]));
    sandbox.play(client.finish_login(state, callback.location()));
    assert_eq!(application.fetches(), 1, "the decision must use the object that was shown");
}

/// Nobody has opened the sign-in page, so the OP fetches the request object when the login is
/// decided.
#[test]
fn a_decision_fetches_as_well() {
    let application = Application::start();
    let sandbox = start(&application.address, "decision", "/jwks");
    let (client, Redirect { url, state, .. }) = begin(&application, &sandbox);
    let (_, query) = url.split_once('?').expect("a query");
    let form = [("request", query), ("person", "ann"), ("decision", "approve")];
    let form = form.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let callback = sandbox.submit(&url, form).location();
    sandbox.play(client.finish_login(state, callback));
}

#[test]
fn the_reason_why_nothing_was_fetched_is_in_the_refusal_and_in_the_journal() {
    let application = Application::start();
    let sandbox = start(&application.address, "not_hosted", "/jwks");
    let missing = format!("{}/requests/2", application.address);
    let location = open(&sandbox, &missing).location();
    assert!(location.contains("the+status+is+404%2C+expected+200"), "{location}");
    let journal = sandbox.get(&format!("{}/journal", sandbox.issuer)).body;
    assert!(journal.contains(&missing) && journal.contains("404"), "{journal}");

    let elsewhere = open(&sandbox, &format!("{}/elsewhere", application.address)).location();
    assert!(elsewhere.contains("not+registered"), "{elsewhere}");
}

#[test]
fn an_address_where_nobody_listens_is_named_in_the_refusal() {
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", nobody.local_addr().expect("an address"));
    drop(nobody);
    let sandbox = start(&address, "nobody", "jwks.json");
    let location = open(&sandbox, &format!("{address}/requests/1")).location();
    assert!(location.contains("invalid_request_uri") && location.contains("refused"), "{location}");
    let journal = sandbox.get(&format!("{}/journal", sandbox.issuer)).body;
    assert!(journal.contains("Connection refused"), "{journal}");
}
