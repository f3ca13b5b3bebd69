//! The login programs, run as a newcomer runs them.

use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use itsme_testkit::{CLIENT_ID, Clock, Person, REDIRECT_URI, SERVICE, Server, private_jwks};

const PROGRAMS: [&str; 2] = [env!("CARGO_BIN_EXE_login"), env!("CARGO_BIN_EXE_login-blocking")];

fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).stdin(Stdio::null()).output().expect("it runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn without_options_somebody_logs_in() {
    for program in PROGRAMS {
        let output = run(program, &[]);
        assert!(output.status.success(), "{}", stderr(&output));
        let text = stdout(&output);
        for expected in
            ["name             Ann Peeters", "email            ann.peeters@mail.example"]
        {
            assert!(text.contains(expected), "{text}");
        }
        let steps = ["1. ", "2. ", "3. ", "4. "].map(|step| text.find(step));
        assert!(steps.is_sorted() && steps.iter().all(Option::is_some), "{text}");
        assert!(!text.contains("code="), "the code is not printed: {text}");
    }
}

#[test]
fn another_person_lacks_what_their_document_lacks() {
    for program in PROGRAMS {
        let output = run(program, &["--user", "daan", "--assertion", "signed"]);
        assert!(output.status.success(), "{}", stderr(&output));
        let text = stdout(&output);
        assert!(text.contains("Daan de Vries") && !text.contains("email "), "{text}");
    }
}

#[test]
fn a_refusal_is_told_and_has_its_exit_code() {
    for program in PROGRAMS {
        let output = run(program, &["--deny"]);
        assert_eq!(output.status.code(), Some(3));
        assert!(stderr(&output).contains("The person refused"), "{}", stderr(&output));
    }
}

#[test]
fn wrong_options_are_explained() {
    let e2e = run(PROGRAMS[0], &["--environment", "e2e"]);
    assert_eq!(e2e.status.code(), Some(2));
    assert!(stderr(&e2e).contains("--client-id"), "{}", stderr(&e2e));
    let own = run(PROGRAMS[0], &["--client-id", "mine"]);
    assert_eq!(own.status.code(), Some(2), "it is not ignored");
    let issuer = ["--issuer", "https://op.example", "--client-id", "x", "--service", "x"];
    let rest = ["--redirect-uri", "https://rp.example/cb", "--keys", "/nowhere/keys.json"];
    let keys = run(PROGRAMS[0], &[&issuer[..], &rest].concat());
    assert_eq!(keys.status.code(), Some(1));
    assert!(stderr(&keys).contains("/nowhere/keys.json cannot be read"), "{}", stderr(&keys));
}

/// As against a real OP: the URL alone on a line, the callback from standard input.
#[test]
fn a_person_at_the_terminal_logs_in_at_another_op() {
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let issuer = server.op().issuer().to_owned();
    let keys = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("jwks_private.json");
    std::fs::write(&keys, private_jwks()).expect("a file");
    for program in PROGRAMS {
        let mut child = Command::new(program)
            .args(["--issuer", &issuer, "--client-id", CLIENT_ID, "--service", SERVICE])
            .args(["--redirect-uri", REDIRECT_URI, "--keys"])
            .arg(&keys)
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let url = lines
            .find(|line| line.as_ref().is_ok_and(|line| line.starts_with(&issuer)))
            .expect("a URL")
            .expect("a line");
        let callback = server.op().approve(&url, &Person::ioana());
        writeln!(child.stdin.take().expect("a pipe"), "{callback}").expect("it listens");
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        assert!(child.wait().expect("it ends").success(), "{rest:?}");
        assert!(rest.iter().any(|line| line.ends_with("Ioana Popescu")), "{rest:?}");
    }
}
