//! The options of the command line.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
};

use clap::{CommandFactory as _, Parser, error::ErrorKind};
use url::{Host, Url};

/// A fake itsme on loopback, to develop against in any language: discovery, all endpoints, CIBA.
///
/// Clients sign with private keys or have a secret. What they do wrong is refused as itsme refuses
/// it, with the reason. Without a configuration file there are two clients, TEST_CLIENT with keys
/// that everybody knows and TEST_SECRET_CLIENT with such a secret, and three people.
#[derive(Debug, Parser)]
#[command(
    name = "itsme-op",
    version,
    after_help = "Exit codes: 0 stopped by SIGINT (Ctrl-C) or SIGTERM, 1 failed, 2 wrong options.\n\n\
    Examples:\n  \
    itsme-op --redirect-uri http://127.0.0.1:8080/callback --write-keys keys.json\n  \
    itsme-op --listen localhost:9000 --config sandbox.toml\n  \
    itsme-op --fault 'discovery: another issuer'\n\n\
    A configuration file. A client needs client_id and one service, a person an id; all else can be\n\
    left out. [[clients]] replaces the two built-in ones (--redirect-uri is then for yours alone),\n\
    [[people]] adds to the three.\n\n  \
    faults = [\"discovery: another issuer\"]  # see --list-faults\n\n  \
    [[clients]]\n  \
    client_id = \"MY_CLIENT\"\n  \
    name = \"My Shop\"  # what people see in place of the client id\n  \
    # The public keys: a file, read at the start (restart after a rotation), or an address such as\n  \
    # http://127.0.0.1:8080/jwks, read again and again, or the set itself; without: the keys of\n  \
    # --write-keys.\n  \
    jwks = \"jwks.json\"\n  \
    # secret = \"…\"  # instead of keys; hs256 = true signs ID tokens with it\n  \
    redirect_uris = [\"http://127.0.0.1:8080/callback\"]\n  \
    request_uris = [\"http://127.0.0.1:8080/requests/\"]  # how they begin\n  \
    notification_endpoint = \"http://127.0.0.1:8080/ping\"\n  \
    services = { login = [\"MY_LOGIN\"], identify = [], share = [\"MY_SHARE\"], confirm = [] }\n  \
    service_names = { MY_LOGIN = \"My account\" }  # and in place of their codes\n\n  \
    [[people]]\n  \
    id = \"eva\"\n  \
    claims = { name = \"Eva Maes\", email = \"eva@mail.example\" }"
)]
pub struct Options {
    /// Where to listen: a loopback address, or localhost, which is 127.0.0.1 with that name in the
    /// issuer; port 0 is a free one. To a browser, 127.0.0.1 and localhost are two sites.
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8811",
        value_parser = Place::parse
    )]
    pub listen: Place,

    /// Listen on --listen even if it is not loopback, for containers: whoever reaches the port can log
    /// in as anybody.
    #[arg(long)]
    pub danger_not_loopback: bool,

    /// The issuer by which applications and browsers know it, with its path, if that is not where it
    /// listens: behind a proxy, or by a host name. Default: the address of --listen with /v2, or /oidc
    /// with --v1.
    #[arg(long, value_name = "URL", value_parser = issuer)]
    pub issuer: Option<String>,

    /// Speak https with a certificate for the issuer's host and loopback. Its CA is made at each start;
    /// what clients must trust is written to this new file, or over that of an earlier start.
    #[arg(long, value_name = "FILE", conflicts_with = "tls_cert")]
    pub tls_ca: Option<PathBuf>,

    /// Speak https with this certificate, with the chain above it, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// The private key of --tls-cert, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// A host from which keys and request objects are fetched, and to which pings are sent, by plain
    /// http, as on loopback; can be given several times.
    #[arg(long, value_name = "HOST", value_parser = Host::parse)]
    pub allow_http: Vec<Host>,

    /// Speak the older dialect.
    #[arg(long)]
    pub v1: bool,

    /// Refuse what itsme's pages allow and a careful OP would not: an assertion without iat, a request object
    /// without exp, iat and jti, spaces too many in scope, unknown levels.
    #[arg(long)]
    pub strict: bool,

    /// The file with clients, people and faults; paths in it start at its directory.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// One more redirect URI of every client; can be given several times.
    #[arg(long, value_name = "URI")]
    pub redirect_uri: Vec<String>,

    /// Write the private JWK set of TEST_CLIENT to this new file.
    #[arg(long, value_name = "FILE")]
    pub write_keys: Option<PathBuf>,

    /// Something that goes wrong from the start; can be given several times.
    #[arg(long, value_name = "NAME")]
    pub fault: Vec<String>,

    /// Offer the control interface for tests in any language, described at /control/openapi.json. With
    /// --listen and --issuer on loopback it is there anyway; elsewhere it also needs --control-token-file.
    #[arg(long)]
    pub control: bool,

    /// Let only those use the control interface who send the token in this file, as
    /// `Authorization: Bearer TOKEN`.
    #[arg(long, value_name = "FILE")]
    pub control_token_file: Option<PathBuf>,

    /// Print the introduction as JSON in one line, when it is ready.
    #[arg(long)]
    pub json: bool,

    /// List what can go wrong, and end.
    #[arg(long, exclusive = true)]
    pub list_faults: bool,
}

