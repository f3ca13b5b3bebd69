//! A fake key management service in its own process. See `cargo run --bin kms -- --help`.

use std::{fs, io, path::PathBuf, thread, time::Duration};

use clap::Parser;
use itsme_testkit::{FakeKms, KmsServer, Reaction, Wire};
use serde_json::{Value, json};

/// A fake KMS on loopback, for tests. It prints what a client needs as JSON, and runs until it is
/// stopped.
#[derive(Debug, Parser)]
#[command(version)]
struct Program {
    /// Port on 127.0.0.1; 0 picks a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,

    /// Private JWK set to use instead of generated keys.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,

    /// How long each call takes, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency: u64,

    /// Respond to every Nth call with 429.
    #[arg(long, value_name = "CALLS")]
    throttle_every: Option<u32>,

    /// Respond to every Nth call with 503.
    #[arg(long, value_name = "CALLS")]
    fail_every: Option<u32>,
}

fn main() -> io::Result<()> {
    let Program { port, keys, latency, throttle_every, fail_every } = Program::parse();
    let mut kms = FakeKms::new();
    if let Some(file) = keys {
        kms = kms.with_keys(&fs::read_to_string(file)?);
    }
    every(&mut kms, throttle_every, 429, "Throttled");
    every(&mut kms, fail_every, 503, "ServerBusy");
    if latency > 0 {
        let late = Reaction::Wire(Wire::Late(Duration::from_millis(latency)));
        kms.react_when(move |_| Some(late.clone()));
    }
    let server = KmsServer::serve(kms, port)?;
    let kms = server.kms();
    let jwks: Value = serde_json::from_str(&kms.public_jwks())?;
    println!("{}", json!({ "url": kms.url(), "token": kms.token(), "jwks": jwks }));
    drop(kms);
    loop {
        thread::park();
    }
}

fn every(kms: &mut FakeKms, calls: Option<u32>, status: u16, code: &'static str) {
    let Some(calls) = calls.filter(|calls| *calls > 0) else { return };
    let mut asked = 0_u32;
    kms.react_when(move |_| {
        asked += 1;
        asked.is_multiple_of(calls).then(|| Reaction::Reply(FakeKms::error(status, code)))
    });
}
