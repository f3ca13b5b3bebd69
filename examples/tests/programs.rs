//! Tests of the other programs, run as a new user of the library would.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    path::PathBuf,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, SystemTime},
};

use http::{HeaderValue, header};
use itsme_testkit::{
    CLIENT_ID, Clock, REDIRECT_URI, RegisteredClient, SERVICE, Server, private_jwks, private_keys,
};

fn run(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).env("NO_PROXY", "127.0.0.1").stdin(Stdio::null());
    command.output().expect("it runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", stdout(output), stderr(output));
    stdout(output)
}

#[test]
fn data_is_shared() {
    let program = env!("CARGO_BIN_EXE_share-data");
    let text = succeeds(&run(program, &[]));
    assert!(text.contains("\"BE\":\"87041212345\"") && text.contains("2030-01-02"), "{text}");
    let text = succeeds(&run(program, &["--user", "daan"]));
    assert!(text.contains("\"NL\":\"111222333\"") && !text.contains("Kerkstraat"), "{text}");
    assert_eq!(run(program, &["--deny"]).status.code(), Some(3));
}

#[test]
fn texts_and_payments_are_confirmed() {
    let program = env!("CARGO_BIN_EXE_confirm");
    let text = succeeds(&run(program, &["--text", "Close <b>it</b>?"]));
    assert!(text.contains("Close <b>it</b>?") && text.contains("verified offline"), "{text}");
    for hosted in [&[][..], &["--hosted"]] {
        let pay = ["--pay", "20", "EUR", "BE68539007547034"];
        let text = succeeds(&run(program, &[hosted, &pay].concat()));
        assert!(text.contains("adv_payment") && text.contains("verified offline"), "{text}");
    }
    assert_eq!(run(program, &["--deny"]).status.code(), Some(3));
    let wrong = run(program, &["--pay", "20.5", "EUR", "BE68539007547034"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(stderr(&wrong).contains("the amount is not a whole number"), "{}", stderr(&wrong));
    let quote = run(program, &["--text", "a “quote”"]);
    assert!(stderr(&quote).contains("`“` at position 3"), "{}", stderr(&quote));
}

#[test]
fn a_key_file_is_made_and_never_replaced_without_asking() {
    let program = env!("CARGO_BIN_EXE_keys");
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("made.json");
    let _ = std::fs::remove_file(&file);
    let path = file.to_str().expect("a path of text");
    succeeds(&run(program, &["generate", path]));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let before = std::fs::read_to_string(&file).expect("a file");
    let again = run(program, &["generate", path]);
    assert_eq!(again.status.code(), Some(1), "replacing the file was not confirmed");
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), before);

    let text = succeeds(&run(program, &["rotate", path, "sig", "--yes"]));
    let new = text.lines().nth(1).and_then(|line| line.split(' ').next()).expect("a second key");
    let text = succeeds(&run(program, &["sign-with", path, new, "--yes"]));
    assert!(text.starts_with(&format!("{new}  published, signs")), "{text}");
    succeeds(&run(program, &["rotate", path, "enc", "--yes"]));
    assert_eq!(succeeds(&run(program, &["check", path])).lines().count(), 4);
    let public = succeeds(&run(program, &["public", path]));
    assert!(public.contains(new) && !public.contains("\"d\""), "{public}");
    let missing = run(program, &["check", "/nowhere/keys.json"]);
    assert!(stderr(&missing).contains("/nowhere/keys.json cannot be read"));
}

/// Serves the client's keys badly: the response takes a second and a half, and has no Cache-Control
/// header.
fn publish_badly() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let url = format!("http://{}/jwks.json", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            thread::sleep(Duration::from_millis(1500));
            let jwks = private_keys().public_jwks();
            let length = jwks.len();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
            (&stream).write_all((head + &jwks).as_bytes()).expect("it listens");
        }
    });
    url
}

