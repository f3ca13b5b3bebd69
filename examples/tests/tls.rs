//! Both adapters over TLS: an OP with a trusted certificate is spoken to, any other is not.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::Arc,
    thread,
};

use itsme_core::{Request, SendFailure, Timeouts};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A server that answers every connection with `{}`, as `localhost`.
struct Tls {
    url: String,
    ca: String,
}

impl Tls {
    fn start() -> Self {
        let named = |name: &str, names: Vec<String>| {
            let mut params = CertificateParams::new(names).expect("names");
            params.distinguished_name.push(DnType::CommonName, name);
            params
        };
        let ca_key = KeyPair::generate().expect("a key");
        let mut ca = named("a CA of the tests", Vec::new());
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca_pem = ca.self_signed(&ca_key).expect("a certificate").pem();
        let issuer = Issuer::new(ca, ca_key);
        let key = KeyPair::generate().expect("a key");
        let leaf = named("an OP of the tests", vec!["localhost".to_owned()]);
        let leaf = leaf.signed_by(&key, &issuer).expect("a certificate");

        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone()],
                key.serialize_der().try_into().expect("a key"),
            )
            .expect("a configuration");
        let config = Arc::new(config);
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
                let mut stream = StreamOwned::new(connection, stream);
                if stream.read(&mut [0; 4096]).is_ok() {
                    let answer =
                        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
                    let _ = stream.write_all(answer.as_bytes());
                    stream.conn.send_close_notify();
                    let _ = stream.flush();
                }
            }
        });
        Self { url: format!("https://localhost:{port}/"), ca: ca_pem }
    }

    fn request(&self) -> Request {
        http::Request::get(&self.url).body(Vec::new()).expect("a request")
    }
}

#[tokio::test]
async fn reqwest_speaks_tls_to_whom_it_trusts() {
    let server = Tls::start();
    let transport = |builder: reqwest::ClientBuilder| {
        let transport = itsme_reqwest::Transport::with_builder(builder, Timeouts::default());
        transport.expect("a client")
    };
    let builder = || reqwest::Client::builder().no_proxy();
    let ca = reqwest::Certificate::from_pem(server.ca.as_bytes()).expect("a certificate");
    let trusting = transport(builder().tls_certs_only([ca]));
    let response = trusting.send(server.request()).await.expect("a response");
    assert_eq!(response.body(), b"{}");
    let error = transport(builder()).send(server.request()).await.expect_err("not trusted");
    assert!(
        matches!(error, (SendFailure::NotSent, itsme_reqwest::SendError::NotSent(_))),
        "{error:?}"
    );
}

#[test]
fn ureq_speaks_tls_to_whom_it_trusts() {
    let server = Tls::start();
    let agent = |tls: ureq::tls::TlsConfig| {
        let agent = ureq::Agent::config_builder().proxy(None).tls_config(tls).build().into();
        itsme_ureq::Transport::with_agent(agent, Timeouts::default())
    };
    let ca = ureq::tls::Certificate::from_pem(server.ca.as_bytes()).expect("a certificate");
    let trusting = ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::from(vec![ca]));
    let response = agent(trusting.build()).send(server.request()).expect("a response");
    assert_eq!(response.body(), b"{}");
    let error = agent(ureq::tls::TlsConfig::default()).send(server.request());
    assert!(error.is_err(), "not trusted");
}
