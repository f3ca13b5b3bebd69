//! Tests of the login programs, run as a new user of the library would.

use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use itsme_testkit::{
    CLIENT_ID, CLIENT_SECRET, Clock, FakeOp, Person, REDIRECT_URI, SECRET_CLIENT_ID, SERVICE,
    Server, private_jwks,
};

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

/// Creates a file with this content, and returns its path.
fn file(name: &str, content: &str) -> String {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, content).expect("a file");
    file.to_str().expect("a path of text").to_owned()
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
        let output = run(program, &["--user", "daan"]);
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
        assert!(stderr(&output).contains("The user refused"), "{}", stderr(&output));
    }
}

#[test]
fn wrong_options_are_explained() {
    let e2e = run(PROGRAMS[0], &["--environment", "e2e"]);
    assert_eq!(e2e.status.code(), Some(2));
    assert!(stderr(&e2e).contains("--client-id"), "{}", stderr(&e2e));
    let own = run(PROGRAMS[0], &["--client-id", "mine"]);
    assert_eq!(own.status.code(), Some(2), "the option must not be ignored");
    let issuer = ["--issuer", "https://op.example", "--client-id", "x", "--service", "x"];
    let rest = ["--redirect-uri", "https://rp.example/cb", "--keys", "/nowhere/keys.json"];
    let keys = run(PROGRAMS[0], &[&issuer[..], &rest].concat());
    assert_eq!(keys.status.code(), Some(1));
    assert!(stderr(&keys).contains("/nowhere/keys.json cannot be read"), "{}", stderr(&keys));
}

#[test]
fn wrong_credentials_are_explained() {
    let op = ["--issuer", "https://op.example", "--client-id", "x", "--service", "x"];
    let op = [&op[..], &["--redirect-uri", "https://rp.example/cb"]].concat();
    let broken = file("broken.json", "{}");
    for (credentials, code, reason) in [
        (&[][..], 2, "--client-secret-env"),
        (&["--keys", "x", "--client-secret-file", "x"], 2, "cannot be used with"),
        (&["--client-secret-env", "X", "--assertion", "signed"], 2, "cannot be used with"),
        (&["--keys", &broken], 1, "broken.json: "),
        (&["--client-secret-file", "/nowhere/secret"], 1, "/nowhere/secret with the secret cannot"),
        (
            &["--client-secret-env", "NO_SUCH_VARIABLE"],
            1,
            "NO_SUCH_VARIABLE with the secret is not",
        ),
    ] {
        let output = run(PROGRAMS[0], &[&op[..], credentials].concat());
        assert_eq!(output.status.code(), Some(code), "{credentials:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(reason), "{credentials:?}: {}", stderr(&output));
    }
}

/// Logs in as with a real OP: the URL is on its own line, and the callback is read from standard
/// input.
fn log_in_at_another_op(program: &str, server: &Server, as_whom: &[&str]) {
    let issuer = server.op().issuer().to_owned();
    let mut child = Command::new(program)
        .args(["--issuer", &issuer, "--service", SERVICE, "--redirect-uri", REDIRECT_URI])
        .args(as_whom)
        .env("NO_PROXY", "127.0.0.1")
        .env("THE_SECRET", CLIENT_SECRET)
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
    assert!(child.wait().expect("it ends").success(), "{as_whom:?}: {rest:?}");
    assert!(rest.iter().any(|line| line.ends_with("Ioana Popescu")), "{as_whom:?}: {rest:?}");
}

#[test]
fn a_person_at_the_terminal_logs_in_at_another_op() {
    let keys = file("jwks_private.json", private_jwks());
    let secret = file("secret", &format!("{CLIENT_SECRET}\n"));
    for program in PROGRAMS {
        for as_whom in [
            &["--client-id", CLIENT_ID, "--keys", &keys][..],
            &["--client-id", CLIENT_ID, "--keys", &keys, "--assertion", "signed"],
            &["--client-id", SECRET_CLIENT_ID, "--client-secret-file", &secret],
            &["--client-id", SECRET_CLIENT_ID, "--client-secret-env", "THE_SECRET"],
        ] {
            let server = Server::start(Clock::system()).expect("loopback has a free port");
            log_in_at_another_op(program, &server, as_whom);
        }
        let server = Server::start(Clock::system()).expect("loopback has a free port");
        let issuer = server.op().issuer().replace("/v2", "/oidc");
        *server.op() = FakeOp::with_issuer(issuer, Clock::system()).v1();
        let as_whom = ["--v1", "--client-id", CLIENT_ID, "--keys", &keys];
        log_in_at_another_op(program, &server, &as_whom);
    }
}
