//! A stand-alone fake itsme on loopback: a sandbox for applications in any language.

mod configuration;
mod control;
mod outgoing;
mod registry;

use std::{
    error::Error,
    fmt,
    fs::{self, File},
    io::{self, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::Parser;
use itsme_testkit::{Clock, FakeOp, Fault, Server, private_jwks, quirks};
use tokio::signal;

use self::{
    configuration::Configuration,
    control::{Access, Control, Gate},
};

/// A fake itsme on loopback, to develop against in any language: discovery, all endpoints, CIBA.
///
/// Clients sign with private keys or have a secret. What they do wrong is refused as itsme refuses
/// it, with the reason. Without a configuration file there are two clients, TEST_CLIENT with keys
/// that everybody knows and TEST_SECRET_CLIENT with such a secret, and three people.
#[derive(Debug, Parser)]
#[command(
    name = "itsme-op",
    version,
    after_help = "Exit codes: 0 stopped by Ctrl-C, 1 failed, 2 wrong options.\n\n\
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
    # The public keys: a file, read at the start (restart after a rotation), or an address such as\n  \
    # http://127.0.0.1:8080/jwks, read again and again, or the set\n  \
    # itself; without: the keys of --write-keys.\n  \
    jwks = \"jwks.json\"\n  \
    # secret = \"…\"  # instead of keys; hs256 = true signs ID tokens with it\n  \
    redirect_uris = [\"http://127.0.0.1:8080/callback\"]\n  \
    request_uris = [\"http://127.0.0.1:8080/requests/\"]  # how they begin\n  \
    notification_endpoint = \"http://127.0.0.1:8080/ping\"\n  \
    services = { login = [\"MY_LOGIN\"], identify = [], share = [\"MY_SHARE\"], confirm = [] }\n\n  \
    [[people]]\n  \
    id = \"eva\"\n  \
    claims = { name = \"Eva Maes\", email = \"eva@mail.example\" }"
)]
struct Options {
    /// Where to listen: a loopback address, or localhost, which is 127.0.0.1 with that name in the
    /// issuer; port 0 is a free one. To a browser, 127.0.0.1 and localhost are two sites.
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8811",
        value_parser = Place::parse
    )]
    listen: Place,

    /// Speak the older dialect.
    #[arg(long)]
    v1: bool,

    /// Refuse what itsme's pages allow and a careful OP would not: an assertion without iat, a request object
    /// without exp, iat and jti, spaces too many in scope, unknown levels.
    #[arg(long)]
    strict: bool,

    /// The file with clients, people and faults; paths in it start at its directory.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// One more redirect URI of every client; can be given several times.
    #[arg(long, value_name = "URI")]
    redirect_uri: Vec<String>,

    /// Write the private JWK set of TEST_CLIENT to this new file.
    #[arg(long, value_name = "FILE")]
    write_keys: Option<PathBuf>,

    /// Something that goes wrong from the start; can be given several times.
    #[arg(long, value_name = "NAME")]
    fault: Vec<String>,

    /// Offer the control interface for tests in any language, described at /control/openapi.json. On
    /// loopback it is there anyway; elsewhere it also needs --control-token-file.
    #[arg(long)]
    control: bool,

    /// Let only those use the control interface who send the token in this file, as
    /// `Authorization: Bearer TOKEN`.
    #[arg(long, value_name = "FILE")]
    control_token_file: Option<PathBuf>,

    /// Print the introduction as JSON in one line, when it is ready.
    #[arg(long)]
    json: bool,

    /// List what can go wrong, and end.
    #[arg(long, exclusive = true)]
    list_faults: bool,
}

/// Where it listens, and under which name.
#[derive(Clone, Copy, Debug)]
enum Place {
    Address(SocketAddr),
    Localhost(u16),
}

impl Place {
    fn parse(text: &str) -> Result<Self, String> {
        let unlike = || "this is not like 127.0.0.1:8811 or localhost:8811".to_owned();
        if let Some(port) = text.strip_prefix("localhost:") {
            return port.parse().map(Self::Localhost).map_err(|_| unlike());
        }
        let address: SocketAddr = text.parse().map_err(|_| unlike())?;
        if !address.ip().is_loopback() {
            return Err("a fake belongs on loopback, where nobody else can reach it".to_owned());
        }
        Ok(Self::Address(address))
    }

    fn server(self, clock: Clock) -> io::Result<Server> {
        match self {
            Self::Address(address) => Server::start_at(address, clock),
            Self::Localhost(port) => Server::start_on_localhost(port, clock),
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

fn main() -> ExitCode {
    match run(Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("itsme-op: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Result<(), Box<dyn Error>> {
    if options.list_faults {
        return list_faults(&mut io::stdout().lock());
    }
    if let Some(file) = &options.write_keys {
        write_keys(file)?;
    }
    let mut configuration = match &options.config {
        Some(file) => Configuration::read(file)?,
        None => Configuration::default(),
    };
    configuration.complete(&options.redirect_uri, &options.fault);
    let registry = configuration.registry()?;

    let token = options.control_token_file.as_deref().map(control::token).transpose()?;

    let clock = Clock::adjustable();
    let server = (options.listen.server(clock.clone()))
        .map_err(|error| format!("cannot listen on {}: {error}", options.listen))?;
    let server = Arc::new(server);
    let is_loopback = server.address().ip().is_loopback();
    let access = Access::decide(is_loopback, options.control, token)?;
    let published = registry.published.clone();
    let issuer = server.op().issuer().replace("/v2", if options.v1 { "/oidc" } else { "/v2" });
    let gate = Gate::new(access, server.address(), &issuer);
    let has_control = !gate.is_off();
    let introduction = configuration.introduction(&issuer, has_control, options.json)?;
    let make = {
        let clock = clock.clone();
        move || {
            let op = FakeOp::with_issuer(&issuer, clock.clone());
            let mut op = if options.v1 { op.v1() } else { op };
            op.set_strict(options.strict);
            op.keep_journal();
            op.host(|uri| outgoing::get(uri).ok());
            registry.enter(&mut op);
            op
        }
    };
    *server.op() = make();
    let mut control = Control {
        gate,
        clock,
        make: Box::new(make),
        configured: configuration.clients().to_vec(),
        added: Vec::new(),
        watch: outgoing::keep_up(&server, published.clone())?,
        published,
    };
    server.op().intercept(move |op, request| control.answer(op, request));
    outgoing::send_pings(&server)?;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // In this order: whoever has read the text can stop the program.
        tokio::try_join!(signal::ctrl_c(), async { print(&introduction) })
    })?;
    Ok(())
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn list_faults(out: &mut impl io::Write) -> Result<(), Box<dyn Error>> {
    for fault in Fault::all().into_iter().chain(quirks::all()) {
        match writeln!(out, "{}", fault.name()) {
            // Whoever reads this has read enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            written => written?,
        }
    }
    Ok(())
}

/// Never over another file: it may hold keys that somebody needs.
fn write_keys(path: &Path) -> Result<(), String> {
    if fs::read_to_string(path).is_ok_and(|there| there == private_jwks()) {
        return Ok(());
    }
    File::create_new(path)
        .and_then(|mut file| file.write_all(private_jwks().as_bytes()))
        .map_err(|error| format!("cannot write the keys to {}: {error}", path.display()))
}
