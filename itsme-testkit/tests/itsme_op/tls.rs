//! Tests of the program over TLS.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
};

use itsme_core::AuthorizationRequest;
use itsme_testkit::{CLIENT_ID, Clock, FakeOp, Reaction, SERVICE, Server, Tls, Wire};
use rcgen::generate_simple_self_signed;
use ureq::tls::{Certificate, RootCerts};

use crate::{
    application::REDIRECT_URI,
    sandbox::{self, Sandbox, agent, run, send},
};

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Writes files with a certificate for `localhost` and its key.
fn self_signed(directory: &Path) -> (PathBuf, PathBuf) {
    let made = generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (certificate, key) = (directory.join("cert.pem"), directory.join("key.pem"));
    fs::write(&certificate, made.cert.pem()).expect("a file");
    fs::write(&key, made.signing_key.serialize_pem()).expect("a file");
    (certificate, key)
}

fn somebody_logs_in(sandbox: &Sandbox) {
    assert!(sandbox.issuer.starts_with("https://"), "{}", sandbox.issuer);
    let client = sandbox.client(CLIENT_ID, REDIRECT_URI);
    let login = sandbox.play(client.authorize(AuthorizationRequest::login(SERVICE)));
    let page = sandbox.get(&login.url);
    let callback = sandbox.submit(&login.url, page.form("Approve as Ann Peeters", &[]));
    sandbox.play(client.finish_login(login.state, callback.location()));
}

#[test]
fn somebody_logs_in_over_tls_with_the_generated_ca() {
    let file = sandbox::directory("generated_ca").join("ca.pem");
    let arguments = ["--tls-ca", text(&file), "--redirect-uri", REDIRECT_URI];
    let sandbox = Sandbox::start_at("127.0.0.2:0", &arguments);
    let metadata = format!("{}/.well-known/openid-configuration", sandbox.issuer);
    let untrusted = sandbox.try_get(&metadata).expect_err("nobody trusts this CA");
    assert!(untrusted.to_string().contains("UnknownIssuer"), "{untrusted}");

    let sandbox = sandbox.trust(&fs::read_to_string(&file).expect("a certificate"));
    somebody_logs_in(&sandbox);
}

#[test]
fn the_certificate_is_for_the_host_of_the_issuer() {
    let file = sandbox::directory("ca_for_issuer").join("ca.pem");
    let arguments = ["--tls-ca", text(&file), "--issuer", "https://127.0.0.9/sandbox"];
    // Use the port on which the program listens. In practice, a proxy in front of it would forward
    // port 443.
    let listener = TcpListener::bind("127.0.0.9:0").expect("a free port");
    let at = listener.local_addr().expect("an address");
    drop(listener);
    let sandbox = Sandbox::start_at(&at.to_string(), &arguments);
    let sandbox = sandbox.trust(&fs::read_to_string(&file).expect("a certificate"));
    let metadata = sandbox.get(&format!("https://{at}/sandbox/.well-known/openid-configuration"));
    assert!(
        metadata.body.contains("\"issuer\":\"https://127.0.0.9/sandbox\""),
        "{}",
        metadata.body
    );
}

#[test]
fn somebody_logs_in_over_tls_with_a_certificate_of_their_own() {
    let (certificate, key) = self_signed(&sandbox::directory("own_certificate"));
    let arguments = ["--tls-cert", text(&certificate), "--tls-key", text(&key)];
    let arguments = [&arguments[..], &["--redirect-uri", REDIRECT_URI]].concat();
    let sandbox = Sandbox::start_at("localhost:0", &arguments);
    somebody_logs_in(&sandbox.trust(&fs::read_to_string(certificate).expect("a certificate")));
}

#[test]
fn the_ca_replaces_that_of_an_earlier_start_and_nothing_else() {
    let directory = sandbox::directory("ca_files");
    let file = directory.join("ca.pem");
    let start = || {
        drop(Sandbox::start(&["--tls-ca", text(&file)]));
        fs::read_to_string(&file).expect("a certificate")
    };
    let (first, second) = (start(), start());
    assert_ne!(first, second);

    let (certificate, _) = self_signed(&directory);
    let others = fs::read_to_string(certificate).expect("a certificate");
    for kept in [others.clone(), format!("{second}{others}"), "somebody's".to_owned()] {
        fs::write(&file, &kept).expect("a file");
        let (code, _, error) = run(&["--tls-ca", text(&file), "--listen", "127.0.0.1:0"]);
        assert_eq!(code, Some(1), "{error}");
        assert!(error.contains("ca.pem: File exists"), "{error}");
        assert_eq!(fs::read_to_string(&file).expect("a file"), kept);
    }
}

#[test]
fn a_certificate_that_does_not_serve_is_refused_with_the_reason() {
    let (certificate, key) = self_signed(&sandbox::directory("wrong_certificate"));
    let (other, other_key) = self_signed(&sandbox::directory("another_certificate"));
    let (certificate, key, other_key) = (text(&certificate), text(&key), text(&other_key));
    for (certificate, key, reason) in [
        (certificate, other_key, "KeyMismatch"),
        (key, key, "no certificate"),
        (certificate, certificate, "no items found"),
        ("/no/such/file", key, "cannot read /no/such/file"),
    ] {
        let arguments = ["--tls-cert", certificate, "--tls-key", key, "--listen", "127.0.0.1:0"];
        let (code, _, error) = run(&arguments);
        assert_eq!(code, Some(1), "{error}");
        assert!(error.contains(reason), "no {reason}: {error}");
    }
    drop(other);
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    for arguments in [
        &["--tls-cert", "a"][..],
        &["--tls-key", "a"],
        &["--tls-ca", "a", "--tls-cert", "b", "--tls-key", "c"],
        &["--tls-ca", "a", "--issuer", "http://127.0.0.1/v2"],
    ] {
        let (code, _, error) = run(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {error}");
    }
}

/// Network faults also work over TLS.
#[test]
fn a_connection_breaks_within_the_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let issuer = format!("https://{}/v2", listener.local_addr().expect("an address"));
    let (tls, ca) = Tls::generate(&["127.0.0.1"]).expect("a certificate");
    let op = FakeOp::with_issuer(&issuer, Clock::system());
    let server = Server::serve_tls(listener, op, tls).expect("a thread");
    let ca = Certificate::from_pem(ca.as_bytes()).expect("a certificate");
    let agent = agent(RootCerts::from(vec![ca]));
    let get = || {
        let request = http::Request::get(format!("{issuer}/jwkSet")).body(Vec::new());
        send(&agent, request.expect("a request"))
    };
    for wire in [Wire::Closed { after: 300 }, Wire::Reset { after: 300 }] {
        server.op().react("/jwkSet", Reaction::Wire(wire));
        get().expect_err("the connection is cut");
        assert_eq!(get().expect("an answer").status(), 200);
    }
}
