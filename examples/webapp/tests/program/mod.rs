//! A running `webapp`.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

/// Ended when it is dropped.
pub struct Program {
    child: Child,
    /// Where it listens: `http://127.0.0.1:PORT`.
    pub address: String,
    /// The issuer of the itsme that it brought along.
    pub itsme: Option<String>,
}

pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_webapp"));
    command.args(arguments).env("NO_PROXY", "127.0.0.1,localhost").stdin(Stdio::null());
    command
}

impl Program {
    /// At a free port.
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = command(arguments);
        command.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = command.spawn().expect("it runs");
        let mut program = Self { child, address: String::new(), itsme: None };
        let lines = BufReader::new(program.child.stdout.take().expect("a pipe")).lines();
        for line in lines.map_while(Result::ok) {
            if let Some((_, place)) = line.split_once("it listens at ") {
                let place = place.split(';').next().unwrap_or_default();
                program.address = format!("http://{place}");
                return program;
            }
            let mut words = line.split([' ', ',']);
            program.itsme = words.find(|word| word.starts_with("http://")).map(str::to_owned);
        }
        panic!("it ended before it listened");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
