//! Tests both adapters over TLS. They connect to an OP with a trusted certificate. With any other
//! certificate, they report that TLS failed and that nothing was sent.

use std::{
    error::Error,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use itsme_core::{AuthorizationRequest, Environment, Request, SendFailure, Settings, Timeouts};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What is wrong with the server's TLS.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrong {
    Nothing,
    Untrusted,
    SelfSigned,
    Expired,
    NotYetValid,
    AnotherName,
    /// The server has no TLS version in common with the client.
    OldVersion,
    NoCommonCipher,
    /// The server does not recognize the host name that it is called by.
    UnknownName,
    /// The server gives no details of the error.
    InternalError,
    /// The server uses plain HTTP.
    NoTls,
}

const ALL: [Wrong; 10] = [
    Wrong::Untrusted,
    Wrong::SelfSigned,
    Wrong::Expired,
    Wrong::NotYetValid,
    Wrong::AnotherName,
    Wrong::OldVersion,
    Wrong::NoCommonCipher,
    Wrong::UnknownName,
    Wrong::InternalError,
    Wrong::NoTls,
];

impl Wrong {
    /// Whether rustls can also report this error on an established connection. An HTTP client that
    /// cannot tell whether an error occurred during the handshake must not report it as `NotSent`.
    fn can_be_later(self) -> bool {
        matches!(self, Self::NoCommonCipher | Self::InternalError | Self::NoTls)
    }
}

/// A server named `localhost` that responds to every connection with `{}`.
struct Tls {
    url: String,
    ca: String,
}

impl Tls {
    fn start(wrong: Wrong) -> Self {
        let named = |name: &str, names: Vec<String>| {
            let mut params = CertificateParams::new(names).expect("names");
            params.distinguished_name.push(DnType::CommonName, name);
            params
        };
        let ca = || {
            let key = KeyPair::generate().expect("a key");
            let mut ca = named("a CA of the tests", Vec::new());
            ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let pem = ca.self_signed(&key).expect("a certificate").pem();
            (Issuer::new(ca, key), pem)
        };
        let (issuer, trusted) = ca();
        let issuer = if wrong == Wrong::Untrusted { ca().0 } else { issuer };
        let key = KeyPair::generate().expect("a key");
        let name = if wrong == Wrong::AnotherName { "op.example" } else { "localhost" };
        let mut leaf = named("an OP of the tests", vec![name.to_owned()]);
        if wrong == Wrong::Expired {
            leaf.not_after = date_time_ymd(2020, 1, 1);
        }
        if wrong == Wrong::NotYetValid {
            leaf.not_before = date_time_ymd(2999, 1, 1);
        }
        let leaf = match wrong {
            Wrong::SelfSigned => leaf.self_signed(&key),
            _ => leaf.signed_by(&key, &issuer),
        };
        let leaf = leaf.expect("a certificate");

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
                serve(stream, &config, wrong);
            }
        });
        Self { url: format!("https://localhost:{port}/"), ca: trusted }
    }

    fn request(&self) -> Request {
        http::Request::get(&self.url).body(Vec::new()).expect("a request")
    }
}

fn serve(mut stream: TcpStream, config: &Arc<ServerConfig>, wrong: Wrong) {
    // Send a fatal alert instead of a ServerHello (RFC 8446 §6).
    let alert = match wrong {
        Wrong::OldVersion => Some(70),
        Wrong::NoCommonCipher => Some(40),
        Wrong::InternalError => Some(80),
        Wrong::UnknownName => Some(112),
        _ => None,
    };
    if let Some(alert) = alert {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(&[21, 3, 1, 0, 2, 2, alert]);
        return;
    }
    if wrong == Wrong::NoTls {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        return;
    }
    let connection = ServerConnection::new(Arc::clone(config)).expect("a connection");
    let mut stream = StreamOwned::new(connection, stream);
    if stream.read(&mut [0; 4096]).is_ok() {
        let answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
        let _ = stream.write_all(answer.as_bytes());
        stream.conn.send_close_notify();
        let _ = stream.flush();
    }
}

/// Returns the messages of an error and its sources.
fn told(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", told(source)),
        None => error.to_string(),
    }
}

