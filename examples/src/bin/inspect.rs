//! Explains why a login was refused. See `cargo run --bin inspect -- --help`.

use std::{
    error::Error,
    fs::File,
    io::{self, IsTerminal as _, Read},
    path::Path,
    process::ExitCode,
};

use clap::{CommandFactory as _, Parser, error::ErrorKind};
use itsme_examples::{
    inspect::{self, Finding, Layer, Outcome},
    options::Known,
    report::Report,
};
use serde_json::Value;
use zeroize::Zeroizing;

/// Inspects a document from a login and runs every check on it, showing what was expected, what was
/// found, and what to do.
///
/// Accepts a token (encrypted or signed), a token endpoint response, a callback, an authorization
/// URL, a request object, a discovery document, a key set, a file with private keys, archived
/// evidence or a recorded login, and recognizes which of these it is.
#[derive(Debug, Parser)]
#[command(
    name = "inspect",
    version,
    after_help = "Nothing leaves this machine. Only --fetch contacts the OP, to get its metadata and keys.\n\n\
    A token is personal data, and a code or an access token grants access. Pass them in a file or on standard input: \
    an argument is visible to other users of the machine and stays in your shell's history. Values of personal claims \
    are printed only with --reveal. Secrets and private keys are never printed.\n\n\
    Exit codes: 0 no check failed, 1 a check failed, 2 invalid options or unrecognized input.\n\n\
    Examples:\n  \
    cargo run --bin inspect -- answer.json --keys jwks_private.json --op-keys itsme.json \\\n      \
    --client-id ID --environment e2e --login login.json --at 2026-01-31T23:59:00Z\n  \
    cargo run --bin inspect -- token.jwt --keys jwks_private.json --environment e2e --fetch\n  \
    cargo run --bin inspect -- --client-id ID --redirect-uri https://example.be/itsme/callback < url.txt\n  \
    cargo run --bin inspect -- jwks.json --keys jwks_private.json\n  \
    cargo run --bin inspect -- jwks_private.json\n  \
    cargo run --bin inspect -- --json < answer.json"
)]
struct Program {
    /// File to inspect, or the text itself. Reads standard input if this is `-` or missing.
    text: Option<String>,

    #[command(flatten)]
    known: Known,

    /// Print only the checks that failed.
    #[arg(long)]
    failed: bool,

    #[command(flatten)]
    report: Report,
}

/// The maximum input size. Anything sent by an OP is at most a quarter of this.
const MOST: u64 = 4 * 1024 * 1024;

fn main() -> ExitCode {
    let Program { text, known, failed, mut report } = Program::parse();
    let ended = examine(text.as_deref(), known, failed, &mut report);
    report.exit(ended)
}

fn examine(
    text: Option<&str>,
    known: Known,
    only_failed: bool,
    report: &mut Report,
) -> Result<(), Box<dyn Error>> {
    let bytes = read(text)?;
    let given = known.read()?;
    let Some((kind, layers)) = inspect::layers(&bytes, &given) else {
        let what = "not recognized: this is neither a file name nor a document that can be inspected; see --help for \
            those that can";
        Program::command().error(ErrorKind::ValueValidation, what).exit()
    };
    report.say(format_args!("This is {}.", kind.name()));
    report.add("what", kind.name());
    for layer in layers.iter().filter(|layer| !only_failed || layer.has_failed()) {
        layer.tell(report, only_failed);
    }
    report.add("layers", layers.iter().map(Layer::json).collect::<Vec<Value>>());
    let all = || layers.iter().flat_map(|layer| layer.findings.iter().map(move |it| (layer, it)));
    let of = |outcome: fn(&Outcome) -> bool| all().filter(|(_, it)| outcome(&it.outcome)).count();
    let (passed, not_made) =
        (of(|it| *it == Outcome::Passed), of(|it| matches!(it, Outcome::NotMade(_))));
    report.say(format_args!("\n{passed} checks passed, {not_made} could not be run"));
    let failed: Vec<_> = all().filter(|(_, it)| it.has_failed()).collect();
    let refusing = failed.iter().find(|(layer, _)| !layer.is_passed_over);
    let first = refusing.or(failed.first()).map(|(layer, Finding { name, .. })| {
        let others = match failed.len() - 1 {
            0 => String::new(),
            others => format!(", and {others} more"),
        };
        format!("the check `{name}` ({}){others}", layer.name)
    });
    let ended = layers.iter().find_map(|layer| layer.ended_by.clone());
    match ended.or(first) {
        None => Ok(()),
        Some(reason) => Err(reason.into()),
    }
}

/// Reads the file with this name, the argument itself, or standard input.
fn read(text: Option<&str>) -> Result<Zeroizing<Vec<u8>>, Box<dyn Error>> {
    match text {
        None | Some("-") => {
            if io::stdin().is_terminal() {
                eprintln!("Reading standard input until Ctrl-D …");
            }
            Ok(all_of(io::stdin().lock())?)
        }
        Some(file) if Path::new(file).is_file() => Ok(File::open(file)
            .and_then(all_of)
            .map_err(|error| format!("{file} cannot be read: {error}"))?),
        Some(text) => Ok(Zeroizing::new(text.as_bytes().to_vec())),
    }
}

fn all_of(from: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    from.take(MOST).read_to_end(&mut bytes)?;
    Ok(bytes)
}
