//! Tests of where the program listens, which issuer it uses, and which hosts it calls over plain
//! HTTP.

use std::net::TcpListener;

use itsme_core::AuthorizationRequest;
use itsme_testkit::{CLIENT_ID, SERVICE};

use crate::{
    application::{Application, REDIRECT_URI, configuration},
    sandbox::{self, Sandbox, run},
};

/// Returns a port that is free at the moment.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

#[test]
fn it_calls_itself_what_it_is_told_to() {
    let port = free_port();
    let issuer = format!("http://localhost:{port}/behind/a/proxy");
    let arguments = ["--issuer", &issuer, "--redirect-uri", REDIRECT_URI];
    let sandbox = Sandbox::start_at(&format!("127.0.0.1:{port}"), &arguments);
    assert_eq!(sandbox.issuer, issuer);
    let client = sandbox.client(CLIENT_ID, REDIRECT_URI);
    let login = sandbox.play(client.authorize(AuthorizationRequest::login(SERVICE)));
    assert!(login.url.starts_with(&format!("{issuer}/authorization?")), "{}", login.url);
    let page = sandbox.get(&login.url);
    let callback = sandbox.submit(&login.url, page.form("Approve as Ann Peeters", &[]));
    sandbox.play(client.finish_login(login.state, callback.location()));

    // A proxy may also strip the path.
    let metadata = format!("http://127.0.0.1:{port}/.well-known/openid-configuration");
    let metadata = sandbox.get(&metadata).body;
    assert!(metadata.contains(&format!("\"issuer\":\"{issuer}\"")), "{metadata}");
}

#[test]
fn an_issuer_is_a_bare_url() {
    for (issuer, reason) in [
        ("op.example/v2", "relative URL"),
        ("ftp://op.example", "must begin with https"),
        ("https://op.example/v2/", "trailing slash"),
        ("https://op.example/v2?a=b", "a query"),
        ("https://op.example/v2#a", "a fragment"),
        ("https://ann@op.example/v2", "a user"),
    ] {
        let (code, _, error) = run(&["--issuer", issuer]);
        assert_eq!(code, Some(2), "{issuer}: {error}");
        assert!(error.contains(reason), "{issuer}: {error}");
    }
}

#[test]
fn it_listens_on_loopback_only_unless_it_is_told_otherwise() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let (code, _, error) = run(&["--listen", address]);
        assert_eq!(code, Some(2), "{address}: {error}");
        assert!(error.contains("loopback"), "{address}: {error}");
    }
    // This address is reserved for documentation, so no machine has it.
    let (code, _, error) = run(&["--listen", "192.0.2.1:0", "--danger-not-loopback"]);
    assert_eq!(code, Some(1), "{error}");
    assert!(error.contains("cannot listen on 192.0.2.1:0"), "{error}");
}

#[test]
fn an_address_without_a_host_needs_an_issuer() {
    let (code, _, error) = run(&["--listen", "0.0.0.0:0", "--danger-not-loopback"]);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("--issuer"), "{error}");
}

/// Like a different container, 0.0.0.0 can be reached from this machine without being a loopback
/// address.
#[test]
fn plain_http_goes_to_hosts_that_were_allowed() {
    let application = Application::start();
    let address = application.address.replace("127.0.0.1", "0.0.0.0");
    let file = configuration(&address, "plain_http", "/jwks");
    let (code, _, error) = run(&["--config", &file, "--allow-http", "elsewhere.example"]);
    assert_eq!(code, Some(1), "{error}");
    assert!(
        error.contains("must use https, or http on loopback or on a host given with --allow-http")
    );

    let arguments = ["--config", &file, "--allow-http", "other.example", "--allow-http", "0.0.0.0"];
    let words = sandbox::first_words(&arguments);
    assert!(words.contains(&format!("using the keys at {address}/jwks")), "{words}");
}

#[test]
fn a_host_is_allowed_without_its_port() {
    let (code, _, error) = run(&["--allow-http", "app:8080"]);
    assert_eq!(code, Some(2), "{error}");
}
