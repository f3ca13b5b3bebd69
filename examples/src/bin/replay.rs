//! Replays a recorded login. See `cargo run --bin replay -- --help`.

use std::{fs, path::PathBuf, process::ExitCode};

use clap::{CommandFactory as _, Parser, error::ErrorKind};
use itsme_core::{ReplayedStep, ReplayedWhat};
use itsme_examples::{
    inspect::{Layer, recording, visible},
    options::Recorded,
    report::Report,
};
use serde_json::{Value, json};

/// Replays a login that an application recorded, without waiting. It runs the same checks on each
/// response, prints what was wrong, and shows the outcome. With a different clock or different
/// keys, it shows how the login would have ended.
#[derive(Debug, Parser)]
#[command(
    name = "replay",
    version,
    after_help = "Nothing leaves this machine, and no one is logged in. Prints no secrets and no personal data.\n\n\
    Exit codes: 0 same outcome, 1 different outcome, 2 invalid options or a recording that cannot be opened.\n\n\
    Examples:\n  \
    cargo run --bin replay -- login.recording --keys jwks_private.json\n  \
    cargo run --bin replay -- login.recording --keys jwks_private.json --clock -10m\n  \
    cargo run --bin replay -- login.recording --keys jwks_private.json --keys other.json\n  \
    cargo run --bin replay -- login.recording --client-secret-file secret.txt --json"
)]
struct Program {
    /// File with the recording.
    file: PathBuf,

    #[command(flatten)]
    recorded: Recorded,

    /// Print all checks, not only those that failed.
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    report: Report,
}

fn main() -> ExitCode {
    let Program { file, recorded, all, mut report } = Program::parse();
    let asks_what_if = recorded.asks_what_if();
    let text = fs::read_to_string(&file)
        .map_err(|error| format!("{} cannot be read: {error}", file.display()));
    let replay = match text.and_then(|text| recorded.open(&text)) {
        Ok(replay) => replay,
        Err(error) => Program::command().error(ErrorKind::ValueValidation, error).exit(),
    };
    let replayed = replay.run();
    let told = recording::told(&replay, &replayed);
    let text = |name: &str| told[name].as_str().unwrap_or_default();
    report.say(format_args!(
        "This is a recording of `{}`, started at {} by client {} of {}.",
        text("name"),
        text("begun"),
        text("client_id"),
        text("issuer")
    ));
    let then = text("ended").to_owned();
    report.add("flow", Value::Object(told));
    if replay.missing_bytes() > 0 {
        report.say(format_args!(
            "--   {} bytes of responses are missing from the recording, so it might end differently",
            replay.missing_bytes()
        ));
    }
    let callback: Vec<Layer> = recording::of_callback(&replayed).into_iter().collect();
    tell(&callback, all, &report);
    report.add("callback", json(&callback));
    let begun = replayed.steps.first().map(|step| step.at);
    let mut steps = Vec::new();
    for step in &replayed.steps {
        let what = what(step);
        let after = step.at.since(begun.unwrap_or(step.at));
        report.say(format_args!("\n{:+9.3} s  {what}", after.as_secs_f64()));
        if !step.is_same && !asks_what_if {
            report.say(
                "--   this differs from the recording; check whether you have a different version of the library, \
                    whether the key file contains a different signing key, or whether bytes are missing",
            );
        }
        let layers: Vec<Layer> = recording::of_step(step).collect();
        tell(&layers, all, &report);
        steps.push(json!({
            "after_ms": u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
            "what": what,
            "same": step.is_same,
            "layers": json(&layers),
        }));
    }
    report.add("steps", steps);
    let now = visible(&replayed.outcome);
    report.say(format_args!("\nOutcome: {now}"));
    report.add("ended", now.as_str());
    report.add("same_steps", replayed.is_same());
    report.add("same_end", now == then);
    report.exit(if now == then {
        Ok(())
    } else {
        Err(format!("it ended differently this time; the original outcome was: {then}").into())
    })
}

/// Describes a step in one line.
fn what(step: &ReplayedStep) -> String {
    match &step.what {
        ReplayedWhat::Request { method, host, attempt, answer, .. } => {
            let answer = match answer {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            };
            format!(
                "{method} to the {} at {host}, attempt {}: {answer}",
                attempt.endpoint, attempt.number
            )
        }
        ReplayedWhat::KeyOperation { kid, algorithm, failure, .. } => match failure {
            Some(failure) => format!("{algorithm} with the external key `{kid}`: {failure}"),
            None => format!("{algorithm} with the external key `{kid}`: done"),
        },
        ReplayedWhat::Wait(time) => format!("waits for {} s", time.as_secs_f64()),
        what => format!("{what:?}"),
    }
}

/// Prints one line for each layer without a failed check. With `all`, prints every layer in full.
fn tell(layers: &[Layer], all: bool, report: &Report) {
    for layer in layers {
        if all || layer.has_failed() {
            layer.tell(report, !all);
        } else {
            let mark = if layer.is_opened() { "ok   " } else { "--   not opened: " };
            report.say(format_args!("{mark}{}", layer.name));
        }
    }
}

fn json(layers: &[Layer]) -> Value {
    layers.iter().map(Layer::json).collect()
}
