//! nginx, with the configuration that the guide has.

use std::{
    fs,
    net::TcpStream,
    process::{Child, Command},
    thread,
    time::Duration,
};

use crate::fleet::scratch;

/// Ended when it is dropped.
pub struct Proxy(Child);

impl Proxy {
    pub fn start(port: u16, instances: &[&str; 2]) -> Self {
        let directory = scratch("proxy");
        let mut config = include_str!("../../deploy/nginx.conf").to_owned();
        for (written, meant) in ["127.0.0.1:8801", "127.0.0.1:8802"].iter().zip(instances) {
            config = replace(&config, written, meant.trim_start_matches("http://"));
        }
        config = replace(&config, "listen 8800;", &format!("listen 127.0.0.1:{port};"));
        // Where it may write, whoever it is.
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
        let proxy = Self(child);
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return proxy;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("nginx does not listen");
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The master ends its workers when it is asked to, and not when it is killed.
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

fn replace(config: &str, written: &str, meant: &str) -> String {
    assert!(config.contains(written), "the configuration has no {written}");
    config.replace(written, meant)
}