fn says_why(error: &dyn Error, wrong: Wrong) {
    let told = told(error).to_lowercase();
    assert!(told.starts_with("tls failed; "), "{told}");
    let why = match wrong {
        Wrong::Nothing => unreachable!("nothing would fail"),
        Wrong::Untrusted | Wrong::SelfSigned => ["certificate", "certificate"],
        Wrong::Expired => ["certificate", "expired"],
        Wrong::NotYetValid => ["certificate", "valid"],
        Wrong::AnotherName => ["certificate", "name"],
        Wrong::OldVersion => ["alert", "version"],
        Wrong::NoCommonCipher => ["alert", "handshake"],
        Wrong::UnknownName => ["alert", "name"],
        Wrong::InternalError => ["alert", "internal"],
        Wrong::NoTls => ["message", "type"],
    };
    assert!(why.iter().all(|word| told.contains(word)), "{wrong:?}: {told}");
}

#[tokio::test]
async fn reqwest_speaks_tls_to_whom_it_trusts() {
    let send = async |wrong: Wrong| {
        let server = Tls::start(wrong);
        let ca = reqwest::Certificate::from_pem(server.ca.as_bytes()).expect("a certificate");
        let builder = reqwest::Client::builder().no_proxy().tls_certs_only([ca]);
        let transport = itsme_reqwest::Transport::with_builder(builder, Timeouts::default());
        transport.expect("a client").send(server.request()).await
    };
    assert_eq!(send(Wrong::Nothing).await.expect("a response").body(), b"{}");
    for wrong in ALL {
        let (failure, error) = send(wrong).await.expect_err("not trusted");
        assert_eq!(failure, SendFailure::NotSent, "{wrong:?}");
        assert!(matches!(error, itsme_reqwest::SendError::Tls(_)), "{wrong:?}: {error:?}");
        says_why(&error, wrong);
    }
}

#[test]
fn ureq_speaks_tls_to_whom_it_trusts() {
    let send = |wrong: Wrong| {
        let server = Tls::start(wrong);
        let ca = ureq::tls::Certificate::from_pem(server.ca.as_bytes()).expect("a certificate");
        let tls = ureq::tls::TlsConfig::builder();
        let tls = tls.root_certs(ureq::tls::RootCerts::from(vec![ca])).build();
        let agent = ureq::Agent::config_builder().proxy(None).tls_config(tls).build().into();
        itsme_ureq::Transport::with_agent(agent, Timeouts::default()).send(server.request())
    };
    assert_eq!(send(Wrong::Nothing).expect("a response").body(), b"{}");
    for wrong in ALL {
        let (failure, error) = send(wrong).expect_err("not trusted");
        let (expected, is_so) = match wrong.can_be_later() {
            true => (SendFailure::Lost, matches!(error, itsme_ureq::SendError::TlsLost(_))),
            false => (SendFailure::NotSent, matches!(error, itsme_ureq::SendError::Tls(_))),
        };
        assert_eq!(failure, expected, "{wrong:?}");
        assert!(is_so, "{wrong:?}: {error:?}");
        says_why(&error, wrong);
    }
}

/// A failed login reports the endpoint at which it failed.
#[test]
fn a_login_names_the_endpoint_whose_tls_failed() {
    let server = Tls::start(Wrong::Expired);
    let environment = Environment::custom(server.url.trim_end_matches('/'));
    let settings = Settings::new("a", itsme_testkit::private_keys(), environment);
    let transport = itsme_ureq::Transport::with_agent(
        ureq::Agent::config_builder().proxy(None).build().into(),
        Timeouts::default(),
    );
    let client = itsme_core::Client::new(settings.redirect_uri("https://rp.example/callback"));
    let itsme = itsme_ureq::Client::with_transport(client.expect("sound settings"), transport);
    let error = itsme.authorize(AuthorizationRequest::login("A")).expect_err("not trusted");
    let told = told(&error);
    assert!(told.starts_with("no response from the discovery endpoint"), "{told}");
    assert!(told.contains("TLS failed; nothing was sent"), "{told}");
}
