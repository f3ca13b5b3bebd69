//! Searches a process's memory for private keys after a login. If the keys are in a KMS, a separate
//! process, none of their private numbers is found. With a key file, the same search finds them.

#![cfg(target_os = "linux")]

use std::{
    env,
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use itsme_core::PrivateKeys;
use itsme_testkit::{CLIENT_ID, Clock, Person, REDIRECT_URI, SERVICE, Server};
use serde_json::Value;

/// A process that is stopped when the test ends.
struct Running(Child);

impl Running {
    fn start(program: &str, arguments: &[&str], token: Option<&str>) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).env("NO_PROXY", "127.0.0.1");
        command.env_remove("KMS_TOKEN").envs(token.map(|token| ("KMS_TOKEN", token)));
        Self(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs"))
    }

    fn line(&mut self) -> String {
        let mut line = Vec::new();
        // Read byte by byte, because the rest of the output is for the next call.
        let out = self.0.stdout.as_mut().expect("a pipe");
        BufReader::with_capacity(1, out).read_until(b'\n', &mut line).expect("a line of output");
        String::from_utf8(line).expect("text").trim().to_owned()
    }

    fn say(&mut self, line: &str) {
        let input = self.0.stdin.as_mut().expect("a pipe");
        writeln!(input, "{line}").expect("it listens");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A private number in one of the forms in which it can be stored.
struct Pattern {
    what: String,
    form: &'static str,
    bytes: Vec<u8>,
}

/// Returns 32 bytes from the middle of every private number, so that the search also finds partial
/// copies.
fn patterns(private_jwks: &str) -> Vec<Pattern> {
    let set: Value = serde_json::from_str(private_jwks).expect("JSON");
    let mut patterns = Vec::new();
    for key in set["keys"].as_array().expect("keys") {
        for name in ["d", "p", "q", "dp", "dq", "qi"] {
            let text = key[name].as_str().expect("a number");
            let number = URL_SAFE_NO_PAD.decode(text).expect("base64url");
            let big_endian = number[48..80].to_vec();
            // The number as 64-bit limbs, least significant first, on a little-endian machine.
            let limbs = big_endian.iter().rev().copied().collect();
            let written = text.as_bytes()[64..106].to_vec();
            for (form, bytes) in
                [("big-endian", big_endian), ("limbs", limbs), ("base64url", written)]
            {
                patterns.push(Pattern { what: format!("{} {name}", key["kid"]), form, bytes });
            }
        }
    }
    patterns
}

/// Returns all memory that a process can write to. The rest of its memory is the program file.
fn memory(process: u32) -> Vec<u8> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("a map");
    let memory = File::open(format!("/proc/{process}/mem")).expect("the memory of a child process");
    let mut all = Vec::new();
    for region in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(written_to)) {
        let (from, to) = region.split(' ').next().and_then(|it| it.split_once('-')).expect("two");
        let at = |text| u64::from_str_radix(text, 16).expect("an address");
        let mut bytes = vec![0; (at(to) - at(from)) as usize];
        // Some pages belong to the kernel, and cannot be read.
        if memory.read_exact_at(&mut bytes, at(from)).is_ok() {
            all.extend(bytes);
        }
    }
    all
}

fn written_to(permissions: &str) -> bool {
    permissions.starts_with("rw")
}

fn found<'a>(memory: &[u8], patterns: &'a [Pattern]) -> Vec<&'a Pattern> {
    let is_in = |pattern: &&Pattern| {
        let first = pattern.bytes[0];
        let rest = &pattern.bytes[..];
        memory
            .iter()
            .enumerate()
            .any(|(place, byte)| *byte == first && memory[place..].starts_with(rest))
    };
    patterns.iter().filter(is_in).collect()
}

struct Scene {
    server: Server,
    private: PathBuf,
    public: PathBuf,
    patterns: Vec<Pattern>,
}

impl Scene {
    fn new() -> Self {
        let server = Server::start(Clock::system()).expect("loopback has a free port");
        let keys = PrivateKeys::generate().expect("keys");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let [private, public] = ["memory-private.json", "memory-public.json"];
        let (private, public) = (folder.join(private), folder.join(public));
        fs::write(&private, keys.to_json().as_bytes()).expect("it is written");
        fs::write(&public, keys.public_jwks()).expect("it is written");
        server.op().publish(&keys.public_jwks());
        let patterns = patterns(&keys.to_json());
        assert_eq!(patterns.len(), 2 * 6 * 3);
        Self { server, private, public, patterns }
    }

    /// Logs in with a separate process, and searches its memory.
    fn log_in(&self, keys: &Path, kms: Option<(&str, &str)>, more: &[&str]) -> Vec<&Pattern> {
        let issuer = self.server.op().issuer().to_owned();
        let keys = keys.to_str().expect("text");
        let mut arguments = vec![
            "--issuer",
            &issuer,
            "--client-id",
            CLIENT_ID,
            "--redirect-uri",
            REDIRECT_URI,
            "--service",
            SERVICE,
            "--keys",
            keys,
        ];
        arguments.extend(kms.iter().flat_map(|(url, _)| ["--kms", url]));
        arguments.extend(more);
        let token = kms.map(|(_, token)| token);
        let mut login = Running::start(env!("CARGO_BIN_EXE_kms-login"), &arguments, token);
        let url = login.line();
        login.say(&self.server.approve(&url, &Person::ann()));
        assert_eq!(login.line(), self.server.op().sub_of(&Person::ann()));
        found(&memory(login.0.id()), &self.patterns)
    }
}

#[test]
fn private_numbers_in_a_kms_are_not_in_the_process() {
    let scene = Scene::new();
    let private = scene.private.to_str().expect("text");
    let mut kms = Running::start(env!("CARGO_BIN_EXE_kms"), &["--keys", private], None);
    let told: Value = serde_json::from_str(&kms.line()).expect("JSON");
    let (url, token) = (told["url"].as_str().expect("a URL"), told["token"].as_str());
    let kms_at = Some((url, token.expect("a token")));
    let outside = scene.log_in(&scene.public, kms_at, &[]);
    let named: Vec<_> = outside.iter().map(|it| format!("{} ({})", it.what, it.form)).collect();
    assert!(named.is_empty(), "{named:?}");

    // After the keys have been replaced, the library's copies are wiped. So are OpenSSL's copies,
    // except for those that its key check sometimes leaves in freed memory.
    let replaced = scene.log_in(&scene.public, kms_at, &["--instead-of", private]);
    let ours: Vec<_> = replaced.iter().filter(|it| it.form == "base64url").collect();
    assert!(ours.is_empty(), "{:?}", ours.iter().map(|it| &it.what).collect::<Vec<_>>());

    // The search does find keys: with the key file, it finds each number in the form in which
    // OpenSSL stores it, and as it was read.
    let here = scene.log_in(&scene.private, None, &[]);
    for form in ["limbs", "base64url"] {
        let of_form = here.iter().filter(|pattern| pattern.form == form).count();
        assert!(of_form >= 10, "{of_form} of 12 as {form}");
    }
    // The keys are in the memory of the KMS process.
    let held = found(&memory(kms.0.id()), &scene.patterns);
    assert!(!held.is_empty());
}
