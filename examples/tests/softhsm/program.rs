//! Runs the programs with the token.

use std::process::{Command, Output, Stdio};

use super::{LABEL, PIN, module};

pub fn run(program: &str, arguments: &[&str]) -> Output {
    let module = module();
    let hsm = ["--pkcs11", module.to_str().expect("a path of text"), "--token", LABEL];
    Command::new(program)
        .args([arguments, &hsm, &["--pin-env", "THE_PIN"]].concat())
        .env("THE_PIN", PIN)
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .output()
        .expect("it runs")
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
pub fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", stdout(output), stderr(output));
    stdout(output)
}
