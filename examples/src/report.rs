//! What the programs print, and how they end.

use std::{error::Error, process::ExitCode};

use itsme_core::{DriveError, LoggedIn};

/// The authorization URL, alone on a line.
pub fn sent_to(url: &str) {
    println!("1. The person is sent to itsme:\n{url}");
}

/// The callback, without the code in it.
pub fn came_back(callback: &str) {
    let (address, _) = callback.split_once('?').unwrap_or((callback, ""));
    println!("3. They are back at {address}, with an answer");
}

/// Before a QR code.
pub fn scan() {
    println!("1. Scan this code with the itsme app:");
}

/// Instead of the QR code.
pub fn scanned() {
    println!("2. Somebody has scanned it, and is asked in the app …");
}

/// After a login without a browser.
pub fn approved() {
    println!("3. They have approved");
}

/// The person. An application would not print this.
pub fn verified(who: &LoggedIn) {
    println!("4. Verified: signature, encryption, issuer, audience, times, subject\n");
    let user = serde_json::to_value(&who.user).unwrap_or_default();
    for (claim, value) in user.as_object().into_iter().flatten() {
        match value.as_str() {
            Some(text) => println!("   {claim:<16} {text}"),
            None => println!("   {claim:<16} {value}"),
        }
    }
}

/// The exit code, with a readable message for what went wrong.
pub fn exit(result: Result<(), Box<dyn Error>>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    if is_cancelled(&*error) {
        eprintln!("\nThe person refused: nobody is logged in.");
        return ExitCode::from(3);
    }
    eprintln!("\nFailed: {error}");
    let (mut told, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        // Some errors name their cause themselves.
        if !told.contains(&error.to_string()) {
            told = error.to_string();
            eprintln!("  because: {told}");
        }
        cause = error.source();
    }
    ExitCode::FAILURE
}

fn is_cancelled(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<itsme_reqwest::Error>().is_some_and(DriveError::is_cancelled)
        || error.downcast_ref::<itsme_ureq::Error>().is_some_and(DriveError::is_cancelled)
}
