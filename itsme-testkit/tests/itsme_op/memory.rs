//! Tests that the memory of a sandbox stays bounded, because it may run for weeks.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
};

use itsme_testkit::{CLIENT_SECRET, SECRET_CLIENT_ID};
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::sandbox::Sandbox;

const REQUESTS: usize = 100_000;
const MOST_GROWTH: u64 = 5 * 1024 * 1024;
const REDIRECT_URI: &str = "http://127.0.0.1:8080/callback";

/// A single connection, on which a request costs almost nothing.
struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
    base: String,
    requests: usize,
}

struct Answer {
    status: u16,
    location: String,
    body: Vec<u8>,
}

impl Connection {
    fn to(sandbox: &Sandbox) -> Self {
        let issuer = Url::parse(&sandbox.issuer).expect("a URL");
        let host = sandbox.issuer.split('/').nth(2).expect("a host").to_owned();
        let stream = TcpStream::connect(&host).expect("it listens");
        stream.set_nodelay(true).expect("an option");
        let stream = BufReader::new(stream);
        Self { stream, host, base: issuer.path().to_owned(), requests: 0 }
    }

    fn get(&mut self, path: &str, header: &str) -> Answer {
        self.exchange("GET", path, header, "")
    }

    fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let media_type = "Content-Type: application/x-www-form-urlencoded\r\n";
        self.exchange("POST", path, media_type, &form(fields))
    }

    fn exchange(&mut self, method: &str, path: &str, header: &str, body: &str) -> Answer {
        self.requests += 1;
        let (base, host, length) = (&self.base, &self.host, body.len());
        let request = format!(
            "{method} {base}{path} HTTP/1.1\r\nHost: {host}\r\n{header}Content-Length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes()).expect("it is sent");
        let mut head = Vec::new();
        while head.last().is_none_or(|line: &String| !line.is_empty()) {
            let mut line = String::new();
            assert!(self.stream.read_line(&mut line).expect("an answer") > 0, "{method} {path}");
            head.push(line.trim_end().to_owned());
        }
        let member = |name: &str| head.iter().find_map(|line| line.strip_prefix(name));
        let length = member("content-length: ").map_or(0, |it| it.parse().expect("a length"));
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("the body");
        let status = head[0].split(' ').nth(1).expect("a status").parse().expect("a number");
        Answer { status, location: member("location: ").unwrap_or_default().to_owned(), body }
    }

    /// Sends ten requests: a complete login, one that is left waiting, and some that are rejected.
    fn log_in(&mut self, number: usize) {
        assert_eq!(self.get("/.well-known/openid-configuration", "").status, 200);
        assert_eq!(self.get("/jwkSet", "").status, 200);
        let request = |state: &str| {
            form(&[
                ("client_id", SECRET_CLIENT_ID),
                ("response_type", "code"),
                ("scope", "openid service:TEST_LOGIN profile address"),
                ("redirect_uri", REDIRECT_URI),
                ("state", state),
            ])
        };
        let left = request(&format!("{number}, left alone"));
        assert_eq!(self.get(&format!("/authorization?{left}"), "").status, 200);
        let request = request(&number.to_string());
        assert_eq!(self.get(&format!("/authorization?{request}"), "").status, 200);
        let decision = [("request", request.as_str()), ("person", "ann"), ("decision", "approve")];
        let callback = self.post("/authorization", &decision).location;
        let (_, code) = callback.split_once("?code=").expect("a code");
        let redemption = [
            ("grant_type", "authorization_code"),
            ("code", code.split('&').next().unwrap_or_default()),
            ("redirect_uri", REDIRECT_URI),
            ("client_id", SECRET_CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
        ];
        let tokens = self.post("/token", &redemption);
        let tokens: Value = serde_json::from_slice(&tokens.body).expect("JSON");
        let token = tokens["access_token"].as_str();
        let token = token.unwrap_or_else(|| panic!("no token in {tokens}"));
        let bearer = format!("Authorization: Bearer {token}\r\n");
        assert_eq!(self.get("/userinfo", &bearer).status, 200);
        assert_eq!(self.get("/userinfo", "Authorization: Bearer x\r\n").status, 401);
        assert_eq!(self.post("/token", &redemption[..3]).status, 401);
        assert_eq!(self.get("/phone?login=x", "").status, 200);
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The program's resident memory in bytes.
fn memory(sandbox: &Sandbox) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", sandbox.id())).expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kilobytes * 1024
}

#[test]
fn a_hundred_thousand_requests_leave_little_behind() {
    let sandbox = Sandbox::start(&["--redirect-uri", REDIRECT_URI]);
    let mut connection = Connection::to(&sandbox);
    // The first login loads what all later logins also need.
    connection.log_in(0);
    let before = memory(&sandbox);
    connection.requests = 0;
    for number in 1.. {
        connection.log_in(number);
        if connection.requests >= REQUESTS {
            break;
        }
    }
    let growth = memory(&sandbox).saturating_sub(before);
    println!("{growth} bytes more than {before} after {} requests", connection.requests);
    assert!(growth < MOST_GROWTH, "memory has grown by {growth} bytes from {before}");
}