impl Options {
    /// Those of the command line; ends the program if they are wrong.
    pub fn read() -> Self {
        let options = Self::parse();
        if let Err(reason) = options.check() {
            Self::command().error(ErrorKind::ValueValidation, reason).exit();
        }
        options
    }

    pub fn speaks_tls(&self) -> bool {
        self.tls_ca.is_some() || self.tls_cert.is_some()
    }

    /// What no option can say for itself.
    fn check(&self) -> Result<(), &'static str> {
        let is_plain = self.issuer.as_ref().is_some_and(|issuer| issuer.starts_with("http://"));
        if self.speaks_tls() && is_plain {
            return Err("--issuer must begin with https:// where the server speaks TLS");
        }
        match self.listen {
            Place::Address(at) if !at.ip().is_loopback() && !self.danger_not_loopback => Err(
                "a fake belongs on loopback, where nobody else can reach it; in a container, add \
                     --danger-not-loopback",
            ),
            Place::Address(at) if at.ip().is_unspecified() && self.issuer.is_none() => {
                Err("that address names no host; say by --issuer how applications reach it")
            }
            _ => Ok(()),
        }
    }
}

/// An issuer as OpenID Connect Discovery writes it.
fn issuer(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let is_bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    match url.scheme() {
        _ if !is_bare || text.ends_with('/') => {
            Err("an issuer has no query, no fragment, no user and no slash at its end".to_owned())
        }
        "https" | "http" => Ok(text.to_owned()),
        _ => Err("an issuer begins with https:// or http://".to_owned()),
    }
}

/// Where it listens, and under which name.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    Address(SocketAddr),
    Localhost(u16),
}

impl Place {
    fn parse(text: &str) -> Result<Self, String> {
        let unlike = || "this is not like 127.0.0.1:8811 or localhost:8811".to_owned();
        if let Some(port) = text.strip_prefix("localhost:") {
            return port.parse().map(Self::Localhost).map_err(|_| unlike());
        }
        text.parse().map(Self::Address).map_err(|_| unlike())
    }

    /// Listens there. Gives the host and port by which it is reached, too.
    pub fn bind(self) -> io::Result<(TcpListener, String)> {
        match self {
            Self::Address(address) => {
                let listener = TcpListener::bind(address)?;
                let host = listener.local_addr()?.to_string();
                Ok((listener, host))
            }
            Self::Localhost(port) => {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
                let host = format!("localhost:{}", listener.local_addr()?.port());
                Ok((listener, host))
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "{address}"),
            Self::Localhost(port) => write!(f, "localhost:{port}"),
        }
    }
}
