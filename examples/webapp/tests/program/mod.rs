//! A running `webapp`.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio, id},
    sync::atomic::{AtomicU32, Ordering},
};

/// Stopped when dropped.
pub struct Program {
    child: Child,
    /// Its address: `http://127.0.0.1:PORT`.
    pub address: String,
    /// The issuer of the fake itsme that it started.
    pub itsme: Option<String>,
    /// The address of its metrics, if any.
    pub metrics: Option<String>,
    log: PathBuf,
}

pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_webapp"));
    command.args(arguments).env("NO_PROXY", "127.0.0.1,localhost").stdin(Stdio::null());
    command
}

impl Program {
    /// Starts it at a free port, unless the arguments say otherwise.
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = command(arguments);
        let log = log_file();
        let errors = File::create(&log).expect("a file");
        if !arguments.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        command.stdout(Stdio::piped()).stderr(errors);
        let child = command.spawn().expect("it runs");
        let mut program = Self { child, address: String::new(), itsme: None, metrics: None, log };
        let lines = BufReader::new(program.child.stdout.take().expect("a pipe")).lines();
        for line in lines.map_while(Result::ok) {
            if let Some((_, place)) = line.split_once("listening on ") {
                let place = place.split(';').next().unwrap_or_default();
                program.address = format!("http://{place}");
                return program;
            }
            let mut words = line.split([' ', ',']);
            let place = words.find(|word| word.starts_with("http://")).map(str::to_owned);
            let is_of_metrics = line.starts_with("Metrics");
            *(if is_of_metrics { &mut program.metrics } else { &mut program.itsme }) = place;
        }
        panic!("it ended before it listened: {}", program.log());
    }
}

/// A file that no other test uses.
fn log_file() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("logs");
    fs::create_dir_all(&directory).expect("a directory");
    directory.join(format!("{}-{}", id(), NEXT.fetch_add(1, Ordering::Relaxed)))
}

impl Program {
    /// What it has written to standard error so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("the log is there")
    }

    /// Stops it as a deployment would.
    #[cfg(unix)]
    pub fn tell_to_stop(&self) {
        use rustix::process::{Pid, Signal, kill_process};

        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it runs");
    }

    /// Waits until it has ended by itself.
    #[cfg(unix)]
    pub fn wait(&mut self) -> std::process::ExitStatus {
        self.child.wait().expect("it ends")
    }

    /// Kills it at once (SIGKILL).
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_file(&self.log);
    }
}
