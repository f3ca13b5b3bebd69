//! What the programs print, and how they end.

use std::{
    error::Error,
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
};

use clap::Args;
use itsme_core::{Advice, DriveError, LoggedIn};
use serde_json::{Map, Value, json};

/// What a program tells people as it goes on, or a script at the end.
#[derive(Debug, Default, Args)]
#[group(skip)]
pub struct Report {
    /// Print one JSON object at the end, and everything else on standard error.
    #[arg(long, global = true)]
    json: bool,

    #[arg(skip)]
    members: Map<String, Value>,
}

impl Report {
    /// Where progress goes to.
    pub fn progress(&self) -> Box<dyn Write> {
        if self.json { Box::new(io::stderr()) } else { Box::new(io::stdout()) }
    }

    /// One line of progress. Whoever reads no more, as `head` does, does not want it: that is no error.
    pub fn say(&self, line: impl Display) {
        drop(writeln!(self.progress(), "{line}"));
    }

    /// A member of the JSON object.
    pub fn add(&mut self, name: &str, value: impl Into<Value>) {
        self.members.insert(name.to_owned(), value.into());
    }

    /// Something that was looked at: well, not well, or passed over.
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

    /// The authorization URL, alone on a line.
    pub fn sent_to(&self, url: &str) {
        self.say(format_args!("1. The person is sent to itsme:\n{url}"));
    }

    /// The callback, without the code in it.
    pub fn came_back(&self, callback: &str) {
        let (address, _) = callback.split_once('?').unwrap_or((callback, ""));
        self.say(format_args!("3. They are back at {address}, with an answer"));
    }

    /// Before a QR code.
    pub fn scan(&self) {
        self.say("1. Scan this code with the itsme app:");
    }

    /// Instead of the QR code.
    pub fn scanned(&self) {
        self.say("2. Somebody has scanned it, and is asked in the app …");
    }

    /// After a login without a browser.
    pub fn approved(&self) {
        self.say("3. They have approved");
    }

    /// The person. An application would not print this.
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

    /// The exit code, with a readable message for what went wrong.
    pub fn exit(mut self, ended: Result<(), Box<dyn Error>>) -> ExitCode {
        let (result, code) = match ended {
            Ok(()) => ("done", ExitCode::SUCCESS),
            Err(error) if is_cancelled(&*error) => {
                eprintln!("\nThe person refused: nobody is logged in.");
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

/// What is behind an error, the nearest first.
pub fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut causes = Vec::new();
    let (mut told, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        // Some errors name their cause themselves.
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
