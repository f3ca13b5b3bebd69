//! The command-line options.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
};

use clap::{CommandFactory as _, Parser, error::ErrorKind};
use url::{Host, Url};

/// A fake itsme on loopback, to develop against in any language. It implements discovery, all
/// endpoints, and CIBA.
///
/// Clients authenticate with private keys or a secret. Invalid requests are rejected the way itsme
/// rejects them, with the reason. Without a configuration file, there are two clients (TEST_CLIENT
/// with publicly known keys and TEST_SECRET_CLIENT with a publicly known secret) and three people.
#[derive(Debug, Parser)]
#[command(
    name = "itsme-op",
    version,
    after_help = "Exit codes: 0 stopped by SIGINT (Ctrl-C) or SIGTERM, 1 failure, 2 invalid options.\n\n\
    Examples:\n  \
    itsme-op --redirect-uri http://127.0.0.1:8080/itsme/callback --write-keys keys.json\n  \
    itsme-op --listen localhost:9000 --config sandbox.toml\n  \
    itsme-op --fault 'discovery: another issuer'\n\n\
    Configuration file: a client requires client_id and at least one service, a person requires an id, and everything\n\
    else is optional. [[clients]] replaces the two built-in clients (--redirect-uri then applies only to yours).\n\
    [[people]] adds to the three built-in people.\n\n  \
    faults = [\"discovery: another issuer\"]  # see --list-faults\n\n  \
    [[clients]]\n  \
    client_id = \"MY_CLIENT\"\n  \
    name = \"My Shop\"  # what people see instead of the client ID\n  \
    # The public keys: a file, which is read at startup (restart after a rotation); a URL such as\n  \
    # http://127.0.0.1:8080/jwks, which is fetched repeatedly; or the key set itself. Default: the\n  \
    # keys that --write-keys writes.\n  \
    jwks = \"jwks.json\"\n  \
    # secret = \"…\"  # instead of keys; with hs256 = true, the OP signs ID tokens with it\n  \
    redirect_uris = [\"http://127.0.0.1:8080/itsme/callback\"]\n  \
    request_uris = [\"http://127.0.0.1:8080/requests/\"]  # prefixes\n  \
    notification_endpoint = \"http://127.0.0.1:8080/ping\"\n  \
    services = { login = [\"MY_LOGIN\"], identify = [], share = [\"MY_SHARE\"], confirm = [] }\n  \
    service_names = { MY_LOGIN = \"My account\" }  # shown instead of the codes\n\n  \
    [[people]]\n  \
    id = \"eva\"\n  \
    claims = { name = \"Eva Maes\", email = \"eva@mail.example\" }"
)]
pub struct Options {
    /// Address to listen on: a loopback address, or localhost, which listens on 127.0.0.1 and puts
    /// localhost in the issuer. Port 0 picks a free port. To a browser, 127.0.0.1 and localhost are
    /// different sites.
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8811",
        value_parser = Place::parse
    )]
    pub listen: Place,

    /// Allow --listen to be a non-loopback address, for containers. Anyone who can reach the port
    /// can log in as anyone.
    #[arg(long)]
    pub danger_not_loopback: bool,

    /// Issuer URL that applications and browsers use, including its path. Needed only if it differs
    /// from the listening address, for example behind a proxy or under a host name. Default: the
    /// address of --listen with /v2, or with /oidc if --v1 is given.
    #[arg(long, value_name = "URL", value_parser = issuer)]
    pub issuer: Option<String>,

    /// Serve HTTPS with a certificate for the issuer's host and loopback, issued by a CA that is
    /// created at each startup. The certificate of that CA, which clients must trust, is written to
    /// this file. The file must not exist yet, unless it is from an earlier run.
    #[arg(long, value_name = "FILE", conflicts_with = "tls_cert")]
    pub tls_ca: Option<PathBuf>,

    /// Serve HTTPS with the certificate in this PEM file, which can also contain the certificate's
    /// chain.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// Private key for --tls-cert, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Host for which plain HTTP is allowed, as it is for loopback, when fetching keys and request
    /// objects and sending pings. Can be repeated.
    #[arg(long, value_name = "HOST", value_parser = Host::parse)]
    pub allow_http: Vec<Host>,

    /// Use the older dialect, V1.
    #[arg(long)]
    pub v1: bool,

    /// Reject what itsme's documentation allows but a careful OP would not: an assertion without
    /// iat, a request object without exp, iat and jti, extra spaces in scope, and unknown levels.
    #[arg(long)]
    pub strict: bool,

    /// Configuration file with clients, people and faults. Paths in it are relative to the file's
    /// directory.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Additional redirect URI for every client. Can be repeated.
    #[arg(long, value_name = "URI")]
    pub redirect_uri: Vec<String>,

    /// Write the private JWK set of TEST_CLIENT to this file. An existing file is never overwritten,
    /// but it can be the one from an earlier run.
    #[arg(long, value_name = "FILE")]
    pub write_keys: Option<PathBuf>,

    /// Fault to inject at startup. Can be repeated.
    #[arg(long, value_name = "NAME")]
    pub fault: Vec<String>,

    /// Enable the control interface, which is described at /control/openapi.json, for tests in any language. It is
    /// always enabled if --listen and --issuer are both loopback. Elsewhere it also requires --control-token-file.
    #[arg(long)]
    pub control: bool,

    /// Require the token in this file for the control interface. Clients send it as `Authorization:
    /// Bearer TOKEN`.
    #[arg(long, value_name = "FILE")]
    pub control_token_file: Option<PathBuf>,

    /// Print the startup message as one line of JSON when the OP is ready.
    #[arg(long)]
    pub json: bool,

    /// List all faults and quirks, and exit.
    #[arg(long, exclusive = true)]
    pub list_faults: bool,
}

impl Options {
    /// Parses the command line. Exits if the options are invalid.
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

    /// Checks options that depend on each other.
    fn check(&self) -> Result<(), &'static str> {
        let is_plain = self.issuer.as_ref().is_some_and(|issuer| issuer.starts_with("http://"));
        if self.speaks_tls() && is_plain {
            return Err("--issuer must begin with https:// when the server uses TLS");
        }
        match self.listen {
            Place::Address(at) if !at.ip().is_loopback() && !self.danger_not_loopback => Err(
                "a fake OP must listen on loopback, where nobody else can reach it; in a container, add \
                     --danger-not-loopback",
            ),
            Place::Address(at) if at.ip().is_unspecified() && self.issuer.is_none() => Err(
                "the listening address covers all addresses of this machine; set --issuer to the URL that \
                     applications use",
            ),
            _ => Ok(()),
        }
    }
}

/// Parses an issuer as defined in OpenID Connect Discovery.
fn issuer(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let is_bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    match url.scheme() {
        _ if !is_bare || text.ends_with('/') => {
            Err("an issuer must not have a query, a fragment, a user or a trailing slash"
                .to_owned())
        }
        "https" | "http" => Ok(text.to_owned()),
        _ => Err("an issuer must begin with https:// or http://".to_owned()),
    }
}

/// The address to listen on, and the host name in the issuer.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    Address(SocketAddr),
    Localhost(u16),
}

impl Place {
    fn parse(text: &str) -> Result<Self, String> {
        let unlike = || "expected an address such as 127.0.0.1:8811 or localhost:8811".to_owned();
        if let Some(port) = text.strip_prefix("localhost:") {
            return port.parse().map(Self::Localhost).map_err(|_| unlike());
        }
        text.parse().map(Self::Address).map_err(|_| unlike())
    }

    /// Binds the listener. Also returns the host and port that clients use.
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