#[test]
fn the_doctor_finds_what_is_wrong() {
    let program = env!("CARGO_BIN_EXE_doctor");
    let text = succeeds(&run(program, &[]));
    assert_eq!(text.lines().filter(|line| line.starts_with("ok ")).count(), 7, "{text}");

    // The client's keys are not published anywhere, and the OP's own keys are different ones.
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let issuer = server.op().issuer().to_owned();
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("doctor.json");
    std::fs::write(&file, private_jwks()).expect("a file");
    let file = file.to_str().expect("a path of text");
    let jwks = format!("{issuer}/jwkSet");
    let known = ["--issuer", &issuer, "--client-id", CLIENT_ID, "--service", SERVICE];
    let rest = ["--redirect-uri", REDIRECT_URI, "--keys", file, "--jwks-url", &jwks];
    let output = run(program, &[&known[..], &rest].concat());
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains(&format!("BAD  {jwks} matches the key file")), "{text}");

    // The keys are served slowly and without caching, and the OP's clock is a year off.
    let published = publish_badly();
    for path in ["/.well-known/openid-configuration", "/jwkSet"] {
        server.op().tamper(path, |response| {
            let date = HeaderValue::from_static("Wed, 01 Jan 2020 00:00:00 GMT");
            response.headers_mut().insert(header::DATE, date);
        });
    }
    let rest = ["--redirect-uri", REDIRECT_URI, "--keys", file, "--jwks-url", &published];
    let output = run(program, &[&known[..], &rest].concat());
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    for finding in [
        "BAD  the clocks are ".to_owned(),
        format!("ok   {published} matches the key file, status 200"),
        "BAD  it responded in 1.".to_owned(),
        "BAD  Cache-Control: max-age is missing; itsme expects at least 1800".to_owned(),
    ] {
        assert!(text.contains(&finding), "no {finding} in {text}");
    }

    drop(server);
    let output = run(program, &[&known[..], &rest].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("could not connect"), "{}", stderr(&output));
}

/// Some OPs reject an assertion whose time is a few seconds off, and only return `invalid_client`.
#[test]
fn the_doctor_measures_the_clock_and_the_secret() {
    let server = Server::start(Clock::system()).expect("loopback has a free port");
    let issuer = server.op().issuer().to_owned();
    let secret = "twenty bytes, or so.";
    let client = RegisteredClient::with_secret("SHORT", secret).redirect_uri(REDIRECT_URI);
    server.op().register(client.service(SERVICE));
    let known = ["--issuer", &issuer, "--client-id", "SHORT", "--service", SERVICE];
    let rest = ["--redirect-uri", REDIRECT_URI, "--client-secret-env", "A_SECRET_OF_THE_TESTS"];
    for (apart, found, well) in [
        (1, "ok   the clocks are", true),
        (16, "--   the clocks are", true),
        (25, "--   the clocks are", true),
        (45, "BAD  the clocks are", false),
        (3600, "BAD  the clocks are", false),
    ] {
        server.op().recover();
        for path in ["/.well-known/openid-configuration", "/jwkSet"] {
            server.op().tamper(path, move |response| {
                let then = SystemTime::now() + Duration::from_secs(apart);
                let date = HeaderValue::try_from(httpdate::fmt_http_date(then)).expect("a date");
                response.headers_mut().insert(header::DATE, date);
            });
        }
        let output = Command::new(env!("CARGO_BIN_EXE_doctor"))
            .args([&known[..], &rest].concat())
            .env("A_SECRET_OF_THE_TESTS", secret)
            .env("NO_PROXY", "127.0.0.1")
            .output()
            .expect("it runs");
        let text = stdout(&output);
        assert!(text.contains(found), "{apart}: {text}");
        assert!(
            text.contains("--   the client secret has 20 bytes, but needs at least 32"),
            "{text}"
        );
        assert!(!text.contains(secret), "{text}");
        assert_eq!(output.status.success(), well, "{apart}: {text}");
    }
}
