//! nginx, with the guide's configuration.

use std::{
    fs,
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::fleet::scratch;

/// Stopped when dropped.
pub struct Proxy {
    child: Child,
    log: PathBuf,
}

/// Logs which instances were asked, for what, and where the answer led.
const LOG: &str = "log_format instances '$upstream_addr|$request_uri|$sent_http_location';\n    access_log access.log instances;";

/// A request that nginx passed on.
pub struct Passed {
    /// The last one answered; the ones before it did not.
    pub instances: Vec<String>,
    request: String,
    location: String,
}

impl Passed {
    /// Whether it began the login with this `state`.
    pub fn begins(&self, state: &str) -> bool {
        self.location.contains(state) && self.request.starts_with("/itsme/login")
    }

    /// Whether it is the callback of the login with this `state`.
    pub fn finishes(&self, state: &str) -> bool {
        self.request.contains(state)
    }
}

impl Proxy {
    pub fn start(port: u16, instances: &[&str; 2]) -> Self {
        let directory = scratch("proxy");
        let mut config = include_str!("../../deploy/nginx.conf").to_owned();
        for (written, meant) in ["127.0.0.1:8801", "127.0.0.1:8802"].iter().zip(instances) {
            config = replace(&config, written, meant.trim_start_matches("http://"));
        }
        config = replace(&config, "access_log off;", LOG);
        config = replace(&config, "listen 8800;", &format!("listen 127.0.0.1:{port};"));
        // Places that any user may write to.
        let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {}/{kind};\n", directory.display()));
        config = replace(&config, "http {\n", &format!("http {{\n{}", places.concat()));
        let user = "user root;\npid nginx.pid;\nerror_log error.log;\ndaemon off;\n";
        let file = directory.join("nginx.conf");
        fs::write(&file, format!("{user}{config}")).expect("a file");
        let child = Command::new("nginx")
            .args(["-p".as_ref(), directory.as_os_str(), "-c".as_ref(), file.as_os_str()])
            .args(["-e", "error.log"])
            .spawn()
            .expect("nginx starts");
        let proxy = Self { child, log: directory.join("access.log") };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return proxy;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("nginx does not listen");
    }

    /// The requests passed on so far.
    pub fn passed(&self) -> Vec<Passed> {
        let log = fs::read_to_string(&self.log).expect("the log");
        let passed = log.lines().map(|line| {
            let [instances, request, location] = line.splitn(3, '|').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let instances = instances.split(", ").map(str::to_owned).collect();
            Passed { instances, request: request.to_owned(), location: location.to_owned() }
        });
        passed.collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The master stops its workers when asked to stop, but not when killed.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}

fn replace(config: &str, written: &str, meant: &str) -> String {
    assert!(config.contains(written), "the configuration has no {written}");
    config.replace(written, meant)
}
