//! Checks a deployment. See `cargo run --bin doctor -- --help`.

use std::{
    cell::RefCell,
    error::Error,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    process::ExitCode,
    thread,
    time::{Duration, Instant, SystemTime},
};

use clap::Parser;
use itsme_core::{AuthorizationRequest, Client, Response, SystemPlatform, drive};
use itsme_examples::{
    key_file,
    options::{Options, Prepared},
    report::{Report, causes},
};
use itsme_testkit::SERVICE;
use itsme_ureq::Transport;

/// Checks everything that a login depends on: the OP, the clock, the keys in an HSM, the published
/// keys, and the redirect URI.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 all checks passed, 1 a check failed, 2 invalid options.\n\n\
    Examples:\n  \
    cargo run --bin doctor\n  \
    cargo run --bin doctor -- --environment e2e --client-id ID --keys jwks_private.json \\\n      \
    --service CODE --redirect-uri https://example.be/itsme/callback \\\n      \
    --jwks-url https://example.be/itsme/jwks.json\n  \
    cargo run --bin doctor -- --pkcs11 /usr/lib/softhsm/libsofthsm2.so --token itsme --pin-env PIN\n  \
    cargo run --bin doctor -- --json"
)]
struct Program {
    #[command(flatten)]
    options: Options,

    #[command(flatten)]
    report: Report,

    /// URL where the public keys are published, as registered with itsme.
    #[arg(long, value_name = "URL", requires = "op")]
    jwks_url: Option<String>,
}

fn main() -> ExitCode {
    let Program { options, jwks_url, mut report } = Program::parse();
    let ended = examine(options, jwks_url, &mut report);
    report.exit(ended)
}

fn examine(
    options: Options,
    jwks_url: Option<String>,
    report: &mut Report,
) -> Result<(), Box<dyn Error>> {
    let prepared = options.prepare(SERVICE, report)?;
    let Prepared { settings, service, visitor, token, remarks } = prepared;
    // Creating the client checks the settings and the redirect URI.
    let client = Client::new(settings)?;
    report.check(Some(true), "settings, keys and redirect URI are well-formed");
    for remark in &remarks {
        report.check(None, remark);
    }
    let transport = if visitor.is_simulated() {
        let agent = ureq::Agent::config_builder().proxy(None).build().into();
        Transport::with_agent(agent, Default::default())
    } else {
        Transport::new()
    };
    let (transport, mut well) = match token {
        Some(token) => {
            let transport = transport.key_holder(token.blocking_key_holder());
            let well = check_keys(&client, &transport, report);
            (transport, well)
        }
        None => (transport, true),
    };

    well &= reach_the_op(&client, &transport, report)?;
    let login = transport.run(client.authorize(AuthorizationRequest::login(service)))?;
    let (endpoint, _) = login.url.split_once('?').unwrap_or_default();
    report.check(Some(true), &format!("users are sent to {endpoint}"));

    let published = match (jwks_url, visitor.is_simulated()) {
        (Some(url), _) => Some(url),
        (None, true) => client.public_jwks_response().map(serve).transpose()?,
        (None, false) => None,
    };
    match published {
        Some(url) => well &= check_published(&client, &transport, &url, report)?,
        None => report.check(None, "the published keys were not checked; pass --jwks-url"),
    }
    if well { Ok(()) } else { Err("a check above failed".into()) }
}

/// Checks that each external key matches the published key with the same name.
fn check_keys(client: &Client, transport: &Transport, report: &mut Report) -> bool {
    let begun = Instant::now();
    match transport.run(client.check_keys()) {
        Ok(()) => {
            let took = begun.elapsed();
            report.check(
                Some(true),
                &format!("the token's keys match the published ones, {took:.1?}"),
            );
            true
        }
        Err(error) => {
            let because = [vec![error.to_string()], causes(&error)].concat();
            report.check(Some(false), &because.join(": "));
            false
        }
    }
}

/// Fetches the OP's metadata and keys, and compares the clocks.
fn reach_the_op(
    client: &Client,
    transport: &Transport,
    report: &mut Report,
) -> Result<bool, Box<dyn Error>> {
    let date = RefCell::new(None);
    let send = |request| {
        let response = transport.send(request)?;
        let header = response.headers().get("date").and_then(|value| value.to_str().ok());
        *date.borrow_mut() = header.and_then(|text| httpdate::parse_http_date(text).ok());
        Ok(response)
    };
    let env = &mut SystemPlatform::new();
    let begun = Instant::now();
    let provider = drive(client.refresh(), env, send, thread::sleep)?;
    let took = begun.elapsed();
    let issuer = provider.issuer();
    report.check(Some(true), &format!("{issuer} served metadata and keys in {took:.1?}"));
    for key in provider.passed_over_keys() {
        report.check(None, &format!("among its keys, {key}"));
    }
    let Some(theirs) = date.take() else {
        report.check(None, "the OP sends no Date header, so the clocks were not compared");
        return Ok(true);
    };
    let ours = SystemTime::now();
    let apart = ours.duration_since(theirs).or_else(|_| theirs.duration_since(ours))?;
    // A Date header is only accurate to a second. This library tolerates a difference of 60
    // seconds, but some OPs reject client assertions that are ten seconds off.
    let (verdict, so) = match apart.as_secs() {
        0..10 => (Some(true), ""),
        10..30 => (None, ": some OPs refuse clients whose clock is so far off"),
        _ => (Some(false), ": set the clock with NTP"),
    };
    report.check(verdict, &format!("the clocks are {apart:.0?} apart{so}"));
    Ok(verdict != Some(false))
}

/// Checks what itsme fetches: it must contain the client's keys, arrive quickly, and be cacheable
/// for at least half an hour.
fn check_published(
    client: &Client,
    transport: &Transport,
    url: &str,
    report: &mut Report,
) -> Result<bool, Box<dyn Error>> {
    let ours =
        client.public_jwks_response().ok_or("a client with a secret has no keys to publish")?;
    let request = http::Request::get(url).body(Vec::new())?;
    let begun = Instant::now();
    let response = transport.send(request).map_err(|(_, error)| error)?;
    let took = begun.elapsed();
    let keys = |response: &Response| key_file::published(response.body());
    let same = response.status() == 200 && keys(&response) == keys(&ours);
    let quick = took < Duration::from_secs(1);
    let max_age = max_age(&response);
    let kept = max_age.is_some_and(|seconds| seconds >= 1800);
    let status = response.status();
    report.check(Some(same), &format!("{url} matches the key file, status {status}"));
    report
        .check(Some(quick), &format!("it responded in {took:.1?}; itsme waits at most one second"));
    let cached = max_age.map_or("is missing".to_owned(), |seconds| format!("is {seconds}"));
    report.check(
        Some(kept),
        &format!("Cache-Control: max-age {cached}; itsme expects at least 1800"),
    );
    Ok(same && quick && kept)
}

fn max_age(response: &Response) -> Option<u64> {
    let value = response.headers().get("cache-control")?.to_str().ok()?;
    let seconds = |directive: &str| directive.trim().strip_prefix("max-age=")?.parse().ok();
    value.split(',').find_map(seconds)
}

/// Serves the client's public keys for as long as this program runs.
fn serve(response: Response) -> std::io::Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let url = format!("http://{}/jwks.json", listener.local_addr()?);
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n", response.body().len());
    for (name, value) in response.headers() {
        answer.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap_or_default()));
    }
    answer.push_str("Connection: close\r\n\r\n");
    let answer = [answer.into_bytes(), response.into_body()].concat();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(&stream).lines();
            while reader.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let _ = stream.write_all(&answer);
        }
    });
    Ok(url)
}
