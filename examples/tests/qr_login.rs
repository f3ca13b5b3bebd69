//! Tests of the programs that log in by QR code, run as a new user of the library would.

use std::{
    path::PathBuf,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use itsme_testkit::{CLIENT_ID, Clock, FakeOp, Person, SERVICE, Server, private_jwks};
use rqrr::PreparedImage;

/// How long to wait for a program that makes no progress.
const PATIENCE: Duration = Duration::from_secs(60);

const PROGRAMS: [&str; 2] =
    [env!("CARGO_BIN_EXE_qr-login"), env!("CARGO_BIN_EXE_qr-login-blocking")];

fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().expect("it runs")
}

/// Reads the code from the terminal's text, as a phone's camera would.
fn scan(text: &str) -> Option<String> {
    const MODULE: usize = 4;
    let mut rows: Vec<Vec<bool>> = Vec::new();
    for line in text.lines() {
        let Some(line) = line.strip_prefix("\x1b[30;107m") else { continue };
        let line = line.strip_suffix("\x1b[0m").expect("the colors end with the line");
        rows.push(line.chars().map(|c| matches!(c, '█' | '▀')).collect());
        rows.push(line.chars().map(|c| matches!(c, '█' | '▄')).collect());
    }
    let (width, height) = (rows.first()?.len() * MODULE, rows.len() * MODULE);
    let luma = |x: usize, y: usize| if rows[y / MODULE][x / MODULE] { 0 } else { 255 };
    let mut image = PreparedImage::prepare_from_greyscale(width, height, luma);
    let (_, content) = image.detect_grids().first()?.decode().ok()?;
    Some(content)
}

#[test]
fn the_code_in_the_terminal_can_be_scanned_and_leads_to_a_login() {
    for program in PROGRAMS {
        let output = run(program, &["--user", "ioana"]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let content = scan(&text).unwrap_or_else(|| panic!("no code can be read in:\n{text}"));
        assert!(content.starts_with("http://127.0.0.1:"), "{content}");
        let steps = ["1. ", "2. ", "3. ", "4. "].map(|step| text.find(step));
        assert!(steps.is_sorted() && steps.iter().all(Option::is_some), "{text}");
        assert!(text.contains("Ioana"), "{text}");
    }
}

#[test]
fn a_refusal_has_its_exit_code() {
    for program in PROGRAMS {
        let output = run(program, &["--deny"]);
        assert_eq!(output.status.code(), Some(3));
    }
}

/// Logs in as with a real OP, where no redirect URI is needed: a user scans the code in the
/// terminal.
#[test]
fn a_person_with_a_phone_logs_in_at_another_op() {
    let keys = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("qr_login.json");
    std::fs::write(&keys, private_jwks()).expect("a file");
    for program in PROGRAMS {
        let server = Server::start(Clock::system()).expect("loopback has a free port");
        server.op().polling_interval(Some(1));
        let issuer = server.op().issuer().to_owned();
        let mut child = Command::new(program)
            .args(["--issuer", &issuer, "--client-id", CLIENT_ID, "--service", SERVICE, "--keys"])
            .arg(&keys)
            .env("NO_PROXY", "127.0.0.1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut until = |it_is_so: &dyn Fn(&mut FakeOp) -> bool| {
            let begun = Instant::now();
            while !it_is_so(&mut server.op()) && child.try_wait().expect("a child").is_none() {
                assert!(begun.elapsed() < PATIENCE, "the program took too long");
                thread::sleep(Duration::from_millis(50));
            }
        };
        until(&|op| {
            let session = op.pending_sessions().first().map(|session| (*session).to_owned());
            session.map(|session| op.scan(&session, &Person::daan())).is_some()
        });
        until(&|op| {
            let asked = op.pending_backchannel().first().map(|asked| asked.auth_req_id.clone());
            asked.map(|asked| op.approve_backchannel(&asked)).is_some()
        });
        until(&|_| false);
        let output = child.wait_with_output().expect("the program has ended");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stdout).contains("Daan de Vries"));
    }
}
