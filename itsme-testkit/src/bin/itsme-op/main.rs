//! A standalone fake itsme on loopback: a sandbox for applications in any language.

mod configuration;
mod control;
mod options;
mod outgoing;
mod reach;
mod registry;
mod stop;
mod tls;

use std::{
    error::Error,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
    sync::Arc,
};

use itsme_core::Dialect;
use itsme_testkit::{Clock, FakeOp, Fault, Server, private_jwks, quirks};
use url::Url;

use self::{
    configuration::Configuration,
    control::{Access, Control, Gate},
    options::Options,
    reach::{Reach, is_loopback},
};

fn main() -> ExitCode {
    match run(Options::read()) {
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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Do this first: as process 1, for example in a container, the program has no default signal
    // handlers and could not be stopped.
    let stopped = stop::listen(&runtime)?;
    if let Some(file) = &options.write_keys {
        write_keys(file)?;
    }
    let mut configuration = match &options.config {
        Some(file) => Configuration::read(file)?,
        None => Configuration::default(),
    };
    configuration.complete(&options.redirect_uri, &options.fault);
    let reach = Reach::new(options.allow_http.clone());
    let dialect = if options.v1 { Dialect::V1 } else { Dialect::V2 };
    let registry = configuration.registry(&reach, dialect)?;
    let token = options.control_token_file.as_deref().map(control::token).transpose()?;

    let at = options.listen;
    let (listener, host) = at.bind().map_err(|error| format!("cannot listen on {at}: {error}"))?;
    let path = if options.v1 { "oidc" } else { "v2" };
    let scheme = if options.speaks_tls() { "https" } else { "http" };
    let issuer = options.issuer.unwrap_or_else(|| format!("{scheme}://{host}/{path}"));
    let tls = match (&options.tls_ca, &options.tls_cert, &options.tls_key) {
        (Some(ca), ..) => Some(tls::by_own_ca(ca, &issuer)?),
        (_, Some(certificate), Some(key)) => Some(tls::from_files(certificate, key)?),
        _ => None,
    };
    let address = listener.local_addr()?;
    // Check the issuer too: behind a proxy on this machine, requests may come from elsewhere.
    let is_loopback =
        address.ip().is_loopback() && Url::parse(&issuer).is_ok_and(|url| is_loopback(&url));
    let access = Access::decide(is_loopback, options.control, token)?;
    let gate = Gate::new(access, address, &issuer);
    let introduction = configuration.introduction(&issuer, !gate.is_off(), options.json)?;
    let (clock, published) = (Clock::adjustable(), registry.published.clone());
    let make = {
        let (clock, reach) = (clock.clone(), reach.clone());
        move || {
            let op = FakeOp::with_issuer(&issuer, clock.clone());
            let mut op = if options.v1 { op.v1() } else { op };
            op.set_strict(options.strict);
            op.keep_journal();
            registry.enter(&mut op, &reach);
            op
        }
    };
    let mut op = make();
    let (watch, added) = outgoing::watch();
    let mut control = Control {
        gate,
        clock,
        make: Box::new(make),
        configured: configuration.clients().to_vec(),
        added: Vec::new(),
        watch,
        published: published.clone(),
        reach: reach.clone().only_near(),
        dialect,
    };
    // Install this before the server accepts requests.
    op.intercept(move |op, request| control.answer(op, request));
    let server = match tls {
        Some(tls) => Server::serve_tls(listener, op, tls),
        None => Server::serve(listener, op),
    };
    let server = Arc::new(server?);
    outgoing::keep_up(&server, published, added, &reach)?;
    outgoing::send_pings(&server, &reach)?;

    print(&introduction)?;
    runtime.block_on(stopped);
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
            // The reader has closed the pipe because it has read enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            written => written?,
        }
    }
    Ok(())
}

/// Writes the keys to a new file. Never overwrites an existing one, because it may contain keys
/// that someone still needs.
fn write_keys(path: &Path) -> Result<(), String> {
    if fs::read_to_string(path).is_ok_and(|there| there == private_jwks()) {
        return Ok(());
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // Restrict access as for real keys, because some programs reject a key file that others can
    // read. On Windows, the folder's permissions apply.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .and_then(|mut file| file.write_all(private_jwks().as_bytes()))
        .map_err(|error| format!("cannot write the keys to {}: {error}", path.display()))
}
