//! The output of the programs, and their exit codes.

use std::{
    error::Error,
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
};

use clap::Args;
use itsme_core::{Advice, DriveError, LoggedIn};
use serde_json::{Map, Value, json};

/// Reports progress for people, and a result for scripts.
#[derive(Debug, Default, Args)]
#[group(skip)]
pub struct Report {
    /// Print a single JSON object at the end, and everything else to standard error.
    #[arg(long, global = true)]
    json: bool,

    #[arg(skip)]
    members: Map<String, Value>,
}

impl Report {
    /// Returns the stream to which progress is written.
    pub fn progress(&self) -> Box<dyn Write> {
        if self.json { Box::new(io::stderr()) } else { Box::new(io::stdout()) }
    }

    /// Prints a line of progress. A reader that stops early, such as `head`, is not an error.
    pub fn say(&self, line: impl Display) {
        drop(writeln!(self.progress(), "{line}"));
    }

    /// Adds a member to the JSON object.
    pub fn add(&mut self, name: &str, value: impl Into<Value>) {
        self.members.insert(name.to_owned(), value.into());
    }

    /// Reports a check: passed, failed, or skipped.
    pub fn check(&mut self, well: Option<bool>, what: &str) {
        let mark = match well {
            Some(true) => "ok ",
            Some(false) => "BAD",
            None => "-- ",
        };
        self.say(format_args!("{mark}  {what}"));
        let checks = self.members.entry("checks").or_insert_with(|| json!([]));
        if let Value::Array(checks) = checks {
            checks.push(json!({ "ok": well, "what": what }));
        }
    }

    /// Prints the authorization URL on its own line.
    pub fn sent_to(&self, url: &str) {
        self.say(format_args!("1. The user is sent to itsme:\n{url}"));
    }

    /// Reports the callback, without its query.
    pub fn came_back(&self, callback: &str) {
        let (address, _) = callback.split_once('?').unwrap_or((callback, ""));
        self.say(format_args!("3. The user is back at {address}"));
    }

    /// Introduces a QR code.
    pub fn scan(&self) {
        self.say("1. Scan this code with the itsme app:");
    }

    /// Reports that the QR code was scanned.
    pub fn scanned(&self) {
        self.say("2. A user has scanned the code and is being asked in the app …");
    }

    /// Reports that the user has given approval in the app.
    pub fn approved(&self) {
        self.say("3. The user has approved");
    }

    /// Prints the user's data. An application would not do this.
    pub fn verified(&mut self, who: &LoggedIn) {
        self.say("4. Verified: signature, encryption, issuer, audience, times, subject");
        let user = serde_json::to_value(&who.user).unwrap_or_default();
        if !self.json {
            self.say("");
            for (claim, value) in user.as_object().into_iter().flatten() {
                match value.as_str() {
                    Some(text) => self.say(format_args!("   {claim:<16} {text}")),
                    None => self.say(format_args!("   {claim:<16} {value}")),
                }
            }
        }
        self.add("user", user);
    }

    /// Returns the exit code, after printing a readable message about any error.
    pub fn exit(mut self, ended: Result<(), Box<dyn Error>>) -> ExitCode {
        let (result, code) = match ended {
            Ok(()) => ("done", ExitCode::SUCCESS),
            Err(error) if is_cancelled(&*error) => {
                eprintln!("\nThe user refused, so no one is logged in.");
                ("refused", ExitCode::from(3))
            }
            Err(error) => {
                eprintln!("\nFailed: {error}");
                let because = causes(&*error);
                for cause in &because {
                    eprintln!("  because: {cause}");
                }
                self.add("reason", error.to_string());
                self.add("because", because);
                ("failed", ExitCode::FAILURE)
            }
        };
        self.add("result", result);
        if self.json {
            drop(writeln!(io::stdout(), "{}", Value::Object(self.members)));
        }
        code
    }
}

/// Returns the causes of an error, closest first.
pub fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut causes = Vec::new();
    let (mut told, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        // Some errors already include their cause in their message.
        if !told.contains(&error.to_string()) {
            told = error.to_string();
            causes.push(told.clone());
        }
        cause = error.source();
    }
    causes
}

fn is_cancelled(error: &(dyn Error + 'static)) -> bool {
    let advice = match error.downcast_ref::<itsme_reqwest::Error>() {
        Some(error) => Some(error.advice()),
        None => error.downcast_ref::<itsme_ureq::Error>().map(DriveError::advice),
    };
    advice == Some(Advice::Cancelled)
}
