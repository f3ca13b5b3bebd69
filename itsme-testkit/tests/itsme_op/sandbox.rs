//! A running `itsme-op`.

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use http::{Request, Response};
use itsme_core::{
    Client, DriveError, Environment, Flow, SendFailure, Settings, SystemPlatform, drive,
};
use itsme_testkit::private_keys;
use ureq::{
    Agent,
    tls::{Certificate, RootCerts, TlsConfig},
};

use crate::page::{Form, Page, click};

/// The time after which to kill a program that should have ended.
const PATIENCE: Duration = Duration::from_secs(20);

const PROGRAM: &str = env!("CARGO_BIN_EXE_itsme-op");

/// A running `itsme-op`. Dropping it stops it.
pub struct Sandbox {
    child: Child,
    agent: Agent,
    pub issuer: String,
    /// The introduction that the program has printed.
    pub introduction: String,
}

/// Creates an empty directory.
pub fn directory(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("itsme_op").join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("a directory");
    directory
}

/// Runs the program, which should end immediately on its own. Returns the exit code, the output and
/// the errors.
pub fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut child = Command::new(PROGRAM)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let watched = Instant::now();
    // Waiting before reading is safe, because everything that the program prints fits in a pipe.
    while child.try_wait().expect("it can be watched").is_none() && watched.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let output = child.wait_with_output().expect("it has ended");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Starts the program, stops it after its first line on standard error, and returns that line.
pub fn first_words(arguments: &[&str]) -> String {
    let mut child = Command::new(PROGRAM)
        .args(["--listen", "127.0.0.1:0"])
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut words = String::new();
    let read = BufReader::new(child.stderr.take().expect("a pipe")).read_line(&mut words);
    let _ = child.kill();
    let _ = child.wait();
    read.expect("UTF-8");
    words
}

impl Sandbox {
    /// Starts the program on a free port, and waits until it listens.
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", arguments)
    }

    /// Starts the program on this address.
    pub fn start_at(place: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["--listen", place])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut introduction = String::new();
        // The program writes everything in one go.
        for line in lines.by_ref() {
            introduction += &(line.expect("UTF-8") + "\n");
            if introduction.ends_with("# Ready.\n") || introduction.starts_with('{') {
                break;
            }
        }
        let issuer = ["issuer = \"", "\"issuer\":\""].iter().find_map(|name| {
            let (_, rest) = introduction.split_once(name)?;
            rest.split('"').next()
        });
        let issuer = issuer.expect("it prints its issuer").to_owned();
        Self { child, agent: agent(RootCerts::WebPki), issuer, introduction }
    }

    /// The process ID.
    #[cfg(target_os = "linux")]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Uses TLS from now on, and trusts this CA.
    pub fn trust(mut self, ca: &str) -> Self {
        let ca = Certificate::from_pem(ca.as_bytes()).expect("a certificate");
        self.agent = agent(RootCerts::from(vec![ca]));
        self
    }

    /// Creates a client with the test keys.
    pub fn client(&self, client_id: &str, redirect_uri: &str) -> Client {
        Client::new(self.settings(client_id, redirect_uri)).expect("the settings are sound")
    }

    /// Creates a client with the test keys, in ping mode.
    pub fn pinged_client(&self, client_id: &str, redirect_uri: &str) -> Client {
        let settings = self.settings(client_id, redirect_uri).ping();
        Client::new(settings).expect("the settings are sound")
    }

    fn settings(&self, client_id: &str, redirect_uri: &str) -> Settings {
        Settings::new(client_id, private_keys(), Environment::custom(&self.issuer))
            .redirect_uri(redirect_uri)
            .danger_http_on_loopback()
    }

    /// Runs a flow against the sandbox.
    pub fn play<T>(&self, flow: Flow<T>) -> T {
        self.try_play(flow).unwrap_or_else(|error| panic!("the flow fails: {error:?}"))
    }

    pub fn try_play<T>(&self, flow: Flow<T>) -> Result<T, DriveError<ureq::Error>> {
        let send = |request| self.send(request).map_err(|error| (SendFailure::Lost, error));
        drive(flow, &mut SystemPlatform::new(), send, thread::sleep)
    }

    pub fn get(&self, url: &str) -> Page {
        Page::of(self.try_get(url).expect("an answer"))
    }

    pub fn try_get(&self, url: &str) -> Result<Response<Vec<u8>>, ureq::Error> {
        self.send(Request::get(url).body(Vec::new()).expect("a request"))
    }

    pub fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, ureq::Error> {
        send(&self.agent, request)
    }

    /// Submits a form from the page at this URL.
    pub fn submit(&self, url: &str, form: Form) -> Page {
        Page::of(send(&self.agent, click(url, form)).expect("an answer"))
    }

    /// Sends a signal to the program, such as `INT` for Ctrl-C. Returns the exit code and the time
    /// that the program took to end.
    #[cfg(unix)]
    pub fn stop(mut self, signal: rustix::process::Signal) -> (Option<i32>, Duration) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, signal).expect("it runs");
        let since = Instant::now();
        (self.child.wait().expect("it ends").code(), since.elapsed())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Creates an HTTP client that does not follow redirects.
pub fn agent(trusted: RootCerts) -> Agent {
    Agent::config_builder()
        .proxy(None)
        .http_status_as_error(false)
        .max_redirects(0)
        .tls_config(TlsConfig::builder().root_certs(trusted).build())
        .build()
        .into()
}

/// Sends one request.
pub fn send(agent: &Agent, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, ureq::Error> {
    let answer =
        if request.body().is_empty() { agent.run(request.map(|_| ())) } else { agent.run(request) };
    let (head, mut body) = answer?.into_parts();
    Ok(Response::from_parts(head, body.read_to_vec()?))
}
